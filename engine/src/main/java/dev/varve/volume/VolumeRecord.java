package dev.varve.volume;

import dev.varve.catalog.Document;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.catalog.Scope;
import dev.varve.snapshot.Snapshot;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Volumes as records of the catalog. Fields of the document, beside the catalog's own:
 *
 * <pre>
 * size       GiB
 * snapshot   id of what it was made from
 * tags       values by key
 * lineage    of the snapshots of it
 * attachment list of one {instance, device, deleteOnTermination}; absent while no instance has it
 * layers     list of {layer, sequence, bytes, snapshot}: what is being folded, oldest first, up to which sequence, and the
 *            volume's length then
 * start      list of one {layer, sequence}: what the base does not have yet; absent while nothing was folded
 * deleting   when it is only kept for its layers: "restorable", or "true" when it goes for good then
 * segments   list of {number, size in bytes, nonce, end}: the log, oldest first
 * </pre>
 *
 * What lies under the log is a root of the catalog, held by the volume's id; a volume without one began blank.
 */
final class VolumeRecord {
    /** The largest volume: 16 TiB. */
    static final long MAX_GIB = 16_384;

    /** The largest sequence, and the largest number of a layer. */
    private static final long MAX_PLACE = 1L << 56;

    private static final String SIZE = "size";
    private static final String SNAPSHOT = "snapshot";
    private static final String LINEAGE = "lineage";
    private static final String ATTACHMENT = "attachment";
    private static final String INSTANCE = "instance";
    private static final String DEVICE = "device";
    private static final String DELETE = "deleteOnTermination";
    private static final String LAYERS = "layers";
    private static final String LAYER = "layer";
    private static final String START = "start";
    private static final String SEQUENCE = "sequence";
    private static final String DELETING = "deleting";
    private static final String RESTORABLE = "restorable";
    private static final String TAGS = "tags";
    private static final String SEGMENTS = "segments";
    private static final String NUMBER = "number";
    private static final String BYTES = "bytes";
    private static final String NONCE = "nonce";
    private static final String END = "end";
    private static final String NONCE_PATTERN = "[0-9a-f]{" + 2 * LogSegment.NONCE_BYTES + "}";

    private VolumeRecord() {}

    static Resource make(
            Scope scope, String id, VolumeRequest request, @Nullable Snapshot snapshot, long sizeGib, Instant now) {
        Document document = new Document()
                .set(SIZE, sizeGib)
                .set(SNAPSHOT, snapshot == null ? null : snapshot.id())
                .set(LINEAGE, snapshot == null ? null : snapshot.lineageId())
                .set(TAGS, request.tags());
        return new Resource(ResourceKind.VOLUME, scope, id, now, document);
    }

    static Volume read(Resource record, VolumeState state) throws IOException {
        Document document = record.document();
        return new Volume(
                record.id(),
                record.scope().account(),
                record.scope().region(),
                state,
                sizeGib(record),
                document.optionalText(SNAPSHOT),
                lineage(record),
                attachment(record),
                document.texts(TAGS),
                record.created());
    }

    static long sizeGib(Resource record) throws IOException {
        return record.document().number(SIZE, 1, MAX_GIB);
    }

    static long sizeBytes(Resource record) throws IOException {
        return sizeGib(record) << 30;
    }

    static void grow(Resource record, long sizeGib) {
        record.document().set(SIZE, sizeGib);
    }

    static @Nullable VolumeAttachment attachment(Resource record) throws IOException {
        List<Document> attachment = record.document().documents(ATTACHMENT);
        return attachment.isEmpty()
                ? null
                : new VolumeAttachment(
                        attachment.get(0).text(INSTANCE),
                        attachment.get(0).text(DEVICE),
                        attachment.get(0).flag(DELETE));
    }

    static void setAttachment(Resource record, @Nullable VolumeAttachment attachment) {
        record.document()
                .set(
                        ATTACHMENT,
                        attachment == null
                                ? List.of()
                                : List.of(new Document()
                                        .set(INSTANCE, attachment.instanceId())
                                        .set(DEVICE, attachment.deviceName())
                                        .set(DELETE, attachment.deleteOnTermination())));
    }

    static @Nullable String lineage(Resource record) throws IOException {
        return record.document().optionalText(LINEAGE);
    }

    /** The lineage of what it was made from; null for one that began blank. */
    static @Nullable String bootLineage(Resource record) throws IOException {
        return record.document().optionalText(SNAPSHOT) == null ? null : lineage(record);
    }

    static void setLineage(Resource record, String lineage) {
        record.document().set(LINEAGE, lineage);
    }

