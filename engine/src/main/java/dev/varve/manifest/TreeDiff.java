package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Two trees of one kind side by side: in which keys they differ, being present in one only, or with other values. Equal
 * subtrees are never read. Where one tree is higher, the lower one stands below the higher one's first children.
 *
 * <p>A key is a block's index, or that of a 512 KiB block; keys past the end of a disk are absent. What is asked for costs
 * the nodes that differ from the key it starts at to the answer, and one way down the trees; who asks on in the same
 * leaf does not go that way again. For one thread at a time.
 */
public final class TreeDiff {
    private final TreeReader a;
    private final TreeReader b;
    private final boolean isComparable;

    /** Where something was found last. */
    private @Nullable Leaves recent;

    /** What is not comparable differs wherever it is present. */
    TreeDiff(TreeReader a, TreeReader b, boolean isComparable) {
        this.a = a;
        this.b = b;
        this.isComparable = isComparable;
    }

    /**
     * The first key of a range in which the trees differ.
     *
     * @param from first key of the range
     * @param to first key after it
     * @return the key; {@code to} when there is none
     * @throws IOException when a node could not be had
     */
    public long nextDifferent(long from, long to) throws IOException {
        Objects.checkFromToIndex(from, to, Long.MAX_VALUE);
        return next(from, Math.min(to, endKey()), to, true);
    }

    /**
     * The first key of a range in which the trees are the same.
     *
     * @param from first key of the range
     * @param to first key after it
     * @return the key; {@code to} when there is none
     * @throws IOException when a node could not be had
     */
    public long nextSame(long from, long to) throws IOException {
        Objects.checkFromToIndex(from, to, Long.MAX_VALUE);
        return next(from, Math.min(to, endKey()), Math.min(to, Math.max(from, endKey())), false);
    }

    /** Tells of all that differs. */
    void visit(RangeVisitor visitor) throws IOException {
        long end = endKey();
        for (long key = nextDifferent(0, end); key < end; ) {
            long until = nextSame(key, end);
            visitor.range(key, until - key);
            key = nextDifferent(until, end);
        }
    }

    /** No key from here on is in either tree. */
    private long endKey() {
        return Math.max(endKey(a), endKey(b));
    }

    private static long endKey(TreeReader tree) {
        return tree.rootId() == null ? 0 : tree.rootPlace().endKey();
    }

    private long next(long from, long to, long none, boolean differs) throws IOException {
        long key = from;
        Leaves leaves = recent;
        if (leaves != null && key >= leaves.firstKey && key < leaves.endKey()) {
            long found = next(leaves, key, to, differs);
            if (found < to) {
                return found;
            }
            key = leaves.endKey();
        }
        if (key >= to) {
            return none;
        }
        Side left = new Side(a, a.rootId(), a.rootPlace());
        Side right = new Side(b, b.rootId(), b.rootPlace());
        long found = next(left, right, 0, key, to, differs);
        return found < to ? found : none;
    }

    /** Looks below two nodes that start at the same key; {@code to} when nothing is found. */
    private long next(Side left, Side right, long firstKey, long from, long to, boolean differs) throws IOException {
        if (left.isAbsent() ? right.isAbsent() : isSame(left.id, right.id)) {
            return differs ? to : Math.max(from, firstKey);
        }
        int level = Math.max(left.level(), right.level());
        Node leftNode = left.load(level);
        Node rightNode = right.load(level);
        if (level == 0) {
            Leaves leaves = new Leaves(firstKey, leftNode, rightNode);
            recent = leaves;
            return next(leaves, Math.max(from, firstKey), to, differs);
        }
        int i = from <= firstKey ? 0 : Radix.child(from, level);
        while (true) {
            i = differs ? Math.min(left.next(leftNode, i), right.next(rightNode, i)) : i;
            long childKey = firstKey + i * Radix.childKeys(level);
            if (i == Radix.FANOUT || childKey >= to) {
                return to;
            }
            long found = next(left.below(leftNode, i), right.below(rightNode, i), childKey, from, to, differs);
            if (found < to) {
                return found;
            }
            i++;
        }
    }

    private long next(Leaves leaves, long from, long to, boolean differs) {
        long end = Math.min(to, leaves.endKey());
        for (long key = from; key < end; key++) {
            int i = Radix.child(key, 0);
            if (isSame(value(leaves.left, i), value(leaves.right, i)) != differs) {
                return key;
            }
        }
        return to;
    }

    private static @Nullable ChunkId value(@Nullable Node leaf, int i) {
        return leaf == null ? null : leaf.child(i);
    }

    /** Absence is always the same as absence. */
    private boolean isSame(@Nullable ChunkId left, @Nullable ChunkId right) {
        return Objects.equals(left, right) && (isComparable || left == null);
    }

    /** Leaves of both trees that cover the same keys; null where one has none. */
    private record Leaves(
            long firstKey, @Nullable Node left, @Nullable Node right) {
        long endKey() {
            return firstKey + Radix.FANOUT;
        }
    }

    /** A subtree of one of the trees: a node by id and place, not yet read; or no node. */
    private record Side(TreeReader tree, @Nullable ChunkId id, Place place) {
        boolean isAbsent() {
            return id == null;
        }

        int level() {
            return id == null ? 0 : place.level();
        }

        /** The node, when it is of this level. */
        @Nullable
        Node load(int level) throws IOException {
            return id == null || place.level() < level ? null : tree.load(id, place);
        }

        /** The first child from {@code i} on of a node of that level, which this is, or above this. */
        int next(@Nullable Node node, int i) {
            if (node != null) {
                return node.bits().next(i);
            }
            return id != null && i == 0 ? 0 : Radix.FANOUT;
        }

        /** What stands below child {@code i} of a node of that level. */
        Side below(@Nullable Node node, int i) {
            if (node != null) {
                return new Side(tree, node.child(i), place.child(i));
            }
            return id != null && i == 0 ? this : new Side(tree, null, place);
        }
    }
}
