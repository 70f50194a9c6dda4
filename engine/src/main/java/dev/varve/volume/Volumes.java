package dev.varve.volume;

import com.google.errorprone.annotations.RestrictedApi;
import dev.varve.block.BlockDevice;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.CatalogEvent;
import dev.varve.catalog.Change;
import dev.varve.catalog.Filters;
import dev.varve.catalog.Listing;
import dev.varve.catalog.Page;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.catalog.Scope;
import dev.varve.catalog.Tags;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotReader;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.Snapshots;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The volumes of one account and region.
 *
 * <p>What EC2 would refuse is refused with an unchecked exception that has EC2's code and text. All methods may be called
 * from many threads; what a call has changed is durable when it returns. There is nothing to close; after the engine was
 * closed, every call, also on a disk it has handed out, is an {@link IllegalStateException}.
 */
public final class Volumes {
    private static final String ENGINE = ".*/engine/src/.*";

    private final VolumeRegistry registry;
    private final Catalog catalog;
    private final Snapshots snapshots;
    private final Scope scope;

    Volumes(VolumeRegistry registry, Snapshots snapshots, Scope scope) {
        this.registry = registry;
        this.catalog = registry.catalog();
        this.snapshots = snapshots;
        this.scope = scope;
    }

    /**
     * Opens a snapshot as a read-only disk, at once whatever its size. A chunk is fetched and checked on first touch, by
     * whichever disk touches it first, and read from the cache from then on.
     *
     * @param snapshotId of a completed snapshot
     * @return the disk, to be closed by the caller; it knows {@link BlockDevice#ALLOCATION}, {@link
     *     BlockDevice#HYDRATION} and {@link BlockDevice#CHANGED_SINCE}
     * @throws IOException when the snapshot's record could not be read, or the cache not be opened
     */
    public BlockDevice open(String snapshotId) throws IOException {
        SnapshotReader direct = snapshots.open(snapshotId);
        SnapshotDevice device = null;
        try {
            device = new SnapshotDevice(direct, registry.reader(snapshots.manifest(snapshotId)));
            return device;
        } finally {
            if (device == null) {
                direct.close();
            }
        }
    }

    /**
     * Makes a volume, in the same time whatever its size. It needs neither the snapshot nor an image of it to stay.
     *
     * @param request what it is to be
     * @return the volume
     * @throws IOException when it is not known to be made
     */
    public Volume create(VolumeRequest request) throws IOException {
        return create(List.of(request)).get(0);
    }

    /**
     * Makes volumes in one atomic step: all, or none.
     *
     * @param requests what they are to be
     * @return the volumes, in this order
     * @throws IOException when they are not known to be made
     */
    public List<Volume> create(List<VolumeRequest> requests) throws IOException {
        requests.forEach(Volumes::check);
        return catalog.change(change -> {
            List<Volume> volumes = new ArrayList<>();
            for (VolumeRequest request : requests) {
                volumes.add(create(change, request, null));
            }
            return volumes;
        });
    }

    private static void check(VolumeRequest request) {
        Tags.check(request.tags());
        if (request.id() != null) {
            VolumeErrors.checkId(request.id());
        }
    }

    /**
     * Makes a volume as part of a change to the catalog.
     *
     * @param change collects what is to be recorded
     * @param request what it is to be; its id and tags are in order
     * @param attachment the instance that has it from the start, or null
     * @return the volume
     * @throws IOException when the catalog could not be read
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public Volume create(Change change, VolumeRequest request, @Nullable VolumeAttachment attachment)
            throws IOException {
        String given = request.id();
        String id = given != null ? given : change.newId(ResourceKind.VOLUME);
        String snapshotId = request.snapshotId();
        long sizeGib = request.sizeGib();
        Snapshot snapshot = null;
        if (snapshotId != null) {
            snapshot = snapshots.completed(change, snapshotId);
            sizeGib = sizeGib == 0 ? snapshot.volumeSizeGib() : sizeGib;
            if (sizeGib < snapshot.volumeSizeGib()) {
                throw VolumeErrors.smallerThanSnapshot(sizeGib, snapshot.volumeSizeGib(), snapshotId);
            }
            change.hold(id, snapshots.held(change, snapshotId));
        } else if (sizeGib == 0) {
            throw VolumeErrors.noSize();
        }
        requireSize(sizeGib);
        Resource record = VolumeRecord.make(scope, id, request, snapshot, sizeGib, change.now());
        VolumeRecord.setAttachment(record, attachment);
        change.create(record);
        change.announce(CatalogEvent.What.CREATED, record);
        return read(record);
    }

    private static void requireSize(long sizeGib) {
        if (sizeGib < 1 || sizeGib > VolumeRecord.MAX_GIB) {
            throw VolumeErrors.badSize(sizeGib);
        }
    }

    /**
     * One volume.
     *
     * @param id of the volume
     * @return as it stands
     * @throws IOException when its record could not be read
     */
    public Volume get(String id) throws IOException {
        VolumeErrors.checkId(id);
        return read(require(id, catalog.find(ResourceKind.VOLUME, scope, id)));
    }

