package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Finds entries of one tree through the node cache, and checks of every node that it may stand where it was found.
 * Thread-safe. It keeps the leaf that it used last, so neighbours cost no look-up of nodes.
 */
final class TreeReader {
    private final NodeCache nodes;
    private final int domain;
    private final Tree tree;
    private final Place root;

    private volatile @Nullable Found recent;

    TreeReader(NodeCache nodes, Manifest manifest, NodeKind kind) {
        this.nodes = nodes;
        this.domain = manifest.domain();
        this.tree = manifest.tree(kind);
        this.root = Place.root(manifest, kind);
    }

    /** The root node; null when the tree is empty. */
    @Nullable
    Node root() throws IOException {
        ChunkId id = tree.root();
        return id == null ? null : load(id, root);
    }

    /** Its id; null when the tree is empty. */
    @Nullable
    ChunkId rootId() {
        return tree.root();
    }

    Place rootPlace() {
        return root;
    }

    /** Child {@code i} of a node that stands at a place and is no leaf; null when it is absent. */
    @Nullable
    Node child(Node node, Place place, int i) throws IOException {
        ChunkId id = node.child(i);
        return id == null ? null : load(id, place.child(i));
    }

    /** The node with this id, which must fit the place. */
    Node load(ChunkId id, Place place) throws IOException {
        Node node = nodes.get(new ChunkKey(domain, id));
        node.requireAt(place);
        return node;
    }

    /** The leaf that covers a key; null when all of its keys are absent. */
    @Nullable
    Node leaf(long key) throws IOException {
        long first = Radix.nodeStart(key, 0);
        Found found = recent;
        if (found != null && found.firstKey == first) {
            return found.leaf;
        }
        if (key >= root.endKey()) {
            return null;
        }
        Node node = root();
        Place place = root;
        while (node != null && place.level() > 0) {
            int i = Radix.child(key, place.level());
            node = child(node, place, i);
            place = place.child(i);
        }
        recent = new Found(first, node);
        return node;
    }

    /** The value of a key; null when it is absent. */
    @Nullable
    ChunkId get(long key) throws IOException {
        Node leaf = leaf(key);
        return leaf == null ? null : leaf.child(Radix.child(key, 0));
    }

    /** The first present key in {@code [from, to)}; {@code to} when there is none. */
    long nextPresent(long from, long to) throws IOException {
        long key = from;
        while (key < to) {
            Node leaf = leaf(key);
            if (leaf == null) {
                key = nextLeaf(key);
            } else {
                int i = leaf.bits().next(Radix.child(key, 0));
                key = Radix.nodeStart(key, 0) + i;
                if (i < Radix.FANOUT) {
                    break;
                }
            }
        }
        return Math.min(key, to);
    }

    /** The first absent key in {@code [from, to)}; {@code to} when there is none. */
    long nextAbsent(long from, long to) throws IOException {
        long key = from;
        while (key < to) {
            Node leaf = leaf(key);
            int i = leaf == null ? Radix.child(key, 0) : leaf.bits().nextAbsent(Radix.child(key, 0));
            key = Radix.nodeStart(key, 0) + i;
            if (i < Radix.FANOUT) {
                break;
            }
        }
        return Math.min(key, to);
    }

    /** The first key of the first leaf after a key that no leaf covers; {@link Long#MAX_VALUE} when there is none. */
    private long nextLeaf(long key) throws IOException {
        Node node = key < root.endKey() ? root() : null;
        return node == null ? Long.MAX_VALUE : nextLeaf(node, root, key);
    }

    private long nextLeaf(Node node, Place place, long key) throws IOException {
        int start = key <= place.firstKey() ? 0 : Radix.child(key, place.level());
        for (int i = node.bits().next(start); i < Radix.FANOUT; i = node.bits().next(i + 1)) {
            Place below = place.child(i);
            Node child = below.level() == 0 ? null : child(node, place, i);
            long found = child == null ? below.firstKey() : nextLeaf(child, below, key);
            if (found != Long.MAX_VALUE) {
                return found;
            }
        }
        return Long.MAX_VALUE;
    }

    /** A leaf, or that there is none, with the first key that it covers. */
    private record Found(long firstKey, @Nullable Node leaf) {}
}
