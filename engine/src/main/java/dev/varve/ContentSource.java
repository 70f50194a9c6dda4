package dev.varve;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Chunks and manifest nodes by their hash, of another store: where a repair may find what is lost. For many threads. */
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

    @Override
    void close() throws IOException;
}
