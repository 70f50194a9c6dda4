package dev.varve.image;

import dev.varve.catalog.Document;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.catalog.Scope;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Images as records of the catalog. Fields of the document, beside the catalog's own:
 *
 * <pre>
 * name, description   texts
 * state               available, failed or disabled
 * architecture, virtualization, bootMode   EC2's words
 * rootDevice          device name
 * mappings            list of {device, snapshot, size in GiB, type, deleteOnTermination, virtualName}; without snapshot a
 *                     blank volume, without size no volume
 * tags                values by key
 * </pre>
 *
 * Its name is a unique name of the catalog; it refers to each of its snapshots.
 */
final class ImageRecord {
    private static final String NAME = "name";
    private static final String DESCRIPTION = "description";
    private static final String STATE = "state";
    private static final String ARCHITECTURE = "architecture";
    private static final String VIRTUALIZATION = "virtualization";
    private static final String BOOT_MODE = "bootMode";
    private static final String ROOT_DEVICE = "rootDevice";
    private static final String MAPPINGS = "mappings";
    private static final String DEVICE = "device";
    private static final String SNAPSHOT = "snapshot";
    private static final String SIZE = "size";
    private static final String TYPE = "type";
    private static final String DELETE = "deleteOnTermination";
    private static final String VIRTUAL_NAME = "virtualName";
    private static final String TAGS = "tags";

    /** The largest EBS volume. */
    static final long MAX_GIB = 65_536;

    private ImageRecord() {}

    static Resource make(Scope scope, String id, ImageRequest request, List<DeviceMapping> mappings, Instant now) {
        BootMode bootMode = request.bootMode();
        Document document = new Document()
                .set(NAME, request.name())
                .set(DESCRIPTION, request.description())
                .set(STATE, ImageState.AVAILABLE.toString())
                .set(ARCHITECTURE, request.architecture().toString())
                .set(VIRTUALIZATION, request.virtualizationType().toString())
                .set(BOOT_MODE, bootMode == null ? null : bootMode.toString())
                .set(ROOT_DEVICE, request.rootDeviceName())
                .set(MAPPINGS, mappings.stream().map(ImageRecord::mapping).toList())
                .set(TAGS, request.tags());
        return new Resource(ResourceKind.IMAGE, scope, id, now, document);
    }

    private static Document mapping(DeviceMapping mapping) {
        if (!mapping.isVolume()) {
            return new Document().set(DEVICE, mapping.deviceName()).set(VIRTUAL_NAME, mapping.virtualName());
        }
        return new Document()
                .set(DEVICE, mapping.deviceName())
                .set(SNAPSHOT, mapping.snapshotId())
                .set(SIZE, mapping.volumeSizeGib())
                .set(TYPE, mapping.volumeType().toString())
                .set(DELETE, mapping.deleteOnTermination());
    }

    static Image read(Resource record) throws IOException {
        Document document = record.document();
        String bootMode = document.optionalText(BOOT_MODE);
        List<DeviceMapping> mappings = new ArrayList<>();
        for (Document mapping : document.documents(MAPPINGS)) {
            mappings.add(readMapping(mapping));
        }
        String rootDevice = document.text(ROOT_DEVICE);
        if (mappings.stream().noneMatch(each -> each.deviceName().equals(rootDevice) && each.snapshotId() != null)) {
            throw document.bad("no snapshot of the root device " + rootDevice);
        }
        return new Image(
                record.id(),
                record.scope().account(),
                record.scope().region(),
                document.text(NAME),
                document.text(DESCRIPTION),
                word(document, STATE, ImageState::of),
                word(document, ARCHITECTURE, Architecture::of),
                word(document, VIRTUALIZATION, VirtualizationType::of),
                bootMode == null ? null : word(document, BOOT_MODE, BootMode::of),
                rootDevice,
                mappings,
                document.texts(TAGS),
                record.created());
    }

    private static DeviceMapping readMapping(Document mapping) throws IOException {
        String device = mapping.text(DEVICE);
        if (!mapping.has(SIZE)) {
            String virtualName = mapping.optionalText(VIRTUAL_NAME);
            return virtualName == null ? DeviceMapping.noDevice(device) : DeviceMapping.ephemeral(device, virtualName);
        }
        return new DeviceMapping(
                device,
                mapping.optionalText(SNAPSHOT),
                mapping.number(SIZE, 1, MAX_GIB),
                word(mapping, TYPE, VolumeType::of),
                mapping.flag(DELETE));
    }

    private static <T> T word(Document document, String field, Function<String, T> parse) throws IOException {
        try {
            return parse.apply(document.text(field));
        } catch (IllegalArgumentException e) {
            throw document.bad("field '" + field + "' is " + e.getMessage());
        }
    }
}
