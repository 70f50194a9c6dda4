package dev.varve.image;

import com.google.errorprone.annotations.RestrictedApi;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.CatalogEvent;
import dev.varve.catalog.Change;
import dev.varve.catalog.Descriptions;
import dev.varve.catalog.Ec2Exception;
import dev.varve.catalog.Filters;
import dev.varve.catalog.Listing;
import dev.varve.catalog.Page;
import dev.varve.catalog.RecycleBin;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.catalog.Scope;
import dev.varve.catalog.Tags;
import dev.varve.snapshot.BlockSource;
import dev.varve.snapshot.Operation;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.snapshot.Snapshots;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The images of one account and region.
 *
 * <p>What EC2 would refuse is refused with an unchecked exception that has EC2's code and text. All methods may be called
 * from many threads; what a call has changed is durable when it returns. There is nothing to close; after the engine was
 * closed, every call is an {@link IllegalStateException}.
 */
public final class Images {
    private final Catalog catalog;
    private final Snapshots snapshots;
    private final Scope scope;

    Images(Catalog catalog, Snapshots snapshots, Scope scope) {
        this.catalog = catalog;
        this.snapshots = snapshots;
        this.scope = scope;
    }

    /**
     * Registers an image of snapshots that are there.
     *
     * @param request what it is to be: with a mapping of its root device
     * @return the image
     * @throws IOException when it is not known to be registered
     */
    public Image register(ImageRequest request) throws IOException {
        check(request);
        return catalog.change(change -> register(change, request));
    }

    /**
     * Copies a disk into a new snapshot and registers an image that boots from it, in one atomic step: both, or nothing
     * is left.
     *
     * @param request what the image is to be; its mappings are those beside the root device's
     * @param snapshot what the snapshot is to be
     * @param source the disk: of a multiple of 512 bytes, more than none, at most 64 TiB
     * @return makes the image when it is run
     * @throws IOException when the catalog could not be read
     */
    public Operation<Image> importImage(ImageRequest request, SnapshotRequest snapshot, BlockSource source)
            throws IOException {
        check(request);
        requireFree(request.name(), catalog.named(ResourceKind.IMAGE, scope, request.name()));
        return snapshots.importFrom(snapshot, source, (change, completed) -> {
            DeviceMapping root = DeviceMapping.of(request.rootDeviceName(), completed.id());
            return register(change, request.withMapping(root));
        });
    }

    private static void check(ImageRequest request) {
        ImageErrors.checkName(request.name());
        Descriptions.check(request.description());
        Tags.check(request.tags());
        ImageErrors.checkDevice(request.rootDeviceName());
        if (request.id() != null) {
            ImageErrors.checkId(request.id());
        }
    }

    private static void requireFree(String name, @Nullable String holder) {
        if (holder != null) {
            throw ImageErrors.duplicate(name, holder);
        }
    }

    private Image register(Change change, ImageRequest request) throws IOException {
        String given = request.id();
        String id = given != null ? given : change.newId(ResourceKind.IMAGE);
        requireFree(request.name(), change.takeName(ResourceKind.IMAGE, scope, request.name(), id));
        List<DeviceMapping> mappings = mappings(change, request);
        Resource record = ImageRecord.make(scope, id, request, mappings, change.now());
        change.create(record);
        Image image = ImageRecord.read(record);
        for (String snapshotId : image.snapshotIds()) {
            change.refer(id, snapshotId);
        }
        change.announce(CatalogEvent.What.CREATED, record);
        return image;
    }

