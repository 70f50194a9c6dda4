package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import java.util.Map;
import java.util.TreeMap;

/** Makes nodes by hand, well-formed or not. */
final class Nodes {
    private Nodes() {}

    /** An id that no content has. */
    static ChunkId id(int number) {
        byte[] bytes = new byte[ChunkId.BYTES];
        bytes[0] = (byte) 0xEE;
        bytes[30] = (byte) (number >> 8);
        bytes[31] = (byte) number;
        return ChunkId.of(bytes, 0);
    }

    static byte[] encode(NodeKind kind, int level, Map<Integer, ChunkId> children) {
        Bits bits = new Bits();
        byte[] packed = new byte[ChunkId.BYTES * children.size()];
        int at = 0;
        for (Map.Entry<Integer, ChunkId> child : new TreeMap<>(children).entrySet()) {
            bits.set(child.getKey());
            child.getValue().write(packed, at);
            at += ChunkId.BYTES;
        }
        return NodeCodec.encode(kind, level, bits, packed);
    }

    static byte[] encode(NodeKind kind, int level, int child, ChunkId id) {
        return encode(kind, level, Map.of(child, id));
    }

    /** A leaf with every block present. */
    static byte[] fullLeaf(NodeKind kind) {
        Map<Integer, ChunkId> children = new TreeMap<>();
        for (int i = 0; i < Radix.FANOUT; i++) {
            children.put(i, kind == NodeKind.CONTENT ? id(i) : new WriterStamp("snap-" + i).toSlot());
        }
        return encode(kind, 0, children);
    }
}
