package dev.varve.snapshot;

import com.google.errorprone.annotations.RestrictedApi;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.catalog.Change;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.catalog.Scope;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a snapshot: put blocks, then {@link #complete}.
 *
 * <ul>
 *   <li><b>Before.</b> The snapshot is {@code pending}, and durably so, when the writer has been handed out. If its
 *       process dies, it is gone without a trace when the store is next opened.
 *   <li><b>Blocks</b> come in any order, from any number of threads, also more than once: the last put counts. What is
 *       never put is the parent's, or zeros. A block of zeros takes no room.
 *   <li><b>After.</b> {@link #complete} makes content and record durable in one atomic step. {@link #close} before that
 *       drops all; after it, it does nothing.
 *   <li><b>Failure.</b> After an {@link IOException} the writer can only be closed.
 * </ul>
 */
public final class SnapshotWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotWriter.class);
    private static final String ENGINE = ".*/engine/src/.*";

    private final SnapshotRegistry registry;
    private final Scope scope;
    private final String id;
    private final @Nullable Manifest base;
    private final ManifestWriter blocks;
    private volatile int progressPercent;

    @GuardedBy("this")
    private boolean ended;

    /**
     * What else becomes true when a snapshot is completed, in the same atomic step.
     *
     * @param <T> what it makes
     */
    @FunctionalInterface
    public interface Completion<T> {
        /**
         * Decides; may run several times, and has no effect but through its change.
         *
         * @param change collects what else is to be recorded
         * @param snapshot as it will be
         * @return what the caller of {@link SnapshotWriter#complete} gets
         * @throws IOException when something could not be read: the snapshot is not completed
         */
        @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
        T decide(Change change, Snapshot snapshot) throws IOException;
    }

    SnapshotWriter(SnapshotRegistry registry, Scope scope, String id, @Nullable Manifest base, ManifestWriter blocks) {
        this.registry = registry;
        this.scope = scope;
        this.id = id;
        this.base = base;
        this.blocks = blocks;
    }

    /**
     * The id of the snapshot.
     *
     * @return {@code snap-...}, which survives power loss as long as this writer lives
     */
    public String id() {
        return id;
    }

    /**
     * Bytes of a block.
     *
     * @return a power of two from 4 KiB to 512 KiB
     */
    public int blockSizeBytes() {
        return blocks.chunkSizeBytes();
    }

    /**
     * Writes one block.
     *
     * @param block its index
     * @param data one block between position and limit, which both stay as they are; only the disk's last block may be
     *     shorter
     * @throws IOException when it could not be stored
     */
    public void put(long block, ByteBuffer data) throws IOException {
        blocks.put(block, data);
    }

    /**
     * Writes zeros to blocks, over what the parent has there.
     *
     * @param firstBlock index of the first one
     * @param blockCount how many
     * @throws IOException when the parent's content could not be read
     */
    public void zero(long firstBlock, long blockCount) throws IOException {
        if (blockCount > 0) {
            blocks.zero(firstBlock, blockCount);
        }
    }

    /** Writes zeros where the parent has data: what was zeros before is not written again. */
    void clear(long firstBlock, long blockCount) throws IOException {
        if (base == null) {
            return;
        }
        var parent = registry.manifests().reader(base);
        long end = Math.min(firstBlock + blockCount, base.blockCount());
        for (long from = Math.min(firstBlock, end); from < end; ) {
            long data = parent.nextPresent(from, end);
            from = parent.nextAbsent(data, end);
            zero(data, from - data);
        }
    }

    /**
     * Says how far the work is, for those who look at the pending snapshot.
     *
     * @param percent 0 to 99
     */
    public void progress(int percent) {
        progressPercent = Math.max(0, Math.min(percent, 99));
    }

    int progressPercent() {
        return progressPercent;
    }

    /**
     * Completes the snapshot.
     *
     * @param sizeBytes exact length of the disk: a multiple of 512, more than 0, at most 64 TiB, not less than the
     *     parent's, and not before the end of any data that was put
     * @return the snapshot, whole and durable
     * @throws IOException when it is not known to be durable
     */
    public Snapshot complete(long sizeBytes) throws IOException {
        return complete(sizeBytes, (change, snapshot) -> snapshot);
    }

    /**
     * Completes the snapshot, and makes more true in the same atomic step.
     *
     * @param sizeBytes as for {@link #complete(long)}
     * @param completion decides what else; when it throws, nothing is completed and the writer can only be closed
     * @param <T> what it makes
     * @return what it made
     * @throws IOException when it is not known to be durable
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public synchronized <T> T complete(long sizeBytes, Completion<T> completion) throws IOException {
        requireOpen();
        if (sizeBytes < 1 || sizeBytes > BlockSource.MAX_SIZE_BYTES || sizeBytes % BlockSource.SECTOR_BYTES != 0) {
            throw new IllegalArgumentException(
                    "a disk has a multiple of 512 bytes, up to 64 TiB, and more than none: " + sizeBytes);
        }
        if (base != null && sizeBytes < base.sizeBytes()) {
            throw SnapshotErrors.tooSmall(sizeBytes, base.sizeBytes());
        }
        Manifest manifest = blocks.finish(sizeBytes);
        T result = registry.catalog()
                .change(change -> completion.decide(change, record(change, manifest)), blocks::commit);
        end();
        return result;
    }

    private Snapshot record(Change change, Manifest manifest) throws IOException {
        Resource record = find(change);
        SnapshotRecord.complete(change, record, manifest);
        return SnapshotRecord.read(record, 0);
    }

    private Resource find(Change change) throws IOException {
        Resource record = change.find(ResourceKind.SNAPSHOT, scope, id);
        if (record == null || !registry.isWrittenBy(this)) {
            throw SnapshotErrors.notFound(id); // it was deleted; what has the id now is another's
        }
        return record;
    }

    /**
     * Gives the snapshot up, for all to see: it stays, in state {@code error}, until it is deleted.
     *
     * @param message why
     * @throws IOException when that could not be recorded
     */
    public synchronized void fail(String message) throws IOException {
        requireOpen();
        registry.catalog().change(change -> {
            Resource record = find(change);
            SnapshotRecord.fail(change, record, message);
            return record;
        });
        end();
    }

    /** Drops the snapshot, unless it was completed or given up. Idempotent. */
    @Override
    public synchronized void close() {
        if (ended) {
            return;
        }
        boolean isOwn = registry.isWrittenBy(this);
        end();
        try {
            if (isOwn) {
                registry.drop(scope, id);
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("{} could not be dropped, and will be when the store is next opened", id, e);
        }
    }

    @GuardedBy("this")
    private void requireOpen() {
        if (ended) {
            throw new IllegalStateException("the writer of " + id + " has ended");
        }
    }

    @GuardedBy("this")
    private void end() {
        ended = true;
        blocks.close();
        registry.remove(this);
    }
}
