package dev.varve.snapshot;

import com.google.errorprone.annotations.RestrictedApi;
import dev.varve.block.BlockDevice;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.CatalogEvent;
import dev.varve.catalog.Change;
import dev.varve.catalog.Descriptions;
import dev.varve.catalog.Ec2Exception;
import dev.varve.catalog.Filters;
import dev.varve.catalog.Listing;
import dev.varve.catalog.Page;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.catalog.Scope;
import dev.varve.catalog.Tags;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestReader;
import dev.varve.manifest.Manifests;
import dev.varve.manifest.WriterStamp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The snapshots of one account and region.
 *
 * <p>What EC2 would refuse is refused with an unchecked exception that has EC2's code and text. All methods may be called
 * from many threads; what a call has changed is durable when it returns. There is nothing to close; after the engine was
 * closed, every call is an {@link IllegalStateException}.
 */
public final class Snapshots {
    private static final String ENGINE = ".*/engine/src/.*";

    private final SnapshotRegistry registry;
    private final Catalog catalog;
    private final Manifests manifests;
    private final Scope scope;

    Snapshots(SnapshotRegistry registry, Scope scope) {
        this.registry = registry;
        this.catalog = registry.catalog();
        this.manifests = registry.manifests();
        this.scope = scope;
    }

    private record Begun(String id, @Nullable Manifest base) {}

    /**
     * Begins a snapshot. When the call returns, a pending one is recorded durably.
     *
     * @param request what it is to be
     * @return its writer, to be closed by the caller
     * @throws IOException when it could not be recorded, or the store not be written
     */
    public SnapshotWriter writer(SnapshotRequest request) throws IOException {
        check(request);
        Begun begun = catalog.change(change -> begin(change, request));
        SnapshotWriter writer = null;
        try {
            writer = new SnapshotWriter(
                    registry,
                    scope,
                    begun.id,
                    begun.base,
                    manifests.writer("snapshot " + begun.id, begun.base, new WriterStamp(begun.id)));
            registry.add(writer);
            return writer;
        } finally {
            if (writer == null) {
                registry.drop(scope, begun.id);
            }
        }
    }

    private Begun begin(Change change, SnapshotRequest request) throws IOException {
        String id = newId(change, request);
        String lineage = id;
        Manifest base = null;
        String parentId = request.parentId();
        if (parentId != null) {
            lineage = completed(change, parentId).lineageId();
            byte[] held = held(change, parentId);
            base = parse(held);
            change.hold(id, held);
        }
        Resource record = SnapshotRecord.begin(scope, id, request, lineage, null, change.now());
        begin(change, record, SnapshotRegistry.WRITER_WORK);
        return new Begun(id, base);
    }

    private static String newId(Change change, SnapshotRequest request) throws IOException {
        String given = request.id();
        return given != null ? given : change.newId(ResourceKind.SNAPSHOT);
    }

    private static void begin(Change change, Resource record, String work) throws IOException {
        change.create(record);
        change.begin(record.id(), work, record);
        change.announce(CatalogEvent.What.CREATED, record);
    }

