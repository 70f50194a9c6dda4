package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import dev.varve.store.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a manifest names: the one door out of the chunk store. Nodes come in as they are needed, through the cache
 * of the {@link Manifests} it is from; opening one reads nothing, whatever the disk's size.
 *
 * <ul>
 *   <li><b>Blocks</b> are numbered from 0 to {@code manifest().blockCount() - 1}; any other is an {@link
 *       IndexOutOfBoundsException}. Ranges {@code [from, to)} may end at the block count.
 *   <li><b>Failure.</b> A node that is missing or damaged fails the calls that need it with the {@link IOException} that
 *       names it; other blocks are not affected, and a later call tries again.
 *   <li><b>Threads.</b> All methods may be called from many threads; interrupting one harms nobody.
 *   <li>Nothing needs to be closed. Whoever reads sees to it that something keeps the manifest's chunks alive.
 * </ul>
 */
public final class ManifestReader {
    private final Store store;
    private final NodeCache nodes;
    private final Manifest manifest;
    private final TreeReader content;
    private final TreeReader writers;

    ManifestReader(Store store, NodeCache nodes, Manifest manifest) {
        this.store = store;
        this.nodes = nodes;
        this.manifest = manifest;
        this.content = new TreeReader(nodes, manifest, NodeKind.CONTENT);
        this.writers = new TreeReader(nodes, manifest, NodeKind.WRITERS);
    }

    /**
     * What is read.
     *
     * @return the manifest it was made with
     */
    public Manifest manifest() {
        return manifest;
    }

    /**
     * The chunk of a block.
     *
     * @param block its index
     * @return its id, or null when the block is zeros
     * @throws IOException when a node could not be had
     */
    public @Nullable ChunkId lookup(long block) throws IOException {
        return content.get(Objects.checkIndex(block, manifest.blockCount()));
    }

    /**
     * The ids of 512 blocks in a row, for who reads the same region again and again: a look-up in a leaf costs no I/O
     * and takes no lock.
     *
     * @param leafIndex index of the first block, divided by {@link Leaf#BLOCKS}
     * @return the leaf, one object for all who read it; null when all its blocks are zeros
     * @throws IOException when a node could not be had
     */
    public @Nullable Leaf leaf(long leafIndex) throws IOException {
        long leafCount = Manifest.ceilDiv(manifest.blockCount(), Leaf.BLOCKS);
        return (Leaf) content.leaf(Objects.checkIndex(leafIndex, leafCount) * Leaf.BLOCKS);
    }

    /**
     * Reads one block's plain bytes.
     *
     * @param block its index
     * @param dst takes exactly one chunk at its position, which then moves past it; the part of a last block that lies
     *     past the end of the disk is zeros
     * @return false when the block is absent: {@code dst} was filled with zeros
     * @throws IOException when a node or the chunk could not be had; what {@code dst} holds then is not defined
     */
    public boolean read(long block, ByteBuffer dst) throws IOException {
        int length = manifest.chunkSizeBytes();
        if (dst.remaining() < length) {
            throw new IllegalArgumentException("no room for " + length + " bytes: " + dst.remaining());
        }
        ChunkId id = lookup(block);
        if (id != null) {
            store.get(manifest.key(id), dst);
            return true;
        }
        for (int i = 0; i < length; i += Long.BYTES) {
            dst.putLong(0);
        }
        return false;
    }

    /**
     * The first block with a chunk in a range. With {@link #nextAbsent} it lists the runs of data of a disk, and costs
     * what they hold, not the disk's size.
     *
     * @param from first block of the range
     * @param to first block after it
     * @return its index; {@code to} when there is none
     * @throws IOException when a node could not be had
     */
    public long nextPresent(long from, long to) throws IOException {
        Objects.checkFromToIndex(from, to, manifest.blockCount());
        return content.nextPresent(from, to);
    }

    /**
     * The first block without a chunk in a range.
     *
     * @param from first block of the range
     * @param to first block after it
     * @return its index; {@code to} when there is none
     * @throws IOException when a node could not be had
     */
    public long nextAbsent(long from, long to) throws IOException {
        Objects.checkFromToIndex(from, to, manifest.blockCount());
        return content.nextAbsent(from, to);
    }

    /**
     * Compares the disk with another, range by range. Sizes are not compared: blocks that one disk does not have count as
     * zeros. Between disks of two key domains every block differs that either has.
     *
     * @param other of the same store; null for zeros
     * @return tells which blocks differ; nothing is read before its first call
     */
    public TreeDiff diff(@Nullable ManifestReader other) {
        if (other == null) {
            return new TreeDiff(content, new TreeReader(nodes, manifest.zeros(), NodeKind.CONTENT), true);
        }
        return new TreeDiff(content, other.content, manifest.domain() == other.manifest.domain());
    }

    TreeDiff diffWriters(ManifestReader other) {
        return new TreeDiff(writers, other.writers, true);
    }

    /**
     * Who wrote a 512 KiB block last.
     *
     * @param writerBlock its index: byte offset divided by {@link Manifest#WRITER_BLOCK_BYTES}
     * @return the stamp, or null when it was never written
     * @throws IOException when a node could not be had
     */
    public @Nullable WriterStamp writer(long writerBlock) throws IOException {
        ChunkId slot = writers.get(Objects.checkIndex(writerBlock, manifest.writerBlockCount()));
        return slot == null ? null : WriterStamp.ofSlot(slot.toBytes(), 0);
    }

    /**
     * The first 512 KiB block in a range that was ever written, be it with zeros.
     *
     * @param from first 512 KiB block of the range
     * @param to first one after it
     * @return its index; {@code to} when there is none
     * @throws IOException when a node could not be had
     */
    public long nextWritten(long from, long to) throws IOException {
        Objects.checkFromToIndex(from, to, manifest.writerBlockCount());
        return writers.nextPresent(from, to);
    }
}
