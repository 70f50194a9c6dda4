package dev.varve.store;

import dev.varve.chunk.ChunkKey;

/** Is told what a {@link Verification} finds. */
public interface VerifyReport {
    /**
     * A chunk whose stored form does not pass its check: whatever names it has lost that block.
     *
     * @param key its name
     * @param problem file, offset, expected and found
     */
    void damagedChunk(ChunkKey key, String problem);

    /**
     * Damage that is not one chunk's: a file that can't be read, a block of the index.
     *
     * @param problem file, offset and what is wrong
     */
    void damage(String problem);
}