    /**
     * Begins a snapshot of a volume, which stays pending until {@link #complete} or {@link #fail}, also when its process
     * dies.
     *
     * @param change collects what is to be recorded
     * @param request what it is to be; its parent does not count
     * @param volumeId what it is of
     * @param lineage of the volume; null for one that has none yet
     * @return the snapshot
     * @throws IOException when the catalog could not be read
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public Snapshot beginOf(Change change, SnapshotRequest request, String volumeId, @Nullable String lineage)
            throws IOException {
        String id = newId(change, request);
        Resource record =
                SnapshotRecord.begin(scope, id, request, lineage == null ? id : lineage, volumeId, change.now());
        begin(change, record, SnapshotRegistry.VOLUME_WORK);
        return read(record);
    }

    /**
     * Completes a pending snapshot of a volume.
     *
     * @param change collects what is to be recorded
     * @param id of the snapshot; one that was deleted meanwhile is passed over, also where another has its id now
     * @param volumeId what it is of
     * @param manifest what it holds
     * @throws IOException when the catalog could not be read
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public void complete(Change change, String id, String volumeId, Manifest manifest) throws IOException {
        Resource record = change.find(ResourceKind.SNAPSHOT, scope, id);
        if (record != null && SnapshotRecord.isPendingOf(record, volumeId)) {
            SnapshotRecord.complete(change, record, manifest);
        }
    }

    /**
     * Gives a pending snapshot of a volume up: it stays, in state {@code error}, until it is deleted.
     *
     * @param change collects what is to be recorded
     * @param id of the snapshot; one that was deleted meanwhile is passed over, also where another has its id now
     * @param volumeId what it is of
     * @param message why
     * @throws IOException when the catalog could not be read
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public void fail(Change change, String id, String volumeId, String message) throws IOException {
        Resource record = change.find(ResourceKind.SNAPSHOT, scope, id);
        if (record != null && SnapshotRecord.isPendingOf(record, volumeId)) {
            SnapshotRecord.fail(change, record, message);
        }
    }

    /**
     * Checks what does not need the catalog.
     *
     * @param request of a snapshot
     * @throws dev.varve.catalog.Ec2Exception when something is wrong with it
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public static void check(SnapshotRequest request) {
        if (request.id() != null) {
            SnapshotErrors.checkId(request.id());
        }
        Descriptions.check(request.description());
        Tags.check(request.tags());
    }

    /**
     * Says how far a snapshot is that somebody makes.
     *
     * @param id of the snapshot
     * @param percent asked for as long as it is pending; null when its maker is no more
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public void showProgress(String id, @Nullable IntSupplier percent) {
        registry.showProgress(id, percent);
    }

    /**
     * One snapshot.
     *
     * @param id of the snapshot
     * @return as it stands
     * @throws IOException when its record could not be read
     */
    public Snapshot get(String id) throws IOException {
        SnapshotErrors.checkId(id);
        Resource record = catalog.find(ResourceKind.SNAPSHOT, scope, id);
        if (record == null) {
            throw SnapshotErrors.notFound(id);
        }
        return read(record);
    }

    /**
     * A page of a list.
     *
     * @param query which, and in what order
     * @return the page
     * @throws IOException when a record could not be read
     */
    public SnapshotPage list(SnapshotQuery query) throws IOException {
        Filters filters = Filters.of(query.filters(), Snapshot.FILTERS);
        Listing listing = new Listing(
                ResourceKind.SNAPSHOT, scope, query.byCreation(), filters, query.maxResults(), query.nextToken());
        Page<Snapshot> page = catalog.list(listing, record -> {
            Snapshot snapshot = read(record);
            return filters.match(snapshot::attribute, snapshot.tags()) ? snapshot : null;
        });
        return new SnapshotPage(page.items(), page.nextToken());
    }

    /**
     * What needs a snapshot, so that it can't be deleted.
     *
     * @param id of the snapshot
     * @return ids of images, ordered
     * @throws IOException when the records could not be read
     */
    public List<String> usedBy(String id) throws IOException {
        return catalog.referrers(get(id).id());
    }

    /**
     * Deletes a snapshot. Those begun from it, and volumes made from it, keep all they have. Until a collection finds its
     * time of grace to be over, {@link #restore} brings it back.
     *
     * @param id of the snapshot; one that is not completed is given up, and can't be restored
     * @throws IOException when it is not known to be deleted
     */
    public void delete(String id) throws IOException {
        SnapshotErrors.checkId(id);
        catalog.change(change -> {
            Resource record = change.find(ResourceKind.SNAPSHOT, scope, id);
            if (record == null) {
                throw SnapshotErrors.notFound(id);
            }
            List<String> images = change.referrers(id);
            if (!images.isEmpty()) {
                throw SnapshotErrors.inUse(id, images);
            }
            if (read(record).state() == SnapshotState.COMPLETED) {
                change.recycle(record);
            } else {
                change.delete(record, false);
                change.release(id);
                change.end(id);
            }
            change.announce(CatalogEvent.What.DELETED, record);
            return record;
        });
    }

