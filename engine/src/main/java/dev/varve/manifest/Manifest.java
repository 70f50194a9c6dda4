package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.store.StoreProperties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of what a disk holds: immutable, small, and enough to read every byte of it from a store that has its nodes
 * and chunks. It keeps nothing alive by itself: whoever records one says so to the catalog.
 *
 * <p>The text form fits a record: {@code varve1;chunk=65536;size=10737418240;domain=0;content=1:8c..;writers=0:4f..}.
 *
 * @param chunkSizeBytes bytes of a block: a power of two from 4 KiB to 512 KiB
 * @param sizeBytes the disk's exact length, 1 byte to 64 TiB; the last block is padded with zeros
 * @param domain the key domain of its chunks
 * @param content block to chunk id; an absent block is zeros
 * @param writers 512 KiB block to the stamp of its last writer; an absent one was never written
 */
public record Manifest(int chunkSizeBytes, long sizeBytes, int domain, Tree content, Tree writers) {
    /** The longest disk: 64 TiB, the largest EBS volume. */
    public static final long MAX_SIZE_BYTES = 1L << 46;

    /** The grain of the last-writer tree: the EBS API's block. */
    public static final int WRITER_BLOCK_BYTES = 512 << 10;

    private static final Pattern TEXT = Pattern.compile(
            "varve1;chunk=(\\d{1,9});size=(\\d{1,18});domain=(\\d{1,10});content=([^;]{1,66});writers=([^;]{1,66})");

    /** Checks sizes, and that no tree is higher than the disk needs. */
    public Manifest {
        if (Integer.bitCount(chunkSizeBytes) != 1
                || chunkSizeBytes < StoreProperties.MIN_CHUNK_SIZE_BYTES
                || chunkSizeBytes > StoreProperties.MAX_CHUNK_SIZE_BYTES) {
            throw new IllegalArgumentException("no chunk size: " + chunkSizeBytes);
        }
        requireSize(sizeBytes);
        requireLevel(content, ceilDiv(sizeBytes, chunkSizeBytes));
        requireLevel(writers, ceilDiv(sizeBytes, WRITER_BLOCK_BYTES));
    }

    /**
     * The manifest whose text form this is.
     *
     * @param text from {@link #toString}
     * @return an equal manifest
     * @throws ManifestException when it is anything else; the message quotes it
     */
    public static Manifest parse(String text) throws ManifestException {
        Matcher m = TEXT.matcher(text);
        try {
            if (m.matches()) {
                Manifest manifest = new Manifest(
                        Integer.parseInt(m.group(1)),
                        Long.parseLong(m.group(2)),
                        Integer.parseUnsignedInt(m.group(3)),
                        Tree.parse(m.group(4)),
                        Tree.parse(m.group(5)));
                if (manifest.toString().equals(text)) {
                    return manifest;
                }
            }
        } catch (IllegalArgumentException e) {
            throw new ManifestException("no manifest: " + quote(text) + ": " + quote(String.valueOf(e.getMessage())));
        }
        throw new ManifestException("no manifest: " + quote(text));
    }

    /**
     * What two disks have in common exactly when they hold the same bytes: chunk size, byte size and root, however the
     * disk got into the store. (Of different key domains, or with different chunk sizes, equal bytes differ in it.)
     *
     * @return printable text without spaces
     */
    public String identity() {
        ChunkId root = content.root();
        return chunkSizeBytes + ":" + sizeBytes + ":" + (root == null ? "-" : key(root));
    }

    /**
     * A disk of the same size without content.
     *
     * @return names zeros that nobody has written
     */
    public Manifest zeros() {
        return new Manifest(chunkSizeBytes, sizeBytes, domain, Tree.EMPTY, Tree.EMPTY);
    }

    /**
     * How many blocks the disk has, present or not.
     *
     * @return at least 1; the last one may reach past the end of the disk
     */
    public long blockCount() {
        return ceilDiv(sizeBytes, chunkSizeBytes);
    }

    /**
     * How many 512 KiB blocks the disk has.
     *
     * @return at least 1
     */
    public long writerBlockCount() {
        return ceilDiv(sizeBytes, WRITER_BLOCK_BYTES);
    }

    /**
     * A chunk id's full name.
     *
     * @param id names a chunk of this disk
     * @return it and this disk's domain
     */
    public ChunkKey key(ChunkId id) {
        return new ChunkKey(domain, id);
    }

    /** The text form that {@link #parse} reads. */
    @Override
    public String toString() {
        return "varve1;chunk=" + chunkSizeBytes + ";size=" + sizeBytes + ";domain=" + Integer.toUnsignedString(domain)
                + ";content=" + content + ";writers=" + writers;
    }

    /** One of the two trees. */
    Tree tree(NodeKind kind) {
        return kind == NodeKind.CONTENT ? content : writers;
    }

    /** How many keys one of the two trees may have. */
    long keyCount(NodeKind kind) {
        return kind == NodeKind.CONTENT ? blockCount() : writerBlockCount();
    }

    /** Bytes of the disk that one key of a tree stands for. */
    int keyBytes(NodeKind kind) {
        return kind == NodeKind.CONTENT ? chunkSizeBytes : WRITER_BLOCK_BYTES;
    }

    static void requireSize(long sizeBytes) {
        if (sizeBytes < 1 || sizeBytes > MAX_SIZE_BYTES) {
            throw new IllegalArgumentException("a disk has 1 byte to 64 TiB, not " + sizeBytes);
        }
    }

    static long ceilDiv(long bytes, int unitBytes) {
        return (bytes + unitBytes - 1) / unitBytes;
    }

    private static void requireLevel(Tree tree, long keyCount) {
        int highest = Radix.levelFor(keyCount - 1);
        if (tree.level() > highest) {
            throw new IllegalArgumentException(
                    "tree level " + tree.level() + ", where the disk's size allows " + highest);
        }
    }

    /** What came from a file may hold anything: at most a line, and nothing a terminal obeys. */
    private static String quote(String text) {
        String line = text.length() <= 240 ? text : text.substring(0, 240) + "...";
        return '"' + line.replaceAll("[^ -~]", "?") + '"';
    }
}