    /** The mappings of a request, with sizes, checked. */
    private List<DeviceMapping> mappings(Change change, ImageRequest request) throws IOException {
        List<DeviceMapping> mappings = new ArrayList<>();
        Set<String> devices = new HashSet<>();
        boolean hasRoot = false;
        for (DeviceMapping mapping : request.mappings()) {
            ImageErrors.checkDevice(mapping.deviceName());
            if (!devices.add(mapping.deviceName())) {
                throw ImageErrors.mapping(
                        "The device '" + mapping.deviceName() + "' is used in more than one mapping.");
            }
            mappings.add(mapping.isVolume() ? sized(change, mapping) : unsized(mapping));
            hasRoot |= mapping.deviceName().equals(request.rootDeviceName()) && mapping.snapshotId() != null;
        }
        if (!hasRoot) {
            throw ImageErrors.noRoot();
        }
        return mappings;
    }

    private static DeviceMapping unsized(DeviceMapping mapping) {
        String virtualName = mapping.virtualName();
        if (virtualName == null) {
            return DeviceMapping.noDevice(mapping.deviceName());
        }
        ImageErrors.checkVirtualName(virtualName);
        return DeviceMapping.ephemeral(mapping.deviceName(), virtualName);
    }

    private DeviceMapping sized(Change change, DeviceMapping mapping) throws IOException {
        String snapshotId = mapping.snapshotId();
        long least = snapshotId == null ? 1 : snapshot(change, snapshotId).volumeSizeGib();
        long size = mapping.volumeSizeGib() == 0 ? least : mapping.volumeSizeGib();
        if (size < least) {
            throw ImageErrors.mapping("Volume of size " + size + "GB is smaller than snapshot '" + snapshotId
                    + "', expect size >= " + least + "GB");
        }
        if (size > ImageRecord.MAX_GIB) {
            throw ImageErrors.mapping(
                    "Volume of size " + size + "GB is too large, expect size <= " + ImageRecord.MAX_GIB + "GB");
        }
        return new DeviceMapping(
                mapping.deviceName(), snapshotId, size, mapping.volumeType(), mapping.deleteOnTermination());
    }

    private Snapshot snapshot(Change change, String id) throws IOException {
        ImageErrors.checkSnapshotId(id);
        Snapshot snapshot = snapshots.find(change, id);
        if (snapshot == null) {
            Resource elsewhere = catalog.find(id);
            if (elsewhere != null && !elsewhere.scope().account().equals(scope.account())) {
                throw ImageErrors.snapshotForeign(id, scope.account());
            }
            throw ImageErrors.snapshotNotFound(id);
        }
        if (snapshot.state() != SnapshotState.COMPLETED) {
            throw new Ec2Exception("IncorrectState", "Snapshot is in invalid state - " + snapshot.state());
        }
        return snapshot;
    }

    /**
     * One image.
     *
     * @param id of the image
     * @return the image
     * @throws IOException when its record could not be read
     */
    public Image get(String id) throws IOException {
        ImageErrors.checkId(id);
        Resource record = catalog.find(ResourceKind.IMAGE, scope, id);
        if (record == null) {
            throw missing(id);
        }
        return ImageRecord.read(record);
    }

    /**
     * An image that is to be launched, as a change to the catalog sees it.
     *
     * @param change finds it
     * @param id of the image
     * @return the image
     * @throws IOException when its record could not be read
     * @throws Ec2Exception when there is none, or it can't be launched
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ".*/engine/src/.*")
    public Image launchable(Change change, String id) throws IOException {
        ImageErrors.checkId(id);
        Resource record = change.find(ResourceKind.IMAGE, scope, id);
        if (record == null) {
            throw missing(id);
        }
        Image image = ImageRecord.read(record);
        if (image.state() != ImageState.AVAILABLE) {
            throw ImageErrors.unavailable(id);
        }
        return image;
    }

    /**
     * A page of a list.
     *
     * @param query which, and in what order
     * @return the page
     * @throws IOException when a record could not be read
     */
    public ImagePage list(ImageQuery query) throws IOException {
        Filters filters = Filters.of(query.filters(), Image.FILTERS);
        Listing listing = new Listing(
                ResourceKind.IMAGE, scope, query.byCreation(), filters, query.maxResults(), query.nextToken());
        Page<Image> page = catalog.list(listing, record -> {
            Image image = ImageRecord.read(record);
            return filters.match(image::attribute, image.tags()) ? image : null;
        });
        return new ImagePage(page.items(), page.nextToken());
    }