    /**
     * Brings back a snapshot that was deleted.
     *
     * @param id of the snapshot, since whose deletion no collection has found its time of grace to be over
     * @return the snapshot as it was
     * @throws IOException when it is not known to be restored
     * @throws dev.varve.catalog.Ec2Exception when it can't be restored
     */
    public Snapshot restore(String id) throws IOException {
        SnapshotErrors.checkId(id);
        return catalog.change(change -> {
            Snapshot restored = restore(change, id);
            if (restored == null) {
                throw SnapshotErrors.notRestorable(id);
            }
            return restored;
        });
    }

    /**
     * Brings back a snapshot as part of a change to the catalog.
     *
     * @param change collects what is to be recorded
     * @param id of the snapshot
     * @return the snapshot, or null when it can't be restored
     * @throws IOException when its record could not be read
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public @Nullable Snapshot restore(Change change, String id) throws IOException {
        Resource record = change.restore(ResourceKind.SNAPSHOT, scope, id);
        if (record == null) {
            return null;
        }
        change.announce(CatalogEvent.What.RESTORED, record);
        return read(record);
    }

    /**
     * Opens a snapshot for reading, whatever its size at once.
     *
     * @param id of a completed snapshot
     * @return a disk without a cache, to be closed by the caller
     * @throws IOException when its record could not be read
     */
    public SnapshotReader open(String id) throws IOException {
        Snapshot snapshot = completed(id);
        return new SnapshotReader(this, snapshot, manifests.reader(manifest(id)), manifests);
    }

    /**
     * Copies a disk into a new snapshot: all of it, or nothing is left.
     *
     * @param request what the snapshot is to be; where it has a parent, only what differs takes room
     * @param source the disk: of a multiple of 512 bytes, more than none, at most 64 TiB
     * @return makes the snapshot when it is run
     */
    public Operation<Snapshot> importFrom(SnapshotRequest request, BlockSource source) {
        return importFrom(request, source, (change, snapshot) -> snapshot);
    }

    /**
     * Copies a disk into a new snapshot and makes more true in the same atomic step.
     *
     * @param request what the snapshot is to be
     * @param source the disk
     * @param completion decides what else
     * @param <T> what it makes
     * @return makes the snapshot when it is run
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public <T> Operation<T> importFrom(
            SnapshotRequest request, BlockSource source, SnapshotWriter.Completion<T> completion) {
        return new Operation<>(registry.executor(), new SnapshotImport<>(this, request, source, completion));
    }

    /**
     * Copies a snapshot out.
     *
     * @param id of a completed snapshot
     * @param sink takes every byte of it; is neither flushed nor closed
     * @return copies it when it is run
     */
    public Operation<Snapshot> exportTo(String id, BlockSink sink) {
        return new Operation<>(registry.executor(), workers -> {
            try (SnapshotReader disk = open(id)) {
                SnapshotExport.copy(disk, disk.blockSizeBytes(), sink, workers);
                return disk.snapshot();
            }
        });
    }

    /**
     * Copies any disk out, such as an open volume. Only what its {@link BlockDevice#ALLOCATION} map calls set is read.
     *
     * @param disk stays open until the operation has ended, and is not closed by it
     * @param sink takes every byte of it; is neither flushed nor closed
     * @return copies it when it is run, and makes the number of bytes
     */
    public Operation<Long> exportTo(BlockDevice disk, BlockSink sink) {
        return new Operation<>(registry.executor(), workers -> {
            SnapshotExport.copy(disk, SnapshotExport.DEVICE_BLOCK_BYTES, sink, workers);
            return disk.sizeBytes();
        });
    }

    /**
     * Finds where two snapshots differ in their bytes, related or not, at the grain of blocks. Costs what differs, not
     * the disks' size. The bytes that one disk has past the end of the other count as zeros there.
     *
     * @param firstId of a completed snapshot
     * @param secondId of a completed snapshot
     * @param ranges takes what differs; ranges neither overlap nor touch
     * @throws IOException when a record or a manifest could not be read
     */
    public void diff(String firstId, String secondId, RangeConsumer ranges) throws IOException {
        Manifest first = manifest(firstId);
        Manifest second = manifest(secondId);
        long end = Math.max(first.sizeBytes(), second.sizeBytes());
        manifests.diff(first, second, (block, count) -> tell(block, count, first.chunkSizeBytes(), end, ranges));
    }

