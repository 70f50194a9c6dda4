package dev.varve.chunk;

import org.jspecify.annotations.Nullable;

/** What is stored for a chunk or node does not pass its check. */
public final class ChunkCorruptException extends ChunkException {
    private static final long serialVersionUID = 1;

    /**
     * A damaged chunk.
     *
     * @param key what was asked for
     * @param where file and offset
     * @param problem what was expected and what was found
     */
    public ChunkCorruptException(ChunkKey key, String where, String problem) {
        this(key, where, problem, null);
    }

    /**
     * A damaged chunk, seen by a failure below.
     *
     * @param key what was asked for
     * @param where file and offset
     * @param problem what was expected and what was found
     * @param cause the failure
     */
    public ChunkCorruptException(ChunkKey key, String where, String problem, @Nullable Throwable cause) {
        super(key, "chunk " + key + " is damaged in " + where + ": " + problem, cause);
    }
}
