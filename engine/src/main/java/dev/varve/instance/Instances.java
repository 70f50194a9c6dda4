package dev.varve.instance;

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
import dev.varve.image.DeviceMapping;
import dev.varve.image.Image;
import dev.varve.image.Images;
import dev.varve.volume.VolumeAttachment;
import dev.varve.volume.VolumeRequest;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The instances of one account and region: which volumes were made from an image for one machine, and what becomes of them
 * when it ends. To start and stop machines is for others.
 *
 * <p>What EC2 would refuse is refused with an unchecked exception that has EC2's code and text. All methods may be called
 * from many threads; what a call has changed is durable when it returns. There is nothing to close; after the engine was
 * closed, every call is an {@link IllegalStateException}.
 */
public final class Instances {
    private static final String RESERVATION_PREFIX = "r-";

    private final Catalog catalog;
    private final Images images;
    private final Volumes volumes;
    private final Scope scope;

    Instances(Catalog catalog, Images images, Volumes volumes, Scope scope) {
        this.catalog = catalog;
        this.images = images;
        this.volumes = volumes;
        this.scope = scope;
    }

    /**
     * Makes instances of an image, with a volume for each of its mappings that is one, in one atomic step: all of them, or
     * nothing. It takes the same time whatever the volumes' size; they need neither image nor snapshots to stay.
     *
     * @param request of what, and how many
     * @return the instances, in the order of the ids given
     * @throws IOException when they are not known to be made
     */
    public List<Instance> launch(LaunchRequest request) throws IOException {
        if (request.count() < 1 || request.count() > LaunchRequest.MAX_COUNT) {
            throw InstanceErrors.badCount(request.count());
        }
        if (!request.ids().isEmpty() && request.ids().size() != request.count()) {
            throw InstanceErrors.badIds(request.ids().size(), request.count());
        }
        request.ids().forEach(InstanceErrors::checkId);
        Tags.check(request.tags());
        Tags.check(request.volumeTags());
        return catalog.change(change -> {
            Image image = images.launchable(change, request.imageId());
            String reservation = catalog.ids().next(RESERVATION_PREFIX);
            List<Instance> instances = new ArrayList<>();
            for (int i = 0; i < request.count(); i++) {
                instances.add(launch(change, request, image, new InstanceRecord.Place(reservation, i)));
            }
            return instances;
        });
    }

    private Instance launch(Change change, LaunchRequest request, Image image, InstanceRecord.Place place)
            throws IOException {
        String id = request.ids().isEmpty()
                ? change.newId(ResourceKind.INSTANCE)
                : request.ids().get(place.index());
        List<Attachment> attachments = new ArrayList<>();
        for (DeviceMapping mapping : image.mappings()) {
            attachments.add(attach(change, request, id, mapping));
        }
        Resource record = InstanceRecord.make(scope, id, place, image, attachments, request.tags(), change.now());
        change.create(record);
        change.announce(CatalogEvent.What.CREATED, record);
        return InstanceRecord.read(record);
    }

    private Attachment attach(Change change, LaunchRequest request, String id, DeviceMapping mapping)
            throws IOException {
        String device = mapping.deviceName();
        if (!mapping.isVolume()) {
            return new Attachment(device, null, false, mapping.virtualName());
        }
        VolumeRequest volume =
                new VolumeRequest(null, mapping.snapshotId(), mapping.volumeSizeGib(), request.volumeTags());
        VolumeAttachment attachment = new VolumeAttachment(id, device, mapping.deleteOnTermination());
        return new Attachment(
                device, volumes.create(change, volume, attachment).id(), mapping.deleteOnTermination(), null);
    }

    /**
     * One instance.
     *
     * @param id of the instance
     * @return as it stands
     * @throws IOException when its record could not be read
     */
    public Instance get(String id) throws IOException {
        InstanceErrors.checkId(id);
        return InstanceRecord.read(require(id, catalog.find(ResourceKind.INSTANCE, scope, id)));
    }

    /**
     * A page of a list.
     *
     * @param query which, and in what order
     * @return the page
     * @throws IOException when a record could not be read
     */
    public InstancePage list(InstanceQuery query) throws IOException {
        Filters filters = Filters.of(query.filters(), Instance.FILTERS);
        Listing listing = new Listing(
                ResourceKind.INSTANCE, scope, query.byCreation(), filters, query.maxResults(), query.nextToken());
        Page<Instance> page = catalog.list(listing, record -> {
            Instance instance = InstanceRecord.read(record);
            return filters.match(instance::attribute, instance.tags()) ? instance : null;
        });
        return new InstancePage(page.items(), page.nextToken());
    }

    /**
     * Ends an instance: deletes its volumes that go with it, and lets go of the others. Snapshots of them stay.
     *
     * @param id of the instance, of whose volumes nobody has one open
     * @return the instance as it was
     * @throws IOException when it is not known to have ended
     */
    public Instance terminate(String id) throws IOException {
        return terminate(List.of(id)).get(0);
    }

    /**
     * Ends instances in one atomic step: all, or none.
     *
     * @param ids of different instances, of whose volumes nobody has one open
     * @return the instances as they were, in this order
     * @throws IOException when they are not known to have ended
     */
    public List<Instance> terminate(List<String> ids) throws IOException {
        ids.forEach(InstanceErrors::checkId);
        List<String> going = new ArrayList<>();
        List<Instance> ended = catalog.change(change -> {
            going.clear();
            List<Instance> instances = new ArrayList<>();
            for (String id : ids) {
                instances.add(terminate(change, id, going));
            }
            return instances;
        });
        for (String volumeId : going) {
            volumes.sweep(volumeId);
        }
        return ended;
    }

    private Instance terminate(Change change, String id, List<String> going) throws IOException {
        Resource record = require(id, change.find(ResourceKind.INSTANCE, scope, id));
        Instance instance = InstanceRecord.read(record);
        for (String volumeId : instance.volumeIds()) {
            if (volumes.detach(change, volumeId)) {
                going.add(volumeId);
            }
        }
        change.delete(record, false);
        change.announce(CatalogEvent.What.DELETED, record);
        return instance;
    }

    private static Resource require(String id, @Nullable Resource record) {
        if (record == null) {
            throw InstanceErrors.notFound(id);
        }
        return record;
    }
}