    /**
     * What a volume takes.
     *
     * @param id of the volume
     * @return as it is now
     * @throws IOException when its record could not be read
     */
    public VolumeStats stats(String id) throws IOException {
        VolumeErrors.checkId(id);
        Resource record = require(id, catalog.find(ResourceKind.VOLUME, scope, id));
        IOException failure = registry.folds().failure(id);
        return new VolumeStats(
                VolumeRecord.logBytes(record),
                registry.indexBytes(id),
                VolumeRecord.layers(record).size(),
                failure == null ? null : failure.getMessage());
    }

    /**
     * A page of a list.
     *
     * @param query which, and in what order
     * @return the page
     * @throws IOException when a record could not be read
     */
    public VolumePage list(VolumeQuery query) throws IOException {
        Filters filters = Filters.of(query.filters(), Volume.FILTERS);
        Listing listing = new Listing(
                ResourceKind.VOLUME, scope, query.byCreation(), filters, query.maxResults(), query.nextToken());
        Page<Volume> page = catalog.list(listing, record -> {
            if (VolumeRecord.isDeleting(record)) {
                return null;
            }
            Volume volume = read(record);
            return filters.match(volume::attribute, volume.tags()) ? volume : null;
        });
        return new VolumePage(page.items(), page.nextToken());
    }

    /**
     * Makes a volume longer; what is added is zeros. Who has it open sees it when it is opened again.
     *
     * @param id of the volume
     * @param sizeGib its new length in GiB, not less than it has
     * @return the volume
     * @throws IOException when it is not known to be longer
     */
    public Volume grow(String id, long sizeGib) throws IOException {
        VolumeErrors.checkId(id);
        requireSize(sizeGib);
        return catalog.change(change -> {
            Resource record = require(id, change.find(ResourceKind.VOLUME, scope, id));
            long hasGib = VolumeRecord.sizeGib(record);
            if (sizeGib < hasGib) {
                throw VolumeErrors.shrinking(sizeGib, hasGib);
            }
            VolumeRecord.grow(record, sizeGib);
            change.update(record);
            return read(record);
        });
    }

    /**
     * Deletes a volume. Snapshots of it stay; those that are pending are completed first, in the background. Until a
     * collection finds its time of grace to be over, {@link #restore} brings it back with all that was written to it, and
     * its log takes its room.
     *
     * @param id of the volume, which no instance has and nobody has open
     * @throws IOException when it is not known to be deleted
     */
    public void delete(String id) throws IOException {
        VolumeErrors.checkId(id);
        boolean done = registry.delete(id, () -> catalog.change(change -> delete(change, deletable(change, id), true)));
        if (!done) {
            catalog.change(change -> mark(change, deletable(change, id), true));
        }
        registry.folds().request(id);
    }

    private Resource deletable(Change change, String id) throws IOException {
        requireUnopened(id);
        Resource record = require(id, change.find(ResourceKind.VOLUME, scope, id));
        VolumeAttachment attachment = VolumeRecord.attachment(record);
        if (attachment != null) {
            throw VolumeErrors.attached(id, attachment);
        }
        return record;
    }

    private static List<SegmentEntry> delete(Change change, Resource record, boolean restorable) throws IOException {
        mark(change, record, restorable);
        return VolumeRecord.hasPendingSnapshot(record) ? List.of() : VolumeRegistry.delete(change, record);
    }

    /**
     * Brings back a volume that was deleted, with all that was written to it. One that went with its instance can't be.
     *
     * @param id of the volume, since whose deletion no collection has found its time of grace to be over
     * @return the volume as it was
     * @throws IOException when it is not known to be restored
     * @throws dev.varve.catalog.Ec2Exception when it can't be restored
     */
    public Volume restore(String id) throws IOException {
        VolumeErrors.checkId(id);
        Volume restored = catalog.change(change -> {
            Resource record = change.find(ResourceKind.VOLUME, scope, id);
            if (record == null) {
                record = change.restore(ResourceKind.VOLUME, scope, id);
            } else if (!VolumeRecord.isRestorable(record)) {
                record = null;
            }
            if (record == null) {
                throw VolumeErrors.notRestorable(id);
            }
            VolumeRecord.clearDeleting(record);
            change.update(record);
            change.announce(CatalogEvent.What.RESTORED, record);
            return read(record);
        });
        registry.folds().request(id);
        return restored;
    }