    /**
     * Finds where two snapshots were not last written by the same writer, be it with the same bytes: what EBS calls
     * changed blocks, of 512 KiB.
     *
     * @param firstId of a completed snapshot
     * @param secondId of a completed snapshot
     * @param ranges takes what differs; ranges neither overlap nor touch
     * @throws IOException when a record or a manifest could not be read
     */
    public void diffWriters(String firstId, String secondId, RangeConsumer ranges) throws IOException {
        Manifest first = manifest(firstId);
        Manifest second = manifest(secondId);
        long end = Math.max(first.sizeBytes(), second.sizeBytes());
        manifests.diffWriters(
                first, second, (block, count) -> tell(block, count, Manifest.WRITER_BLOCK_BYTES, end, ranges));
    }

    private static void tell(long block, long count, int blockSizeBytes, long end, RangeConsumer ranges)
            throws IOException {
        long offset = block * blockSizeBytes;
        ranges.range(offset, Math.min(count * blockSizeBytes, end - offset));
    }

    /**
     * What a snapshot holds.
     *
     * @param id of a completed snapshot
     * @return its manifest; the snapshot keeps it alive
     * @throws IOException when its record could not be read
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public Manifest manifest(String id) throws IOException {
        completed(id);
        return parse(require(id, catalog.root(id)));
    }

    /**
     * The snapshot that an extent map is about.
     *
     * @param map what {@link BlockDevice#extents} was asked for, which starts with {@link BlockDevice#CHANGED_SINCE}
     * @return reads that snapshot's manifest; the snapshot keeps it alive
     * @throws IOException when its record could not be read
     * @throws IllegalArgumentException when there is no such snapshot here, or it is not completed
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public ManifestReader ofMap(String map) throws IOException {
        try {
            return manifests.reader(manifest(map.substring(BlockDevice.CHANGED_SINCE.length())));
        } catch (Ec2Exception e) {
            throw new IllegalArgumentException("no extent map " + map + ": " + e.getMessage(), e);
        }
    }

    /**
     * One snapshot, as a change to the catalog sees it.
     *
     * @param change which may itself have made or completed it
     * @param id of the snapshot
     * @return the snapshot, or null when there is none
     * @throws IOException when its record could not be read
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public @Nullable Snapshot find(Change change, String id) throws IOException {
        Resource record = change.find(ResourceKind.SNAPSHOT, scope, id);
        return record == null ? null : read(record);
    }

    /**
     * A snapshot that is to be begun from, as a change to the catalog sees it.
     *
     * @param change finds it
     * @param id of the snapshot
     * @return the snapshot
     * @throws IOException when its record could not be read
     * @throws dev.varve.catalog.Ec2Exception when there is none, or it is not completed
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public Snapshot completed(Change change, String id) throws IOException {
        SnapshotErrors.checkId(id);
        return completed(id, change.find(ResourceKind.SNAPSHOT, scope, id));
    }

    /**
     * The manifest of a completed snapshot, as a change to the catalog sees it.
     *
     * @param change finds it
     * @param id of the snapshot
     * @return in the manifest's own encoding
     * @throws IOException when its record could not be read
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public byte[] held(Change change, String id) throws IOException {
        return require(id, change.held(id));
    }

    private Snapshot completed(String id) throws IOException {
        SnapshotErrors.checkId(id);
        return completed(id, catalog.find(ResourceKind.SNAPSHOT, scope, id));
    }

    private Snapshot completed(String id, @Nullable Resource record) throws IOException {
        if (record == null) {
            throw SnapshotErrors.notFound(id);
        }
        Snapshot snapshot = read(record);
        if (snapshot.state() != SnapshotState.COMPLETED) {
            throw SnapshotErrors.notReadable(snapshot.state());
        }
        return snapshot;
    }

    /** A completed snapshot has a manifest, unless it was deleted a moment ago. */
    private static byte[] require(String id, byte @Nullable [] held) {
        if (held == null) {
            throw SnapshotErrors.notFound(id);
        }
        return held;
    }

    private static Manifest parse(byte[] held) throws IOException {
        return Manifest.parse(new String(held, StandardCharsets.US_ASCII));
    }

    private Snapshot read(Resource record) throws IOException {
        return SnapshotRecord.read(record, registry.pendingPercent(record.id()));
    }
}
