package dev.varve.chunk;

/** The store has no entry for a chunk or node that something names. */
public final class ChunkMissingException extends ChunkException {
    private static final long serialVersionUID = 1;

    /**
     * A missing chunk.
     *
     * @param key what was asked for
     * @param where the file or table that should hold it
     */
    public ChunkMissingException(ChunkKey key, String where) {
        super(key, "chunk " + key + " is missing from " + where, null);
    }
}
