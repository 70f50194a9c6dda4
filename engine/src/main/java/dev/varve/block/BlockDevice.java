package dev.varve.block;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A disk: an array of bytes of fixed length that is read and written at any offset.
 *
 * <ul>
 *   <li><b>Ranges.</b> Any byte offset and length inside {@code [0, sizeBytes)}; one that reaches past the end is an
 *       {@link IndexOutOfBoundsException} and has no effect. An empty range is allowed and does nothing.
 *   <li><b>Threads.</b> Every method may be called from many threads at once. Interrupting a caller harms nobody: the
 *       call ends as if it had not been interrupted, and the interrupt flag is kept.
 *   <li><b>Durability.</b> What was written, trimmed or zeroed before {@link #flush} was called survives power loss once
 *       {@code flush} has returned.
 *   <li><b>Failure.</b> A failed read says which range; what the destination holds then is not defined, its position is
 *       unchanged. Bytes are never wrong silently.
 *   <li><b>After {@link #close}</b> every call is an {@link IllegalStateException}; closing again does nothing.
 * </ul>
 */
public interface BlockDevice extends AutoCloseable {
    /** Extent map: a set run may hold data; one that is not set reads as zeros. */
    String ALLOCATION = "allocation";

    /** Extent map: a set run is in the cache or written; one that is not set must be fetched on first touch. */
    String HYDRATION = "hydration";

    /** Extent map of a volume: a set run was written, zeroed or trimmed since what is below it was made. */
    String LAYER = "layer";

    /**
     * Extent map of a volume or a snapshot, with the id of a completed snapshot of the same account and region behind it: a
     * run that is not set holds what that snapshot holds there; a set one may differ, at the grain in which it is kept (a
     * block, or a page that was written). Past the snapshot's end zeros count as equal: who puts the set runs over a copy of
     * the snapshot that was made longer with zeros has this disk.
     *
     * <p>The snapshot need not be one that the disk descends from, nor the one that was taken last.
     */
    String CHANGED_SINCE = "changed:";

    /**
     * The length of the disk.
     *
     * @return bytes, not negative
     */
    long sizeBytes();

    /**
     * Whether {@link #write}, {@link #trim} and {@link #writeZeroes} are refused.
     *
     * @return true for snapshots and images
     */
    boolean isReadOnly();

    /**
     * Reads {@code dst.remaining()} bytes, all of them, and moves the position of {@code dst} to its limit.
     *
     * @param dst heap or direct
     * @param offsetBytes where to start on the disk
     * @throws IOException when a byte could not be had or did not pass its check
     */
    void read(ByteBuffer dst, long offsetBytes) throws IOException;

    /**
     * Writes {@code src.remaining()} bytes and moves the position of {@code src} to its limit.
     *
     * @param src heap or direct
     * @param offsetBytes where to start on the disk
     * @throws IOException when not all was taken: any part of the range may hold old or new bytes
     * @throws UnsupportedOperationException when the device is read-only
     */
    void write(ByteBuffer src, long offsetBytes) throws IOException;

    /**
     * Makes everything written before the call durable. On a read-only device it does nothing.
     *
     * @throws IOException when it is not known to be durable
     */
    void flush() throws IOException;

    /**
     * Says that the range is not needed any more; afterwards it reads as zeros.
     *
     * @param offsetBytes where the range starts
     * @param lengthBytes its length
     * @throws IOException as for {@link #write}
     * @throws UnsupportedOperationException when the device is read-only
     */
    void trim(long offsetBytes, long lengthBytes) throws IOException;

    /**
     * Writes zeros, without moving them if it can.
     *
     * @param offsetBytes where the range starts
     * @param lengthBytes its length
     * @throws IOException as for {@link #write}
     * @throws UnsupportedOperationException when the device is read-only
     */
    void writeZeroes(long offsetBytes, long lengthBytes) throws IOException;

    /**
     * The state of a range in one of the device's extent maps.
     *
     * @param map {@link #ALLOCATION}, {@link #HYDRATION}, {@link #LAYER}, {@link #CHANGED_SINCE} and a snapshot's id, or a name of
     *     the device's own
     * @param offsetBytes where the range starts
     * @param lengthBytes its length
     * @param limit how many extents to return at most, positive
     * @return extents in ascending order, without gaps, starting at {@code offsetBytes}; they cover the range unless
     *     {@code limit} was reached, and never reach past it; neighbours may have the same state
     * @throws IOException when the map could not be read
     * @throws IllegalArgumentException when the device has no such map
     */
    List<Extent> extents(String map, long offsetBytes, long lengthBytes, int limit) throws IOException;

    @Override
    void close() throws IOException;
}
