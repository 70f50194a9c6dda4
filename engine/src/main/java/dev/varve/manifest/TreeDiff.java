package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Finds the keys in which two trees of one kind differ: present in one only, or with other values. Equal subtrees are
 * never read. Where one tree is higher, the lower one stands below the higher one's first children. One object does one
 * diff.
 */
final class TreeDiff {
    private final TreeReader a;
    private final TreeReader b;
    private final boolean isComparable;
    private final RangeVisitor visitor;

    private long rangeStart;
    private long rangeEnd;

    /** A diff of two trees; what is not comparable differs wherever it is present. */
    TreeDiff(TreeReader a, TreeReader b, boolean isComparable, RangeVisitor visitor) {
        this.a = a;
        this.b = b;
        this.isComparable = isComparable;
        this.visitor = visitor;
    }

    void run() throws IOException {
        diff(new Side(a, a.rootId(), a.rootPlace()), new Side(b, b.rootId(), b.rootPlace()));
        flush();
    }

    private void diff(Side left, Side right) throws IOException {
        if (left.isAbsent() ? right.isAbsent() : isSame(left.id, right.id)) {
            return;
        }
        int level = Math.max(left.level(), right.level());
        Node leftNode = left.load(level);
        Node rightNode = right.load(level);
        long firstKey = left.isAbsent() ? right.place.firstKey() : left.place.firstKey();
        int i = -1;
        while ((i = Math.min(left.next(leftNode, i + 1), right.next(rightNode, i + 1))) < Radix.FANOUT) {
            if (level > 0) {
                diff(left.below(leftNode, i), right.below(rightNode, i));
            } else if (!isSame(value(leftNode, i), value(rightNode, i))) {
                differs(firstKey + i);
            }
        }
    }

    private static @Nullable ChunkId value(@Nullable Node leaf, int i) {
        return leaf == null ? null : leaf.child(i);
    }

    /** Absence is always the same as absence. */
    private boolean isSame(@Nullable ChunkId left, @Nullable ChunkId right) {
        return Objects.equals(left, right) && (isComparable || left == null);
    }

    private void differs(long key) throws IOException {
        if (key != rangeEnd) {
            flush();
            rangeStart = key;
        }
        rangeEnd = key + 1;
    }

    private void flush() throws IOException {
        if (rangeEnd > rangeStart) {
            visitor.range(rangeStart, rangeEnd - rangeStart);
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
