package dev.varve.instance;

import dev.varve.catalog.Document;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.catalog.Scope;
import dev.varve.image.Architecture;
import dev.varve.image.BootMode;
import dev.varve.image.Image;
import dev.varve.image.VirtualizationType;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Instances as records of the catalog. Fields of the document, beside the catalog's own:
 *
 * <pre>
 * reservation, index   what the instances of one launch share, and their number from 0
 * image                id of what it was launched from
 * architecture, virtualization, bootMode, rootDevice   as the image had them
 * attachments          list of {device, volume, deleteOnTermination, virtualName}
 * tags                 values by key
 * </pre>
 *
 * Each volume of it says so in its own record.
 */
final class InstanceRecord {
    private static final String RESERVATION = "reservation";
    private static final String INDEX = "index";
    private static final String IMAGE = "image";
    private static final String ARCHITECTURE = "architecture";
    private static final String VIRTUALIZATION = "virtualization";
    private static final String BOOT_MODE = "bootMode";
    private static final String ROOT_DEVICE = "rootDevice";
    private static final String ATTACHMENTS = "attachments";
    private static final String DEVICE = "device";
    private static final String VOLUME = "volume";
    private static final String DELETE = "deleteOnTermination";
    private static final String VIRTUAL_NAME = "virtualName";
    private static final String TAGS = "tags";

    private InstanceRecord() {}

    /** Which of the instances of a launch it is. */
    record Place(String reservation, int index) {}

    static Resource make(
            Scope scope,
            String id,
            Place place,
            Image image,
            List<Attachment> attachments,
            Map<String, String> tags,
            Instant now) {
        BootMode bootMode = image.bootMode();
        Document document = new Document()
                .set(RESERVATION, place.reservation)
                .set(INDEX, place.index)
                .set(IMAGE, image.id())
                .set(ARCHITECTURE, image.architecture().toString())
                .set(VIRTUALIZATION, image.virtualizationType().toString())
                .set(BOOT_MODE, bootMode == null ? null : bootMode.toString())
                .set(ROOT_DEVICE, image.rootDeviceName())
                .set(
                        ATTACHMENTS,
                        attachments.stream().map(InstanceRecord::attachment).toList())
                .set(TAGS, tags);
        return new Resource(ResourceKind.INSTANCE, scope, id, now, document);
    }

    private static Document attachment(Attachment attachment) {
        Document document = new Document()
                .set(DEVICE, attachment.deviceName())
                .set(VOLUME, attachment.volumeId())
                .set(VIRTUAL_NAME, attachment.virtualName());
        return attachment.volumeId() == null ? document : document.set(DELETE, attachment.deleteOnTermination());
    }

    static Instance read(Resource record) throws IOException {
        Document document = record.document();
        List<Attachment> attachments = new ArrayList<>();
        for (Document each : document.documents(ATTACHMENTS)) {
            attachments.add(new Attachment(
                    each.text(DEVICE), each.optionalText(VOLUME), each.flag(DELETE), each.optionalText(VIRTUAL_NAME)));
        }
        return new Instance(
                record.id(),
                record.scope().account(),
                record.scope().region(),
                document.text(RESERVATION),
                (int) document.number(INDEX, 0, LaunchRequest.MAX_COUNT - 1),
                document.text(IMAGE),
                word(document, ARCHITECTURE, Architecture::of),
                word(document, VIRTUALIZATION, VirtualizationType::of),
                document.has(BOOT_MODE) ? word(document, BOOT_MODE, BootMode::of) : null,
                document.text(ROOT_DEVICE),
                attachments,
                document.texts(TAGS),
                record.created());
    }

    private static <T> T word(Document document, String field, Function<String, T> parse) throws IOException {
        try {
            return parse.apply(document.text(field));
        } catch (IllegalArgumentException e) {
            throw document.bad("field '" + field + "' is " + e.getMessage());
        }
    }
}
