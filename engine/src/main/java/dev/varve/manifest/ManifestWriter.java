package dev.varve.manifest;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.block.Zeros;
import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.store.Store;
import dev.varve.store.WriteLease;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Writes a disk, whole or as changes to a base: the one door into the chunk store. Put blocks, {@link #finish}, {@link
 * #commit}; or {@link #close} at any time before, which leaves nothing behind.
 *
 * <ul>
 *   <li><b>Order.</b> Blocks come in any order, from any number of threads, also more than once: the last put of a block
 *       counts, and of two at the same time one of them. Equal content ends in equal trees, however it came.
 *   <li><b>Zeros</b> are recognized and not stored. A block never put is the base's, or zeros.
 *   <li><b>Writers.</b> Every put and zeroed block, also one whose bytes stay the same, stamps the 512 KiB block around
 *       it in the last-writer tree; what is not touched keeps the base's stamp.
 *   <li><b>Memory.</b> At most {@value #OPEN_NODES} open nodes of 16 KiB a tree, 32 MiB in all, whatever the disk's size
 *       and the order; what is not open is written and read again when it is touched again.
 *   <li><b>Locks.</b> Zero test, hash and {@link WriteLease#put} run without one; only the trees are changed under it.
 *   <li><b>Durability.</b> Nothing survives before {@link #commit} returns; then all of it survives power loss.
 *   <li><b>Failure.</b> After any but an index or size out of range the writer can only be closed: {@link
 *       #finish} and {@link #commit} fail with the first one.
 *   <li><b>After {@link #close}</b> or {@link #commit} every call but {@code close} is an {@link IllegalStateException}.
 * </ul>
 */
public final class ManifestWriter implements AutoCloseable {
    /** How many nodes of each tree may be open. */
    static final int OPEN_NODES = 1024;

    private enum State {
        WRITING,
        FINISHED,
        CLOSED
    }

    private final Store store;
    private final @Nullable ManifestReader base;
    private final ChunkId stamp;
    private final int chunkSizeBytes;
    private final long maxBlocks;
    private final WriteLease lease;
    private final ConcurrentLinkedQueue<ChunkHasher> hashers = new ConcurrentLinkedQueue<>();
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final TreeBuilder content;

    @GuardedBy("lock")
    private final TreeBuilder writers;

    @GuardedBy("lock")
    private State state = State.WRITING;

    /** Where the data that was put ends: the disk can't end before it. Changed under the lock. */
    private volatile long endBytes;

    /** The block that was put shorter than a chunk, which must be the disk's last; -1 when there is none. */
    @GuardedBy("lock")
    private long shortBlock = -1;

    @GuardedBy("lock")
    private @Nullable Throwable failure;

    /** Takes the lease over, but does not close it when this fails. */
    ManifestWriter(Store store, WriteLease lease, @Nullable ManifestReader base, WriterStamp stamp, int openNodes)
            throws IOException {
        Manifest from = base == null ? null : base.manifest();
        this.store = store;
        this.lease = lease;
        this.base = base;
        this.stamp = stamp.toSlot();
        this.chunkSizeBytes = store.properties().chunkSizeBytes();
        this.maxBlocks = Manifest.MAX_SIZE_BYTES / chunkSizeBytes;
        this.content = new TreeBuilder(NodeKind.CONTENT, store, lease, from, openNodes);
        this.writers = new TreeBuilder(NodeKind.WRITERS, store, lease, from, openNodes);
    }

    /**
     * Bytes of a block.
     *
     * @return the store's chunk size
     */
    public int chunkSizeBytes() {
        return chunkSizeBytes;
    }

    /**
     * Writes one block.
     *
     * @param block its index
     * @param plain one chunk between position and limit, which both stay as they are; only the disk's last block may be
     *     shorter, and is padded with zeros
     * @return what the block's content is called; null when it is zeros
     * @throws IOException when it could not be stored, or a node of the base could not be read
     */
    public @Nullable ChunkKey put(long block, ByteBuffer plain) throws IOException {
        int length = plain.remaining();
        if (length < 1 || length > chunkSizeBytes) {
            throw new IllegalArgumentException("block " + block + " has " + length + " bytes of " + chunkSizeBytes);
        }
        Objects.checkIndex(block, maxBlocks);
        requireState(State.WRITING);
        try {
            ChunkId id = Zeros.isZero(plain) ? null : store(plain);
            long end = block * chunkSizeBytes;
            end += end + length > endBytes ? dataBytes(plain) : 0;
            synchronized (lock) {
                requireState(State.WRITING);
                noteLength(block, length);
                if (id == null) {
                    content.clear(block, block + 1);
                } else {
                    content.set(block, id);
                }
                stamp(block, block + 1);
                endBytes = Math.max(endBytes, end);
            }
            return id == null ? null : ChunkKey.plain(id);
        } catch (Throwable e) {
            fail(e);
            throw e;
        }
    }

    /**
     * Writes zeros to blocks: absent in the content, stamped as written. Costs what the range held and a stamp for each
     * 512 KiB.
     *
     * @param firstBlock index of the first one
     * @param blockCount how many, at least 1
     * @throws IOException when a node of the base could not be read, or one could not be stored
     */
    public void zero(long firstBlock, long blockCount) throws IOException {
        Objects.checkFromIndexSize(firstBlock, blockCount, maxBlocks);
        try {
            synchronized (lock) {
                requireState(State.WRITING);
                content.clear(firstBlock, firstBlock + blockCount);
                stamp(firstBlock, firstBlock + blockCount);
            }
        } catch (Throwable e) {
            fail(e);
            throw e;
        }
    }

    /**
     * Writes the trees' nodes and names the whole. No block can be put afterwards, and nothing is durable yet.
     *
     * <p>A disk may end before its base did: what lay behind is dropped, and the rest of a block cut in two is zeros. It
     * may end after it: what comes is zeros that nobody wrote.
     *
     * @param sizeBytes exact length of the disk, 1 byte to 64 TiB, not before the end of any data that was put (zeros
     *     past it are dropped)
     * @return the manifest, to be kept in a record by {@link #commit}
     * @throws IOException when a node could not be read or stored
     */
    public Manifest finish(long sizeBytes) throws IOException {
        Manifest.requireSize(sizeBytes);
        synchronized (lock) {
            requireState(State.WRITING);
            if (endBytes > sizeBytes) {
                throw new IllegalArgumentException(
                        "data was put up to byte " + endBytes + " of a disk of " + sizeBytes + " bytes");
            }
            long blockCount = Manifest.ceilDiv(sizeBytes, chunkSizeBytes);
            if (shortBlock >= 0 && shortBlock != blockCount - 1) {
                throw new IllegalArgumentException(
                        "block " + shortBlock + " was put short and is not the last of " + blockCount);
            }
            try {
                cut(sizeBytes, blockCount - 1);
                content.clear(blockCount, Radix.MAX_KEYS);
                writers.clear(Manifest.ceilDiv(sizeBytes, Manifest.WRITER_BLOCK_BYTES), Radix.MAX_KEYS);
                Tree blocks = content.finish();
                Manifest manifest = new Manifest(chunkSizeBytes, sizeBytes, ChunkKey.PLAIN, blocks, writers.finish());
                state = State.FINISHED;
                return manifest;
            } catch (Throwable e) {
                fail(e);
                throw e;
            }
        }
    }

    /**
     * Makes all that was put durable, then the records, and ends the writer, see {@link WriteLease#commit}.
     *
     * @param puts record values by key: what names the manifest must be among them or it is as if never written
     * @param deletes record keys to delete
     * @throws IOException when the commit is not known to be durable
     */
    public void commit(Map<String, byte[]> puts, Set<String> deletes) throws IOException {
        synchronized (lock) {
            requireState(State.FINISHED);
            state = State.CLOSED;
        }
        lease.commit(puts, deletes);
    }

    /** Ends the writer; without a commit before, all that only it put is dropped. Idempotent. */
    @Override
    public void close() {
        synchronized (lock) {
            state = State.CLOSED;
        }
        lease.close();
    }

    private ChunkId store(ByteBuffer plain) throws IOException {
        ByteBuffer whole = plain;
        if (plain.remaining() < chunkSizeBytes) {
            whole = ByteBuffer.allocateDirect(chunkSizeBytes).put(plain.duplicate());
            whole.clear();
        }
        ChunkHasher hasher = hashers.poll();
        hasher = hasher != null ? hasher : new ChunkHasher();
        ChunkId id = hasher.hash(whole);
        hashers.add(hasher);
        lease.put(ChunkKey.plain(id), whole);
        return id;
    }

    /** Length without the zeros at the end, found by halves: it compares at most what there is, many bytes at once. */
    private static int dataBytes(ByteBuffer plain) {
        int start = 0;
        int end = plain.remaining();
        while (start < end) {
            int middle = (start + end) >>> 1;
            if (Zeros.isZero(plain.slice(plain.position() + middle, end - middle))) {
                end = middle;
            } else {
                start = middle + 1;
            }
        }
        return end;
    }

    @GuardedBy("lock")
    private void noteLength(long block, int length) {
        if (length < chunkSizeBytes) {
            if (shortBlock >= 0 && shortBlock != block) {
                throw new IllegalArgumentException(
                        "blocks " + shortBlock + " and " + block + " are both short, where only the last can be");
            }
            shortBlock = block;
        } else if (shortBlock == block) {
            shortBlock = -1;
        }
    }

    @GuardedBy("lock")
    private void stamp(long from, long to) throws IOException {
        long end = Manifest.ceilDiv(to * chunkSizeBytes, Manifest.WRITER_BLOCK_BYTES);
        for (long i = from * chunkSizeBytes / Manifest.WRITER_BLOCK_BYTES; i < end; i++) {
            writers.set(i, stamp);
        }
    }

    /** Zeros what a last block of the base holds past the new end of the disk; one put since is known to fit. */
    @GuardedBy("lock")
    private void cut(long sizeBytes, long last) throws IOException {
        int keptBytes = (int) (sizeBytes - last * chunkSizeBytes);
        if (base == null || sizeBytes >= base.manifest().sizeBytes() || keptBytes == chunkSizeBytes) {
            return;
        }
        ChunkId id = content.get(last);
        if (id == null || !Objects.equals(id, base.lookup(last))) {
            return;
        }
        ByteBuffer plain = ByteBuffer.allocateDirect(chunkSizeBytes);
        store.get(ChunkKey.plain(id), plain);
        plain.flip().limit(keptBytes);
        if (Zeros.isZero(plain)) {
            content.clear(last, last + 1);
        } else {
            content.set(last, store(plain));
        }
    }

    private void requireState(State expected) throws IOException {
        synchronized (lock) {
            if (state != expected) {
                throw new IllegalStateException("the writer is " + state + ", not " + expected);
            }
            if (failure != null) {
                throw new IOException("the writer has failed before: " + failure.getMessage(), failure);
            }
        }
    }

    private void fail(Throwable e) {
        synchronized (lock) {
            if (failure == null && state == State.WRITING) {
                failure = e;
            }
        }
    }
}
