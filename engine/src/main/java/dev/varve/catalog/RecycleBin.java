package dev.varve.catalog;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    private static final int PAGE = 100;

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
        catalog.scan(Keys.BIN, kind, Keys.resources(kind), each, bad);
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
     * What is in it of one scope.
     *
     * @param scope where it lived
     * @return in no order that means anything
     * @throws IOException when a record could not be read
     */
    public List<Resource> list(Scope scope) throws IOException {
        List<Resource> found = new ArrayList<>();
        List<BadRecordException> bad = new ArrayList<>();
        for (ResourceKind kind : ResourceKind.values()) {
            catalog.scan(Keys.BIN, kind, Keys.resources(kind, scope), found::add, bad::add);
        }
        if (!bad.isEmpty()) {
            throw bad.get(0);
        }
        return found;
    }

    /** Takes what was deleted, some at a time. */
    public interface Visitor {
        /**
         * Some of it.
         *
         * @param some one at least
         * @return whether there is to be more
         * @throws IOException ends the visit
         */
        boolean visit(List<Resource> some) throws IOException;
    }

    /**
     * Hands over what was deleted at a time or before, of all scopes, in one pass. A record that can't be read is left out,
     * and stays.
     *
     * @param until that time
     * @param visitor takes it, {@value #PAGE} at a time at most, and may {@link #forget} it meanwhile
     * @throws IOException when the records could not be read at all, or the visitor throws it
     */
    public void deletedUntil(Instant until, Visitor visitor) throws IOException {
        for (ResourceKind kind : ResourceKind.values()) {
            String prefix = Keys.BIN + Keys.resources(kind);
            List<Map.Entry<String, byte[]>> page;
            String after = "";
            do {
                page = catalog.records(prefix, after, PAGE);
                List<Resource> found = new ArrayList<>();
                for (Map.Entry<String, byte[]> entry : page) {
                    after = entry.getKey();
                    try {
                        Resource resource = Keys.parse(Keys.BIN, kind, entry.getKey(), entry.getValue());
                        if (!deletedAt(resource).isAfter(until)) {
                            found.add(resource);
                        }
                    } catch (BadRecordException e) {
                        LOG.warn("it can't be restored, and what it needs stays: {}", e.getMessage());
                    }
                }
                if (!found.isEmpty() && !visitor.visit(found)) {
                    return;
                }
            } while (page.size() == PAGE);
        }
    }

    /**
     * Ends that things can be restored: what they held may be collected. Durable when the call returns.
     *
     * @param resources as {@link #deletedUntil} gave them; those that are not in the bin as they were then are passed over
     * @throws IOException when they are not known to be gone
     */
    public void forget(List<Resource> resources) throws IOException {
        catalog.change(change -> {
            for (Resource resource : resources) {
                Resource found = change.recycled(resource.kind(), resource.scope(), resource.id());
                if (found != null && deletedAt(found).equals(deletedAt(resource))) {
                    change.forget(found);
                }
            }
            return resources;
        });
    }
}
