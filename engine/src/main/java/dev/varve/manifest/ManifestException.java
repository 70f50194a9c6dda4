package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A manifest, or a node of one, is malformed: it hashes to its name, but does not say what a writer of ours could have
 * said. Nothing was changed.
 */
public final class ManifestException extends IOException {
    private static final long serialVersionUID = 1;

    private final transient @Nullable ChunkId node;

    /**
     * A malformed node.
     *
     * @param node its id
     * @param problem what was expected and what was found
     */
    public ManifestException(ChunkId node, String problem) {
        super("manifest node " + node + " is malformed: " + problem);
        this.node = node;
    }

    /**
     * A malformed manifest.
     *
     * @param problem what was expected and what was found
     */
    public ManifestException(String problem) {
        super(problem);
        this.node = null;
    }

    /**
     * The node at fault.
     *
     * @return its id, or null when it is the manifest itself
     */
    public @Nullable ChunkId node() {
        return node;
    }
}
