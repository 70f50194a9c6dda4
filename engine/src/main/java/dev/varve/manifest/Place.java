package dev.varve.manifest;

/**
 * Where in a tree a node stands.
 *
 * @param kind of the tree
 * @param level of the node
 * @param firstKey the first key that it covers
 * @param keyCount how many keys the whole tree may have: what the disk's size allows
 * @param isRoot whether no node stands above it
 */
record Place(NodeKind kind, int level, long firstKey, long keyCount, boolean isRoot) {
    /** The place of a tree's root. */
    static Place root(Manifest manifest, NodeKind kind) {
        return new Place(kind, manifest.tree(kind).level(), 0, manifest.keyCount(kind), true);
    }

    /** The place of a child of the node here, which is no leaf. */
    Place child(int i) {
        return new Place(kind, level - 1, firstKey + i * Radix.childKeys(level), keyCount, false);
    }

    /** The first key after the node. */
    long endKey() {
        return firstKey + Radix.nodeKeys(level);
    }
}
