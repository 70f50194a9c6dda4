package dev.varve.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/**
 * A writer's lease as the index holds it: while the record stands, nothing the lease put is settled.
 *
 * @param number the lease; no number is given out twice
 * @param startPack the pack that was being appended to when the lease began
 * @param startOffsetBytes and how far: no frame of the lease lies before
 * @param purpose for people
 */
record LeaseRecord(long number, int startPack, long startOffsetBytes, String purpose) {
    static LeaseRecord read(long number, byte[] value) {
        ByteBuffer in = ByteBuffer.wrap(value);
        int pack = in.getInt();
        long offset = in.getLong();
        return new LeaseRecord(number, pack, offset, UTF_8.decode(in).toString());
    }

    byte[] toBytes() {
        byte[] text = purpose.getBytes(UTF_8);
        return ByteBuffer.allocate(Integer.BYTES + Long.BYTES + text.length)
                .putInt(startPack)
                .putLong(startOffsetBytes)
                .put(text)
                .array();
    }
}
