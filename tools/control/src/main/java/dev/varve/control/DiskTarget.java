package dev.varve.control;

import dev.varve.block.BlockDevice;
import java.io.IOException;

/** What a disk is written to: it is there when it was committed, and a file that was only closed is not. */
public interface DiskTarget extends AutoCloseable {
    /**
     * Where the disk is written, by many threads at once.
     *
     * @return at least as long as the disk; closed with this
     */
    BlockDevice device();

    /**
     * Whether it reads as zeros where it was not written.
     *
     * @return true for a file
     */
    boolean isBlank();

    /**
     * Says that the disk is whole.
     *
     * @throws IOException when it is not known to be durable
     */
    void commit() throws IOException;

    @Override
    void close() throws IOException;
}
