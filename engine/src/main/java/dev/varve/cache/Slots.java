package dev.varve.cache;

import dev.varve.chunk.ChunkKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.ObjIntConsumer;

/**
 * Where the bytes of the slots are. Slot {@code i} is the {@code chunkSize} bytes from offset {@code i * chunkSize}.
 *
 * <p>Which slot may be read or filled, and by whom, is the cache's business: nothing is checked here, and a read that
 * runs beside a fill of the same slot yields any mixture of old and new bytes.
 */
sealed interface Slots extends AutoCloseable permits HeapSlots, FileSlots {
    /** A page: what is mapped. */
    int MIN_CHUNK_SIZE_BYTES = 4096;

    /**
     * Copies bytes out. The position of {@code dst} stays.
     *
     * @param slot its index; it was filled before
     * @param offsetBytes where to start in the slot
     * @param dst heap or direct, writable
     * @param dstIndex where the first byte goes
     * @param lengthBytes how many; the caller has checked that they are within the slot and fit into {@code dst}
     * @throws IOException when a byte could not be read
     * @throws InternalError likewise, from the mapping
     */
    void copy(int slot, int offsetBytes, ByteBuffer dst, int dstIndex, int lengthBytes) throws IOException;

    /**
     * Replaces a whole slot.
     *
     * @param slot its index
     * @param key the chunk's name, which the next process may be told
     * @param chunk its content from position 0 to the limit, one chunk; both stay as they are
     * @throws IOException when there was no room for it: the slot then holds anything
     */
    void fill(int slot, ChunkKey key, ByteBuffer chunk) throws IOException;

    /**
     * Tells which chunks an earlier process left, as far as {@link #recover} could find them. Nothing of it is certain, and
     * a chunk may be told of twice.
     *
     * @param reader is given each chunk and its slot, in ascending order of slots
     */
    void survivors(ObjIntConsumer<ChunkKey> reader);

    /**
     * Reads a whole slot that an earlier process filled, and checks that it holds the chunk. Another thread may fill it
     * meanwhile: what is good then was read before.
     *
     * @param slot its index
     * @param key the chunk's name
     * @param dst takes one chunk; undefined unless it is good
     * @return whether it is
     */
    boolean recover(int slot, ChunkKey key, ByteBuffer dst);

    /** A name for people. */
    String describe();

    /** Closes what was opened. Memory is let go by the collector: somebody may still be copying from it. */
    @Override
    void close() throws IOException;

    /** How many slots of a length there are in a capacity. */
    static int count(int chunkSizeBytes, long capacityBytes) {
        if (Integer.bitCount(chunkSizeBytes) != 1 || chunkSizeBytes < MIN_CHUNK_SIZE_BYTES) {
            throw new IllegalArgumentException("chunk size " + chunkSizeBytes + " is not a power of two from 4096");
        }
        long count = capacityBytes / chunkSizeBytes;
        if (count < 1 || count > ChunkCache.MAX_SLOTS) {
            throw new IllegalArgumentException("a cache of " + capacityBytes + " bytes has " + count + " slots of "
                    + chunkSizeBytes + " bytes: expected 1 to " + ChunkCache.MAX_SLOTS);
        }
        return (int) count;
    }
}
