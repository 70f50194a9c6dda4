package dev.varve.snapshot;

import dev.varve.catalog.CatalogEvent;
import dev.varve.catalog.Change;
import dev.varve.catalog.Document;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.catalog.Scope;
import dev.varve.manifest.Manifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots as records of the catalog. Fields of the document, beside the catalog's own:
 *
 * <pre>
 * state          pending, completed, error
 * stateMessage   why it failed
 * description    text
 * tags           values by key
 * size           bytes
 * parent         id
 * volume         id of what it is of
 * lineage        id
 * completed      instant
 * content        identity of the bytes
 * </pre>
 *
 * Its manifest is a root of the catalog, held by the snapshot's id.
 */
final class SnapshotRecord {
    private static final String STATE = "state";
    private static final String MESSAGE = "stateMessage";
    private static final String DESCRIPTION = "description";
    private static final String TAGS = "tags";
    private static final String SIZE = "size";
    private static final String PARENT = "parent";
    private static final String VOLUME = "volume";
    private static final String LINEAGE = "lineage";
    private static final String COMPLETED = "completed";
    private static final String CONTENT = "content";

    private SnapshotRecord() {}

    /** A snapshot that is begun. */
    static Resource begin(
            Scope scope, String id, SnapshotRequest request, String lineage, @Nullable String volumeId, Instant now) {
        Document document = new Document()
                .set(STATE, SnapshotState.PENDING.toString())
                .set(DESCRIPTION, request.description())
                .set(TAGS, request.tags())
                .set(SIZE, request.sizeBytes())
                .set(PARENT, request.parentId())
                .set(VOLUME, volumeId)
                .set(LINEAGE, lineage);
        return new Resource(ResourceKind.SNAPSHOT, scope, id, now, document);
    }

    static boolean isPendingOf(Resource record, String volumeId) throws IOException {
        return state(record.document()) == SnapshotState.PENDING
                && volumeId.equals(record.document().optionalText(VOLUME));
    }

    static void complete(Change change, Resource record, Manifest manifest) {
        record.document()
                .set(STATE, SnapshotState.COMPLETED.toString())
                .set(SIZE, manifest.sizeBytes())
                .set(COMPLETED, change.now())
                .set(CONTENT, manifest.identity());
        change.update(record);
        change.hold(record.id(), manifest.toString().getBytes(StandardCharsets.US_ASCII));
        change.end(record.id());
        change.announce(CatalogEvent.What.COMPLETED, record);
    }

    static void fail(Change change, Resource record, String message) {
        record.document().set(STATE, SnapshotState.ERROR.toString()).set(MESSAGE, message);
        change.update(record);
        change.release(record.id());
        change.end(record.id());
        change.announce(CatalogEvent.What.FAILED, record);
    }

    /**
     * The snapshot of a record.
     *
     * @param pendingPercent what it has for progress while it is pending
     */
    static Snapshot read(Resource record, int pendingPercent) throws IOException {
        Document document = record.document();
        SnapshotState state = state(document);
        return new Snapshot(
                record.id(),
                record.scope().account(),
                record.scope().region(),
                state,
                document.optionalText(MESSAGE),
                state == SnapshotState.COMPLETED ? 100 : state == SnapshotState.PENDING ? pendingPercent : 0,
                document.text(DESCRIPTION),
                document.texts(TAGS),
                document.number(SIZE, 0, BlockSource.MAX_SIZE_BYTES),
                document.optionalText(PARENT),
                document.optionalText(VOLUME),
                document.text(LINEAGE),
                record.created(),
                document.optionalInstant(COMPLETED),
                document.optionalText(CONTENT));
    }

    private static SnapshotState state(Document document) throws IOException {
        String state = document.text(STATE);
        try {
            return SnapshotState.valueOf(state.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw document.bad("no state of a snapshot: " + state);
        }
    }
}
