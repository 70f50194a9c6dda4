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
     * A file that is not as it should be, and that a {@link Mending} and an evacuation replace once no chunk of it is lost.
     *
     * @param problem file, expected and found
     */
    default void damagedFile(String problem) {
        damage(problem);
    }

    /**
     * Damage that is not one chunk's: a block of the index.
     *
     * @param problem file, offset and what is wrong
     */
    void damage(String problem);
}
