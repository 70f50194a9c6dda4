package dev.varve.store;

import java.nio.ByteBuffer;

/**
 * Where a frame lies, and the lease that put it there: an index entry. 20 bytes in the index, big-endian:
 *
 * <pre>
 *  0  4  pack number
 *  4  4  offset in the pack, unsigned
 *  8  4  frame length in bytes
 * 12  8  lease: while its record stands, the entry is unsettled; negative when it is condemned: the seconds since 1970
 * </pre>
 *
 * @param pack number of the pack
 * @param offsetBytes where the frame starts
 * @param lengthBytes its length, header included
 * @param lease who put it; 0 once it is settled whoever that was; less when it is condemned
 */
record Location(int pack, long offsetBytes, int lengthBytes, long lease) {
    static final int BYTES = 20;

    /** No frame starts farther in a pack: it could not be pointed to. */
    static final long MAX_OFFSET_BYTES = 0xffff_ffffL;

    static Location read(byte[] entry) {
        ByteBuffer in = ByteBuffer.wrap(entry);
        return new Location(in.getInt(), Integer.toUnsignedLong(in.getInt()), in.getInt(), in.getLong());
    }

    byte[] toBytes() {
        return ByteBuffer.allocate(BYTES)
                .putInt(pack)
                .putInt((int) offsetBytes)
                .putInt(lengthBytes)
                .putLong(lease)
                .array();
    }

    Location settled() {
        return new Location(pack, offsetBytes, lengthBytes, 0);
    }

    boolean isCondemned() {
        return lease < 0;
    }

    Location with(long newLease) {
        return new Location(pack, offsetBytes, lengthBytes, newLease);
    }

    long endBytes() {
        return offsetBytes + lengthBytes;
    }

    boolean samePlace(Location other) {
        return pack == other.pack && offsetBytes == other.offsetBytes && lengthBytes == other.lengthBytes;
    }
}
