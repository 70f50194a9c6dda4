package dev.varve.maintenance;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where a repair looks for what is lost. Nothing that it brings is believed: all is hashed. */
public interface Finder {
    /** Takes what may be wanted. */
    interface Taker {
        /**
         * The length of a chunk.
         *
         * @return bytes
         */
        int chunkSizeBytes();

        /**
         * A chunk's content, whichever it is.
         *
         * @param plain exactly one chunk between position and limit
         * @throws java.io.UncheckedIOException when it is wanted and could not be stored
         */
        void offer(ByteBuffer plain);
    }

    /**
     * What messages call it.
     *
     * @return a file's name, or a word
     */
    String name();

    /**
     * How much there is to be read, whatever is wanted.
     *
     * @return bytes; 0 when only what is wanted is read
     */
    long sizeBytes();

    /**
     * Looks for chunks.
     *
     * @param wanted those that are lost; it shrinks as they are found, and when it is empty there is no more to look for
     * @param taker is offered what may be one of them
     * @param progress is told how much was read of {@link #sizeBytes}
     * @throws IOException when no more can be read
     */
    void find(Set<ChunkKey> wanted, Taker taker, Scrubber.Progress progress) throws IOException;

    /**
     * Looks for a manifest node.
     *
     * @param id its name
     * @return its bytes, or what claims to be them; null when there are none
     * @throws IOException when it can't be read
     */
    byte @Nullable [] node(ChunkId id) throws IOException;
}