    /** Whether its layers are to be folded, or it is to go. */
    static boolean hasWork(Resource record) {
        try {
            return isDeleting(record)
                    || !layers(record).isEmpty()
                    || segments(record).size() >= SegmentTable.MANY_SLOTS;
        } catch (IOException e) {
            return false; // whoever opens it is told
        }
    }

    static boolean hasPendingSnapshot(Resource record) throws IOException {
        return layers(record).stream().anyMatch(layer -> layer.snapshotId() != null);
    }

    static boolean isDeleting(Resource record) throws IOException {
        return record.document().optionalText(DELETING) != null;
    }

    /** Whether it is deleted but for its record: no snapshot is pending. */
    static boolean isGoing(Resource record) throws IOException {
        return isDeleting(record) && !hasPendingSnapshot(record);
    }

    /** Whether it is deleted but for its layers, and can be restored. */
    static boolean isRestorable(Resource record) throws IOException {
        return RESTORABLE.equals(record.document().optionalText(DELETING));
    }

    static void setDeleting(Resource record, boolean restorable) {
        record.document().set(DELETING, restorable ? RESTORABLE : "true");
    }

    static void clearDeleting(Resource record) {
        record.document().set(DELETING, (String) null);
    }

    static List<LayerEntry> layers(Resource record) throws IOException {
        List<LayerEntry> layers = new ArrayList<>();
        for (Document each : record.document().documents(LAYERS)) {
            layers.add(new LayerEntry(
                    each.number(LAYER, 1, MAX_PLACE),
                    each.number(SEQUENCE, 0, MAX_PLACE),
                    each.number(BYTES, 1, MAX_GIB << 30),
                    each.optionalText(SNAPSHOT)));
        }
        return layers;
    }

    static void setLayers(Resource record, List<LayerEntry> layers) {
        record.document()
                .set(
                        LAYERS,
                        layers.stream()
                                .map(layer -> new Document()
                                        .set(LAYER, layer.number())
                                        .set(SEQUENCE, layer.lastSequence())
                                        .set(BYTES, layer.sizeBytes())
                                        .set(SNAPSHOT, layer.snapshotId()))
                                .toList());
    }

    /** What it says of its log. */
    static LogState logState(Resource record) throws IOException {
        LogState.Start start = start(record);
        List<LayerEntry> layers = layers(record);
        return new LogState(
                segments(record),
                start,
                layers.isEmpty() ? start : layers.get(layers.size() - 1).next());
    }

    static LogState.Start start(Resource record) throws IOException {
        List<Document> start = record.document().documents(START);
        return start.isEmpty()
                ? LogState.Start.FIRST
                : new LogState.Start(
                        start.get(0).number(SEQUENCE, 1, MAX_PLACE),
                        start.get(0).number(LAYER, 1, MAX_PLACE));
    }

    static void setStart(Resource record, LogState.Start start) {
        record.document()
                .set(
                        START,
                        List.of(new Document().set(SEQUENCE, start.sequence()).set(LAYER, start.layer())));
    }

    static List<SegmentEntry> segments(Resource record) throws IOException {
        List<SegmentEntry> segments = new ArrayList<>();
        for (Document each : record.document().documents(SEGMENTS)) {
            int bytes = (int) each.number(BYTES, 1, PageWord.MAX_SEGMENT_BYTES);
            String nonce = each.text(NONCE);
            if (!nonce.matches(NONCE_PATTERN)) {
                throw each.bad("no nonce: " + nonce);
            }
            segments.add(new SegmentEntry(
                    each.number(NUMBER, 1, 0xFFFF_FFFFL), bytes, nonce, (int) each.number(END, 0, bytes)));
        }
        if (segments.size() > PageWord.MAX_SLOTS) {
            throw record.document().bad("a log of " + segments.size() + " segments");
        }
        return segments;
    }

    /** What its log takes. */
    static long logBytes(Resource record) throws IOException {
        return segments(record).stream().mapToLong(SegmentEntry::sizeBytes).sum();
    }

    /** Names some segments no more. */
    static void dropSegments(Resource record, Set<Long> numbers) throws IOException {
        setSegments(
                record,
                segments(record).stream()
                        .filter(segment -> !numbers.contains(segment.number()))
                        .toList());
    }

    static void setSegments(Resource record, List<SegmentEntry> segments) {
        record.document()
                .set(
                        SEGMENTS,
                        segments.stream()
                                .map(segment -> new Document()
                                        .set(NUMBER, segment.number())
                                        .set(BYTES, segment.sizeBytes())
                                        .set(NONCE, segment.nonce())
                                        .set(END, segment.endBytes()))
                                .toList());
    }
}
