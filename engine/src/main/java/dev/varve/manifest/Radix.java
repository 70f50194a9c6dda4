package dev.varve.manifest;

/**
 * The arithmetic of the tree: 512 children a node, so nine bits of a key a level. A node of level {@code n} covers
 * {@code 512^(n+1)} keys; leaves are level 0.
 */
final class Radix {
    /** Children of a node. */
    static final int FANOUT = 512;

    /** The highest level there is: 2^36 keys, of which the largest disk with the smallest chunks has 2^34. */
    static final int MAX_LEVEL = 3;

    /** No tree has this key or a greater one. */
    static final long MAX_KEYS = nodeKeys(MAX_LEVEL);

    private static final int BITS = 9;

    private Radix() {}

    /** How many keys a node of this level covers. */
    static long nodeKeys(int level) {
        return 1L << (BITS * (level + 1));
    }

    /** How many keys one child of a node of this level covers. */
    static long childKeys(int level) {
        return 1L << (BITS * level);
    }

    /** Which child of the node of this level leads to the key. */
    static int child(long key, int level) {
        return (int) (key >>> (BITS * level)) & (FANOUT - 1);
    }

    /** The first key of the node of this level that covers the key. */
    static long nodeStart(long key, int level) {
        return key & -nodeKeys(level);
    }

    /** The lowest level at which one node covers all keys up to this one. */
    static int levelFor(long highestKey) {
        int level = 0;
        while (highestKey >= nodeKeys(level)) {
            level++;
        }
        return level;
    }
}
