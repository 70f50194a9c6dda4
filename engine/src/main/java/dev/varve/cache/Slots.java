package dev.varve.cache;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Where the bytes of the slots are. Slot {@code i} is the {@code chunkSize} bytes from offset {@code i * chunkSize}.
 *
 * <p>Which slot may be read or filled, and by whom, is the cache's business: nothing is checked here, and a read that
 * runs beside a fill of the same slot yields any mixture of old and new bytes.
 */
sealed interface Slots extends AutoCloseable permits HeapSlots, FileSlots {
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
     * @param chunk its content from position 0 to the limit, one chunk; both stay as they are
     * @throws IOException when there was no room for it: the slot then holds anything
     */
    void fill(int slot, ByteBuffer chunk) throws IOException;

    /** A name for people. */
    String describe();

    /** Closes what was opened. Memory is let go by the collector: somebody may still be copying from it. */
    @Override
    void close() throws IOException;
}
