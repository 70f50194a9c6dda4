package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The bytes of a node. Its id is their SHA-256, so there is one form only for one set of children:
 *
 * <pre>
 *   0        4         5      6       7      8                72               72 + 32 n
 *   +--------+---------+------+-------+------+----------------+-- - - - - - - --+
 *   | "VMNO" | version | kind | level | zero | present: 512   | n children of   |
 *   |        | 1       | 1, 2 | 0..3  |      | bits, 64 bytes | 32 bytes        |
 *   +--------+---------+------+-------+------+----------------+-- - - - - - - --+
 * </pre>
 *
 * <p>Child {@code i} is present when bit {@code i % 8} (lowest first) of byte {@code i / 8} of the bitmap is set; only
 * present children follow, in ascending order, at least one. In a leaf (level 0) a child is a value: a chunk id (kind
 * 1), or a writer stamp, 1 to 32 printable ASCII characters padded with zeros (kind 2). Above, it is the id of a node of
 * the same kind and the level below. Nothing is 32 zeros. There are no integers wider than a byte, hence no byte order;
 * no checksum, since the name is one. At most 16,456 bytes.
 */
final class NodeCodec {
    /** Bytes before the first child. */
    static final int HEADER_BYTES = 8 + Bits.BYTES;

    /** Length of a node with all 512 children. */
    static final int MAX_BYTES = HEADER_BYTES + Radix.FANOUT * ChunkId.BYTES;

    private static final byte[] MAGIC = {'V', 'M', 'N', 'O'};
    private static final int VERSION = 1;
    private static final byte[] NOTHING = new byte[ChunkId.BYTES];

    private NodeCodec() {}

    /**
     * Encodes a node.
     *
     * @param bits which children are present, at least one
     * @param children starts with the present ones, 32 bytes each, ascending
     * @return the bytes
     */
    static byte[] encode(NodeKind kind, int level, Bits bits, byte[] children) {
        int length = ChunkId.BYTES * bits.count();
        byte[] node = new byte[HEADER_BYTES + length];
        System.arraycopy(MAGIC, 0, node, 0, MAGIC.length);
        node[4] = VERSION;
        node[5] = (byte) kind.code();
        node[6] = (byte) level;
        bits.encode(node, 8);
        System.arraycopy(children, 0, node, HEADER_BYTES, length);
        return node;
    }

    /**
     * Decodes a node, which may be any bytes.
     *
     * @param id its name, for messages and to be kept; the caller has checked it
     * @param bytes the node's from now on
     * @return the node; a {@link Leaf} when it is a leaf of a content tree
     * @throws ManifestException when {@link #encode} could not have written it
     */
    static Node decode(ChunkId id, byte[] bytes) throws ManifestException {
        if (bytes.length <= HEADER_BYTES || bytes.length > MAX_BYTES) {
            throw unexpected(id, "length", HEADER_BYTES + ChunkId.BYTES + " to " + MAX_BYTES, bytes.length);
        }
        if (!Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            String found = HexFormat.of().formatHex(bytes, 0, MAGIC.length);
            throw unexpected(id, "magic", HexFormat.of().formatHex(MAGIC), found);
        }
        if (bytes[4] != VERSION) {
            throw unexpected(id, "version", VERSION, bytes[4]);
        }
        NodeKind kind = NodeKind.of(bytes[5]);
        if (kind == null) {
            throw unexpected(id, "kind", "1 or 2", bytes[5]);
        }
        if (bytes[6] < 0 || bytes[6] > Radix.MAX_LEVEL) {
            throw unexpected(id, "level", "0 to " + Radix.MAX_LEVEL, bytes[6]);
        }
        if (bytes[7] != 0) {
            throw unexpected(id, "byte 7", 0, bytes[7]);
        }
        Bits bits = Bits.decode(bytes, 8);
        int length = HEADER_BYTES + ChunkId.BYTES * bits.count();
        if (bytes.length != length) {
            throw unexpected(id, "length with " + bits.count() + " children", length, bytes.length);
        }
        boolean isLeaf = bytes[6] == 0;
        requireChildren(id, isLeaf && kind == NodeKind.WRITERS, bytes);
        return isLeaf && kind == NodeKind.CONTENT
                ? new Leaf(id, bits, bytes)
                : new Node(id, kind, bytes[6], bits, bytes);
    }

    private static void requireChildren(ChunkId id, boolean areStamps, byte[] bytes) throws ManifestException {
        for (int at = HEADER_BYTES; at < bytes.length; at += ChunkId.BYTES) {
            if (Arrays.equals(bytes, at, at + ChunkId.BYTES, NOTHING, 0, ChunkId.BYTES)) {
                throw unexpected(id, "child at byte " + at, "an id", "zeros");
            }
            if (areStamps && !WriterStamp.isSlot(bytes, at)) {
                throw unexpected(id, "child at byte " + at, "a stamp", ChunkId.of(bytes, at));
            }
        }
    }

    private static ManifestException unexpected(ChunkId id, String field, Object expected, Object found) {
        return new ManifestException(id, field + ": expected " + expected + ", found " + found);
    }
}
