package dev.varve.manifest;

import dev.varve.chunk.ChunkKey;
import dev.varve.store.Store;
import dev.varve.store.WriteLease;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The manifests of one store: reads, writes, compares, proves and walks them, and keeps their nodes in memory, one object
 * a node, for all who read through it.
 *
 * <p>Thread-safe. It has nothing to close, and does not close the store; after the store was closed, what needs the store
 * is an {@link IllegalStateException}. A manifest of another chunk size than the store's is an {@link
 * IllegalArgumentException}.
 */
public final class Manifests {
    /** Enough for the nodes of 48 GiB of full disk with 64 KiB chunks. */
    public static final long DEFAULT_NODE_CACHE_BYTES = 32 << 20;

    private final Store store;
    private final NodeCache nodes;
    private final int openNodes;

    /** How many use each manifest of those that are in use. */
    private final Map<Manifest, Integer> uses = new ConcurrentHashMap<>();

    /**
     * The manifests of a store.
     *
     * @param store stays the caller's
     * @param nodeCacheBytes heap for nodes that nobody holds, about; 20 KiB a full leaf
     */
    public Manifests(Store store, long nodeCacheBytes) {
        this(store, nodeCacheBytes, ManifestWriter.OPEN_NODES);
    }

    Manifests(Store store, long nodeCacheBytes, int openNodes) {
        this.store = store;
        this.nodes = new NodeCache(store, nodeCacheBytes);
        this.openNodes = openNodes;
    }

    /**
     * A reader. Nothing is read before its first call.
     *
     * @param manifest what to read
     * @return a reader, which needs no closing
     */
    public ManifestReader reader(Manifest manifest) {
        requireChunkSize(manifest);
        return new ManifestReader(store, nodes, manifest);
    }

    /**
     * Says that a manifest is read, so that what it names is not collected even if nothing holds it any more.
     *
     * @param manifest until {@link #leave}
     */
    public void use(Manifest manifest) {
        uses.merge(manifest, 1, Integer::sum);
    }

    /**
     * Ends one {@link #use}.
     *
     * @param manifest that was used
     */
    public void leave(Manifest manifest) {
        uses.computeIfPresent(manifest, (same, count) -> count == 1 ? null : count - 1);
    }

    /**
     * The manifests that are in use.
     *
     * @return each once
     */
    public Set<Manifest> inUse() {
        return Set.copyOf(uses.keySet());
    }

    /**
     * A writer of a new disk, or of changes to one.
     *
     * @param purpose for people: what is being written
     * @param base what to start from, in the plain domain; null for a disk of zeros. Something must keep it alive until
     *     the commit
     * @param stamp who writes: what the last-writer tree will say of each block that is put
     * @return a writer, to be closed by the caller
     * @throws IOException when the store can't be written or a root of the base not be read
     */
    public ManifestWriter writer(String purpose, @Nullable Manifest base, WriterStamp stamp) throws IOException {
        if (base != null && base.domain() != ChunkKey.PLAIN) {
            throw new IllegalArgumentException("only the plain domain can be written, not " + base.domain());
        }
        ManifestReader from = base == null ? null : reader(base);
        WriteLease lease = store.write(purpose);
        try {
            return new ManifestWriter(store, lease, from, stamp, openNodes);
        } catch (Throwable e) {
            lease.close();
            throw e;
        }
    }

    /**
     * Finds the blocks in which two disks differ, related or not. Costs the nodes that differ; equal subtrees are not
     * read. Sizes are not compared: blocks that one disk does not have count as zeros. Between disks of two key domains
     * every block differs that either has.
     *
     * @param a one disk
     * @param b the other
     * @param visitor is told ranges of blocks, from the calling thread
     * @throws IOException when a node could not be had, or from the visitor
     */
    public void diff(Manifest a, Manifest b, RangeVisitor visitor) throws IOException {
        reader(a).diff(reader(b)).visit(visitor);
    }

    /**
     * Finds the 512 KiB blocks that were not last written by the same writer, be it with the same bytes.
     *
     * @param a one disk
     * @param b the other
     * @param visitor is told ranges of 512 KiB blocks, from the calling thread
     * @throws IOException as {@link #diff}
     */
    public void diffWriters(Manifest a, Manifest b, RangeVisitor visitor) throws IOException {
        reader(a).diffWriters(reader(b)).visit(visitor);
    }

    /**
     * Proves one block.
     *
     * @param manifest names the disk
     * @param block index of the block
     * @return what {@link Proof#verify} checks without a store
     * @throws IOException when a node could not be had
     */
    public Proof prove(Manifest manifest, long block) throws IOException {
        requireChunkSize(manifest);
        Objects.checkIndex(block, manifest.blockCount());
        TreeReader tree = new TreeReader(nodes, manifest, NodeKind.CONTENT);
        List<byte[]> path = new ArrayList<>();
        Place place = tree.rootPlace();
        Node node = tree.root();
        while (node != null) {
            path.add(node.encoded().clone());
            boolean isEnd = place.level() == 0 || block >= place.endKey();
            int child = Radix.child(block, place.level());
            node = isEnd ? null : tree.child(node, place, child);
            place = place.child(child);
        }
        return new Proof(block, path);
    }

    /**
     * Visits every node and every chunk id of a manifest, going on past damage; reads the nodes from the store, not from
     * memory.
     *
     * @param manifest what to walk
     * @param visitor is told what is found, from the calling thread
     * @throws IOException from the visitor only: damage is told to it
     */
    public void walk(Manifest manifest, ManifestVisitor visitor) throws IOException {
        requireChunkSize(manifest);
        new TreeWalk(store, manifest, NodeKind.CONTENT, visitor).run();
        new TreeWalk(store, manifest, NodeKind.WRITERS, visitor).run();
    }

    /**
     * Goes from disk to disk and tells which chunks come and which go; reads the nodes from the store, not from memory.
     *
     * @param visitor is told what comes and goes, from the calling thread
     * @return before its first disk
     */
    public ContentSteps steps(ContentSteps.Visitor visitor) {
        return new ContentSteps(store, visitor);
    }

    /** For tests: what is in memory. */
    NodeCache nodes() {
        return nodes;
    }

    private void requireChunkSize(Manifest manifest) {
        int expected = store.properties().chunkSizeBytes();
        if (manifest.chunkSizeBytes() != expected) {
            throw new IllegalArgumentException(
                    "the manifest has chunks of " + manifest.chunkSizeBytes() + " bytes, the store " + expected);
        }
    }
}
