package dev.varve;

import dev.varve.volume.LogSource;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Chunks and manifest nodes of another store by their hash, and its volumes' logs: where a repair may find what is lost. For
 * many threads.
 */
public interface ContentSource extends AutoCloseable {
    /**
     * A chunk.
     *
     * @param id SHA-256 of its content
     * @return the content, which who asks checks; null when there is none, or it can't be read
     * @throws IOException when nothing can be read any more
     */
    byte @Nullable [] chunk(byte[] id) throws IOException;

    /**
     * A node of a manifest.
     *
     * @param id SHA-256 of its bytes
     * @return the bytes, which who asks checks; null when there is none, or it can't be read
     * @throws IOException when nothing can be read any more
     */
    byte @Nullable [] node(byte[] id) throws IOException;

    /** The most bytes of a log that are asked for at once. */
    int MAX_LOG_BYTES = LogSource.MAX_BYTES;

    /**
     * A part of a segment of a volume's log.
     *
     * @param nonce what its life in the log is known by, 16 bytes
     * @param offsetBytes where the part begins in the segment
     * @param lengthBytes from 1 to {@link #MAX_LOG_BYTES}
     * @return as many bytes, which who asks checks, with zeros for what can't be read; null when there is no such segment, or
     *     it is not so long
     * @throws IOException when nothing can be read any more
     */
    byte @Nullable [] logBytes(byte[] nonce, long offsetBytes, int lengthBytes) throws IOException;

    @Override
    void close() throws IOException;
}
