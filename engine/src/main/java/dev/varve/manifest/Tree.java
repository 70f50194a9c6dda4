package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import org.jspecify.annotations.Nullable;

/**
 * A tree by its root. The level is the lowest at which one node covers the highest present key, so that equal content
 * has one root only.
 *
 * @param level level of the root node, 0 to 3; 0 for an empty tree
 * @param root id of the root node; null for an empty tree
 */
public record Tree(int level, @Nullable ChunkId root) {
    /** The tree without entries. */
    public static final Tree EMPTY = new Tree(0, null);

    /** Checks the level. */
    public Tree {
        if (level < 0 || level > Radix.MAX_LEVEL || (root == null && level != 0)) {
            throw new IllegalArgumentException("no tree has level " + level + " and root " + root);
        }
    }

    /**
     * Whether the tree has no entries.
     *
     * @return true when it has no root
     */
    public boolean isEmpty() {
        return root == null;
    }

    /** Level, colon, id; a minus sign for an empty tree. */
    @Override
    public String toString() {
        return root == null ? "-" : level + ":" + root;
    }

    /** Reads what {@link #toString} wrote; an {@link IllegalArgumentException} for anything else. */
    static Tree parse(String text) {
        if (text.equals("-")) {
            return EMPTY;
        }
        if (text.length() < 2 || text.charAt(1) != ':') {
            throw new IllegalArgumentException("no level and id: " + text);
        }
        return new Tree(text.charAt(0) - '0', ChunkId.parse(text.substring(2)));
    }
}
