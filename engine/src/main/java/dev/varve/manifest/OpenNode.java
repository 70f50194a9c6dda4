package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A node while it is being written: present children packed in order, as in the encoded form. At most {@link
 * NodeCodec#MAX_BYTES} of heap and a little; appending in order moves nothing. Not thread-safe.
 */
final class OpenNode {
    private final int level;
    private final long firstKey;
    private final Bits bits;
    private byte[] children;
    private boolean isDirty;
    private @Nullable OpenNode parent;

    private OpenNode(int level, long firstKey, Bits bits, byte[] children) {
        this.level = level;
        this.firstKey = firstKey;
        this.bits = bits;
        this.children = children;
    }

    /** A new node without children. */
    static OpenNode empty(int level, long firstKey) {
        return new OpenNode(level, firstKey, new Bits(), new byte[4 * ChunkId.BYTES]);
    }

    /** A copy of a node that was read. */
    static OpenNode of(Node node, long firstKey) {
        byte[] encoded = node.encoded();
        byte[] children = Arrays.copyOfRange(encoded, NodeCodec.HEADER_BYTES, encoded.length);
        return new OpenNode(node.level(), firstKey, Bits.decode(encoded, 8), children);
    }

    int level() {
        return level;
    }

    long firstKey() {
        return firstKey;
    }

    /** The first key after the node. */
    long endKey() {
        return firstKey + Radix.nodeKeys(level);
    }

    /** The open node above it; null for the root. */
    @Nullable
    OpenNode parent() {
        return parent;
    }

    void setParent(OpenNode node) {
        parent = node;
    }

    Bits bits() {
        return bits;
    }

    /** Whether it differs from what was last read or encoded. */
    boolean isDirty() {
        return isDirty;
    }

    boolean isEmpty() {
        return bits.highest() < 0;
    }

    @Nullable
    ChunkId get(int i) {
        return bits.get(i) ? ChunkId.of(children, ChunkId.BYTES * bits.rank(i)) : null;
    }

    /** Sets child {@code i}. */
    void set(int i, ChunkId child) {
        int at = ChunkId.BYTES * bits.rank(i);
        if (!bits.get(i)) {
            int used = ChunkId.BYTES * bits.count();
            if (used == children.length) {
                children = Arrays.copyOf(children, Math.min(2 * used, Radix.FANOUT * ChunkId.BYTES));
            }
            System.arraycopy(children, at, children, at + ChunkId.BYTES, used - at);
            bits.set(i);
        } else if (child.equals(ChunkId.of(children, at))) {
            return;
        }
        child.write(children, at);
        isDirty = true;
    }

    /** Makes the children from {@code from} to before {@code to} absent. */
    void clear(int from, int to) {
        int start = ChunkId.BYTES * bits.rank(from);
        int end = ChunkId.BYTES * bits.rank(to);
        if (start == end) {
            return;
        }
        int used = ChunkId.BYTES * bits.count();
        System.arraycopy(children, end, children, start, used - end);
        for (int i = bits.next(from); i < to; i = bits.next(i + 1)) {
            bits.clear(i);
        }
        isDirty = true;
    }

    /** The encoded form; the node is clean from now on. */
    byte[] encode(NodeKind kind) {
        isDirty = false;
        return NodeCodec.encode(kind, level, bits, children);
    }
}
