package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import java.io.IOException;

/**
 * Is told all that a manifest names, in ascending order: the content tree, then the last-writer tree. All calls come
 * from the thread that walks. An {@link IOException} of any method ends the walk and is thrown by it.
 */
public interface ManifestVisitor {
    /**
     * Before a node is read. Who walks many manifests remembers the names that were clean, and skips them: a snapshot
     * then costs what is new in it. (What reaches past the end of the disk is walked whatever the answer, because its
     * right edge is another one on each disk.)
     *
     * @param subtree the node and all below it
     * @return false to skip it
     * @throws IOException to end the walk
     */
    default boolean enter(Subtree subtree) throws IOException {
        return true;
    }

    /**
     * A block that has a chunk.
     *
     * @param block its index
     * @param id the chunk's
     * @throws IOException to end the walk
     */
    void chunk(long block, ChunkId id) throws IOException;

    /**
     * A node that is missing, damaged or malformed, or could not be read: nothing is known of its part of the disk. The
     * walk goes on behind it.
     *
     * @param subtree the node and what is lost with it
     * @param problem what is wrong with the node
     * @throws IOException to end the walk
     */
    void damaged(Subtree subtree, IOException problem) throws IOException;

    /**
     * After a subtree that was entered.
     *
     * @param subtree the node and all below it
     * @param isClean whether all of its nodes were read, those aside that were skipped
     * @throws IOException to end the walk
     */
    default void leave(Subtree subtree, boolean isClean) throws IOException {}
}
