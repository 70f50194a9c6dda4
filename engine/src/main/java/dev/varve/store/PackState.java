package dev.varve.store;

import java.nio.ByteBuffer;

/**
 * What the index knows of a pack.
 *
 * @param number its number, which is its file's name
 * @param publishedBytes how far index entries may point: what lies beyond is nobody's
 * @param liveBytes bytes of the frames that the index names
 */
record PackState(int number, long publishedBytes, long liveBytes) {
    static PackState read(int number, byte[] value) {
        ByteBuffer in = ByteBuffer.wrap(value);
        return new PackState(number, in.getLong(), in.getLong());
    }

    byte[] toBytes() {
        return ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(publishedBytes)
                .putLong(liveBytes)
                .array();
    }
}
