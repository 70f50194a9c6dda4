package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import org.jspecify.annotations.Nullable;

/**
 * A node as it was read: immutable, and shared by all who read the same one. It keeps the encoded form and finds a child
 * in it by its rank among the present ones: at most eight bit counts.
 */
class Node {
    private final ChunkId id;
    private final NodeKind kind;
    private final int level;
    private final Bits bits;
    private final byte[] encoded;

    /** Takes what {@link NodeCodec} has checked; the array is the node's from now on. */
    Node(ChunkId id, NodeKind kind, int level, Bits bits, byte[] encoded) {
        this.id = id;
        this.kind = kind;
        this.level = level;
        this.bits = bits;
        this.encoded = encoded;
    }

    final ChunkId id() {
        return id;
    }

    final int level() {
        return level;
    }

    /** The bytes whose hash is the id; not to be changed. */
    final byte[] encoded() {
        return encoded;
    }

    final Bits bits() {
        return bits;
    }

    /** What stands for child {@code i}: a node's id, or in a leaf a value; null when it is absent. */
    final @Nullable ChunkId child(int i) {
        return bits.get(i) ? ChunkId.of(encoded, offset(i)) : null;
    }

    /** Where in {@link #encoded} present child {@code i} stands. */
    final int offset(int i) {
        return NodeCodec.HEADER_BYTES + ChunkId.BYTES * bits.rank(i);
    }

    /** Heap that the node holds, about. */
    long heapBytes() {
        return encoded.length + 256L;
    }

    /**
     * Checks that the node may stand where it was found. Its own form was checked when it was decoded; this depends on
     * who points to it.
     *
     * @param place where it stands
     * @throws ManifestException when it is of another tree or level, or has a child past the end of the disk
     */
    final void requireAt(Place place) throws ManifestException {
        if (kind != place.kind()) {
            throw new ManifestException(id, "expected kind " + place.kind() + ", found " + kind);
        }
        if (level != place.level()) {
            throw new ManifestException(id, "expected level " + place.level() + ", found " + level);
        }
        long highest = place.firstKey() + bits.highest() * Radix.childKeys(level);
        if (highest >= place.keyCount()) {
            throw new ManifestException(
                    id, "expected keys below " + place.keyCount() + ", found a child that starts at key " + highest);
        }
        if (place.isRoot() && level > 0 && bits.highest() == 0) {
            throw new ManifestException(id, "a root of level " + level + " has no child but the first");
        }
    }
}
