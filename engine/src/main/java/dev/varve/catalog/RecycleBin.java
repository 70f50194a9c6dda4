package dev.varve.catalog;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was deleted and can be restored, as EC2's Recycle Bin has it. It holds its manifests on, and its ids, until it is
 * emptied: a collection does so, after a time of grace.
 *
 * <p>Of snapshots, images and volumes; what {@link Change#delete} deletes never comes here.
 */
public final class RecycleBin {
    /** Field of a document: when its resource was deleted. */
    static final String DELETED = "deleted";

    private static final Logger LOG = LoggerFactory.getLogger(RecycleBin.class);

    private final Catalog catalog;

    RecycleBin(Catalog catalog) {
        this.catalog = catalog;
    }

    /**
     * When something was deleted.
     *
     * @param recycled what is in the bin
     * @return to the millisecond
     * @throws BadRecordException when its record does not tell
     */
    public static Instant deletedAt(Resource recycled) throws BadRecordException {
        return recycled.document().instant(DELETED);
    }

    static void clear(Resource resource) {
        resource.document().set(DELETED, (Instant) null);
    }

    /**
     * What is in it, of all scopes.
     *
     * @param kind what it was
     * @param each takes every resource; a record that can't be read goes to {@code bad}, and the scan goes on
     * @param bad takes records that can't be read
     * @throws IOException when the records could not be read at all
     */
    public void scan(ResourceKind kind, Consumer<Resource> each, Consumer<BadRecordException> bad) throws IOException {
        catalog.scan(Keys.BIN, kind, each, bad);
    }

    /**
     * One thing in it.
     *
     * @param kind what it was
     * @param scope where it lived
     * @param id its id
     * @return the resource, or null when it is not there
     * @throws IOException when its record could not be read
     */
    public @Nullable Resource find(ResourceKind kind, Scope scope, String id) throws IOException {
        String key = Keys.recycled(kind, scope, id);
        byte[] value = catalog.read(key);
        return value == null ? null : Resource.decode(key, kind, scope, id, value);
    }

    /**
     * What was deleted at a time or before. A record that can't be read is left out, and stays.
     *
     * @param until that time
     * @return of all scopes
     * @throws IOException when the records could not be read at all
     */
    public List<Resource> deletedUntil(Instant until) throws IOException {
        List<Resource> found = new ArrayList<>();
        Consumer<BadRecordException> bad =
                e -> LOG.warn("it can't be restored, and what it needs stays: {}", e.getMessage());
        Consumer<Resource> each = resource -> {
            try {
                if (!deletedAt(resource).isAfter(until)) {
                    found.add(resource);
                }
            } catch (BadRecordException e) {
                bad.accept(e);
            }
        };
        for (ResourceKind kind : ResourceKind.values()) {
            scan(kind, each, bad);
        }
        return found;
    }

    /**
     * Ends that something can be restored: what it held may be collected. Durable when the call returns.
     *
     * @param resource as {@link #deletedUntil} gave it
     * @return whether it was in the bin still, and as it was deleted then
     * @throws IOException when it is not known to be gone
     */
    public boolean forget(Resource resource) throws IOException {
        Instant deleted = deletedAt(resource);
        return catalog.change(change -> {
            Resource found = change.recycled(resource.kind(), resource.scope(), resource.id());
            if (found == null || !deletedAt(found).equals(deleted)) {
                return false;
            }
            change.forget(found);
            return true;
        });
    }
}
