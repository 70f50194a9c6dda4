package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import dev.varve.store.Store;
import dev.varve.store.WriteLease;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Builds one tree, from nothing or from another, in any order of keys and in bounded memory: at most a stated number of
 * nodes are open (and for the length of a call a path more); the least recently used one is written, and read again
 * when it is touched again. What is equal below is not touched, so a change costs its path.
 *
 * <p><b>Why the eldest open node has no open child.</b> An open node's parent is open. Every call that touches a node
 * then touches its ancestors, from below. So an open child's last touch is older than its parent's, and closing the
 * eldest node only ever needs its parent, which is there: there is no chain of reopenings.
 *
 * <p>The root stays open and grows a level when a key lies past it. Not thread-safe. After an {@link IOException} the
 * builder must not be used any more.
 */
final class TreeBuilder {
    private final NodeKind kind;
    private final Store store;
    private final WriteLease lease;
    private final int openLimit;
    private final LinkedHashMap<Long, OpenNode> open = new LinkedHashMap<>(16, 0.75f, true);

    private @Nullable ChunkId rootId;
    private OpenNode root;
    private long keyLimit;
    private @Nullable OpenNode recentLeaf;

    /**
     * Starts from the base's tree.
     *
     * @param store holds the base's nodes, and those put into the lease as soon as they are put
     * @param openLimit how many nodes may be open, at least 16
     * @throws IOException when the base's root could not be read
     */
    TreeBuilder(NodeKind kind, Store store, WriteLease lease, @Nullable Manifest base, int openLimit)
            throws IOException {
        if (openLimit < 16) {
            throw new IllegalArgumentException("two paths must fit: " + openLimit);
        }
        this.kind = kind;
        this.store = store;
        this.lease = lease;
        this.openLimit = openLimit;
        Tree tree = base == null ? Tree.EMPTY : base.tree(kind);
        ChunkId id = tree.root();
        this.rootId = id;
        this.keyLimit = base == null ? 1 : base.keyCount(kind);
        this.root = id == null ? OpenNode.empty(0, 0) : load(id, new Place(kind, tree.level(), 0, keyLimit, true));
    }

    /** The value of a key; null when it is absent. */
    @Nullable
    ChunkId get(long key) throws IOException {
        return key >= root.endKey() ? null : leaf(key).get(Radix.child(key, 0));
    }

    /** Sets the value of a key. */
    void set(long key, ChunkId value) throws IOException {
        while (key >= root.endKey()) {
            grow();
        }
        keyLimit = Math.max(keyLimit, key + 1);
        leaf(key).set(Radix.child(key, 0), value);
    }

    /** Makes the keys in {@code [from, to)} absent; costs two paths, not the range. */
    void clear(long from, long to) throws IOException {
        long end = Math.min(to, root.endKey());
        if (from >= end) {
            return;
        }
        recentLeaf = null;
        if (end - from >= Radix.FANOUT) {
            open.values().removeIf(node -> from <= node.firstKey() && node.endKey() <= end);
        }
        clear(root, from, end);
        closeDownTo(openLimit);
    }

    /** Puts what is not put yet and names the tree, which is canonical. The builder is used up. */
    Tree finish() throws IOException {
        recentLeaf = null;
        closeDownTo(0);
        while (root.level() > 0 && root.bits().highest() == 0) {
            rootId = root.get(0);
            root = openBelow(root, 0);
        }
        if (root.isEmpty()) {
            return Tree.EMPTY;
        }
        ChunkId id = rootId;
        return new Tree(root.level(), id == null || root.isDirty() ? lease.putNode(root.encode(kind)) : id);
    }

    /** How many nodes are open beside the root. */
    int openCount() {
        return open.size();
    }

    private void grow() {
        OpenNode above = OpenNode.empty(root.level() + 1, 0);
        if (rootId != null) {
            above.set(0, rootId);
        }
        if (!root.isEmpty() || root.isDirty() || !open.isEmpty()) {
            root.setParent(above);
            open.put(name(root.level(), 0), root);
        }
        root = above;
        rootId = null;
        recentLeaf = null;
    }

    private OpenNode leaf(long key) throws IOException {
        OpenNode leaf = recentLeaf;
        if (leaf == null || leaf.firstKey() != Radix.nodeStart(key, 0)) {
            leaf = open(0, key);
            closeDownTo(openLimit);
            recentLeaf = leaf;
        }
        return leaf;
    }

    /** Opens the node of a level that covers a key and all above it, then touches them from below. */
    private OpenNode open(int level, long key) throws IOException {
        OpenNode node = root;
        while (node.level() > level) {
            OpenNode below = open.get(name(node.level() - 1, key));
            node = below != null ? below : openBelow(node, Radix.child(key, node.level()));
        }
        for (int above = level; above < root.level(); above++) {
            open.get(name(above, key));
        }
        return node;
    }

    /** Opens child {@code i}, which is not open; a new one when it is absent. */
    private OpenNode openBelow(OpenNode parent, int i) throws IOException {
        int level = parent.level() - 1;
        long firstKey = parent.firstKey() + i * Radix.childKeys(parent.level());
        ChunkId id = parent.get(i);
        OpenNode node = id == null
                ? OpenNode.empty(level, firstKey)
                : load(id, new Place(kind, level, firstKey, keyLimit, false));
        node.setParent(parent);
        open.put(name(level, firstKey), node);
        return node;
    }

    private OpenNode load(ChunkId id, Place place) throws IOException {
        Node node = NodeCodec.decode(id, store.node(id));
        node.requireAt(place);
        return OpenNode.of(node, place.firstKey());
    }

    private void closeDownTo(int limit) throws IOException {
        while (open.size() > limit) {
            Iterator<OpenNode> eldest = open.values().iterator();
            OpenNode node = eldest.next();
            eldest.remove();
            OpenNode parent = node.parent();
            if (node.isDirty() && parent != null) {
                int i = Radix.child(node.firstKey(), parent.level());
                if (node.isEmpty()) {
                    parent.clear(i, i + 1);
                } else {
                    parent.set(i, lease.putNode(node.encode(kind)));
                }
            }
        }
    }

    private void clear(OpenNode node, long from, long to) throws IOException {
        long start = Math.max(from, node.firstKey()) - node.firstKey();
        long end = Math.min(to, node.endKey()) - node.firstKey();
        long childKeys = Radix.childKeys(node.level());
        int firstWhole = (int) ((start + childKeys - 1) / childKeys);
        int endWhole = (int) (end / childKeys);
        if (firstWhole < endWhole) {
            node.clear(firstWhole, endWhole);
        }
        if (start % childKeys != 0) {
            clearBelow(node, firstWhole - 1, from, to);
        }
        if (end % childKeys != 0 && endWhole >= firstWhole) {
            clearBelow(node, endWhole, from, to);
        }
    }

    private void clearBelow(OpenNode node, int i, long from, long to) throws IOException {
        long key = node.firstKey() + i * Radix.childKeys(node.level());
        if (node.get(i) != null || open.containsKey(name(node.level() - 1, key))) {
            clear(open(node.level() - 1, key), from, to);
        }
    }

    /** Names the node of a level that covers a key, among all levels. */
    private static long name(int level, long key) {
        return ((long) level << 60) | Radix.nodeStart(key, level);
    }
}
