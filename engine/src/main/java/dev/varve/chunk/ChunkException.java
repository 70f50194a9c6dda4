package dev.varve.chunk;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A chunk or manifest node that a store should hold could not be had. The store is unchanged. */
public abstract sealed class ChunkException extends IOException permits ChunkMissingException, ChunkCorruptException {
    private static final long serialVersionUID = 1;

    private final transient ChunkKey key;

    ChunkException(ChunkKey key, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.key = key;
    }

    /**
     * What was asked for.
     *
     * @return domain and id
     */
    public ChunkKey key() {
        return key;
    }
}
