package dev.varve.snapshot;

import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * What a disk is copied out to. Every byte of the disk is handed over exactly once, by {@link #write} or by {@link
 * #writeZeroes}; by many threads at once and in any order, unless {@link #isOrdered} says otherwise. A failure of either
 * ends the operation.
 */
public interface BlockSink {
    /** Runs of zeros inside of data are told apart at this grain. */
    int ZERO_GRAIN_BYTES = 4096;

    /**
     * Whether it takes bytes in the disk's order only, one call at a time; runs of zeros inside of data then come as
     * data.
     *
     * @return true for a stream
     */
    default boolean isOrdered() {
        return false;
    }

    /**
     * Takes data.
     *
     * @param data all of its remaining bytes; to be copied, it is used again after the call
     * @param offsetBytes where they belong
     * @throws IOException when it could not be taken
     */
    void write(ByteBuffer data, long offsetBytes) throws IOException;

    /**
     * Takes a run of zeros, of any length.
     *
     * @param offsetBytes where it belongs
     * @param lengthBytes its length, positive
     * @throws IOException when it could not be taken
     */
    void writeZeroes(long offsetBytes, long lengthBytes) throws IOException;

    /**
     * A disk to be written.
     *
     * @param device at least as long as what is copied; neither flushed nor closed
     * @param isBlank whether it reads as zeros already, so that zeros need not be written
     * @return the sink
     */
    static BlockSink of(BlockDevice device, boolean isBlank) {
        return new DeviceSink(device, isBlank);
    }

    /**
     * A stream to be written from the disk's first byte to its last.
     *
     * @param stream blocking, and not closed
     * @return the sink
     */
    static BlockSink of(WritableByteChannel stream) {
        return new StreamSink(stream);
    }
}