    /** To be asked in the step that gives the volume up: who opens it looks at what that has recorded. */
    private void requireUnopened(String id) {
        if (registry.isOpen(id)) {
            throw VolumeErrors.inUse(id);
        }
    }

    private static Resource mark(Change change, Resource record, boolean restorable) {
        VolumeRecord.setDeleting(record, restorable);
        change.update(record);
        return record;
    }

    /**
     * Takes a volume from its instance as part of a change to the catalog. One that goes with the instance is nobody's from
     * then on, and all of it goes by {@link #sweep}, or when the store is opened next.
     *
     * @param change collects what is to be recorded
     * @param id of the volume; one that is not there is passed over
     * @return whether it goes
     * @throws IOException when its record could not be read
     * @throws dev.varve.catalog.Ec2Exception when somebody has it open
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public boolean detach(Change change, String id) throws IOException {
        requireUnopened(id);
        Resource record = change.find(ResourceKind.VOLUME, scope, id);
        VolumeAttachment attachment = record == null ? null : VolumeRecord.attachment(record);
        if (record == null || attachment == null) {
            return false;
        }
        VolumeRecord.setAttachment(record, null);
        if (attachment.deleteOnTermination()) {
            mark(change, record, false);
            return true;
        }
        change.update(record);
        return false;
    }

    /**
     * Deletes a volume that {@link #detach} has given up; what a pending snapshot needs of it goes later.
     *
     * @param id of the volume
     * @throws IOException when it is not known to be gone; it is tried again when the store is opened next
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public void sweep(String id) throws IOException {
        registry.delete(
                id,
                () -> catalog.change(change -> {
                    Resource record = change.find(ResourceKind.VOLUME, scope, id);
                    if (record == null || !VolumeRecord.isDeleting(record)) { // or it is another of its id
                        return List.<SegmentEntry>of();
                    }
                    return delete(change, record, false);
                }));
        registry.folds().request(id);
    }

    /**
     * Takes a snapshot of a volume as it is at one moment between call and return. Writing goes on meanwhile. When the
     * call returns the snapshot is {@code pending}, and durably so: it will be completed, if not by this process then by
     * the next that opens the store.
     *
     * @param id of the volume, open or not
     * @param request what the snapshot is to be; its parent and its size do not count
     * @return the snapshot
     * @throws IOException when it is not known to be begun
     */
    public Snapshot snapshot(String id, SnapshotRequest request) throws IOException {
        return snapshot(List.of(id), List.of(request)).get(0);
    }

    /**
     * Takes snapshots of volumes as they are at one and the same moment: all, or none.
     *
     * @param ids of different volumes
     * @param requests what the snapshots are to be, in the same order
     * @return the snapshots, in this order
     * @throws IOException when they are not known to be begun
     */
    public List<Snapshot> snapshot(List<String> ids, List<SnapshotRequest> requests) throws IOException {
        ids.forEach(VolumeErrors::checkId);
        requests.forEach(Snapshots::check);
        if (ids.size() != requests.size() || ids.stream().distinct().count() != ids.size()) {
            throw new IllegalArgumentException("one request for each of different volumes: " + ids);
        }
        return new VolumeFreeze(registry, snapshots, scope).run(ids, requests);
    }

    /**
     * Opens a volume for reading and writing, as it was when it was last closed, or crashed: then it is a moment of its
     * history, not before its last flush.
     *
     * @param id of the volume
     * @return the disk, to be closed by the caller; it knows {@link BlockDevice#ALLOCATION}, {@link
     *     BlockDevice#HYDRATION}, {@link BlockDevice#LAYER} and {@link BlockDevice#CHANGED_SINCE}
     * @throws IOException when its record or its log could not be read
     * @throws VolumeInUseException when it is open already
     */
    public BlockDevice attach(String id) throws IOException {
        VolumeErrors.checkId(id);
        require(id, catalog.find(ResourceKind.VOLUME, scope, id));
        return registry.attach(scope, id);
    }

    /**
     * Begins to bring into the cache, in the background, what the first boot of the volume's image has read, if there was one:
     * for somebody who knows that the volume is about to be booted. {@link #attach} does so by itself.
     *
     * @param id of the volume
     * @throws IOException when its record could not be read
     */
    public void prefetch(String id) throws IOException {
        VolumeErrors.checkId(id);
        registry.prefetch(require(id, catalog.find(ResourceKind.VOLUME, scope, id)));
    }

    private Volume read(Resource record) throws IOException {
        boolean isHad = VolumeRecord.attachment(record) != null || registry.isOpen(record.id());
        return VolumeRecord.read(record, isHad ? VolumeState.IN_USE : VolumeState.AVAILABLE);
    }

    static Resource require(String id, @Nullable Resource record) throws IOException {
        if (record == null || VolumeRecord.isDeleting(record)) {
            throw VolumeErrors.notFound(id);
        }
        return record;
    }
}