    /**
     * Deregisters an image. Its name is free again; its snapshots stay, and so does all that was launched from it. Until a
     * collection finds its time of grace to be over, {@link #restore} brings it back.
     *
     * @param id of the image
     * @throws IOException when it is not known to be deregistered
     */
    public void deregister(String id) throws IOException {
        remove(id);
    }

    /**
     * Deregisters an image, then deletes those of its snapshots that no other image needs.
     *
     * @param id of the image
     * @return what became of each snapshot, in the order of the image's mappings
     * @throws IOException when it is not known to be deregistered
     */
    public List<SnapshotDeletion> deregisterWithSnapshots(String id) throws IOException {
        List<SnapshotDeletion> deletions = new ArrayList<>();
        remove(id).snapshotIds().forEach(snapshot -> deletions.add(new SnapshotDeletion(snapshot, delete(snapshot))));
        return deletions;
    }

    private Image remove(String id) throws IOException {
        ImageErrors.checkId(id);
        return catalog.change(change -> {
            Resource record = change.find(ResourceKind.IMAGE, scope, id);
            if (record == null) {
                throw missing(id);
            }
            Image image = ImageRecord.read(record);
            change.recycle(record);
            change.freeName(ResourceKind.IMAGE, scope, image.name());
            image.snapshotIds().forEach(snapshot -> change.unrefer(id, snapshot));
            change.announce(CatalogEvent.What.DELETED, record);
            return image;
        });
    }

    /**
     * Brings back an image that was deregistered, and those of its snapshots that were deleted.
     *
     * @param id of the image, since whose deregistration no collection has found its time of grace to be over
     * @return the image as it was
     * @throws IOException when it is not known to be restored
     * @throws Ec2Exception when it or one of its snapshots can't be restored, or another image has its name
     */
    public Image restore(String id) throws IOException {
        ImageErrors.checkId(id);
        return catalog.change(change -> {
            Resource deleted = catalog.bin().find(ResourceKind.IMAGE, scope, id);
            Resource record = change.restore(ResourceKind.IMAGE, scope, id);
            if (deleted == null || record == null) {
                throw ImageErrors.notRestorable(id);
            }
            Instant deletedAt = RecycleBin.deletedAt(deleted);
            Image image = ImageRecord.read(record);
            requireFree(image.name(), change.takeName(ResourceKind.IMAGE, scope, image.name(), id));
            for (String snapshotId : image.snapshotIds()) {
                Snapshot snapshot = snapshots.find(change, snapshotId);
                snapshot = snapshot == null ? snapshots.restore(change, snapshotId) : snapshot;
                if (snapshot == null
                        || snapshot.state() != SnapshotState.COMPLETED
                        || snapshot.startTime().isAfter(deletedAt)) { // another of the same id
                    throw ImageErrors.snapshotNotFound(snapshotId);
                }
                change.refer(id, snapshotId);
            }
            change.announce(CatalogEvent.What.RESTORED, record);
            return image;
        });
    }

    private SnapshotDeletion.Result delete(String snapshotId) {
        try {
            snapshots.delete(snapshotId);
            return SnapshotDeletion.Result.SUCCESS;
        } catch (Ec2Exception e) {
            return e.code().equals("InvalidSnapshot.InUse")
                    ? SnapshotDeletion.Result.SKIPPED
                    : SnapshotDeletion.Result.CLIENT_ERROR;
        } catch (IOException e) {
            return SnapshotDeletion.Result.INTERNAL_ERROR;
        }
    }

    private Ec2Exception missing(String id) throws IOException {
        return catalog.isGone(ResourceKind.IMAGE, scope, id) ? ImageErrors.unavailable(id) : ImageErrors.notFound(id);
    }
}
