package dev.varve.catalog;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.store.GarbageCollection;
import dev.varve.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All records of a store.
 *
 * <p><b>Reading</b> takes no lock and sees what is committed. <b>Changing</b> is a step that reads and decides, and a
 * commit of what it decided: nobody can change in between what it has read. Steps run one at a time and are short;
 * commits run side by side, since one of them may wait for gigabytes to be synced. For that, what a change writes and has
 * read stays marked while it is committed; a step that would read the former or write either is abandoned, waits, and
 * runs again.
 *
 * <p>All methods may be called from many threads. The store belongs to who made the catalog, and is closed by them.
 */
public final class Catalog {
    private static final Logger LOG = LoggerFactory.getLogger(Catalog.class);
    private static final int BATCH = 1000;

    private final Store store;
    private final Clock clock;
    private final IdSource ids;
    private final List<Consumer<CatalogEvent>> listeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<Resource>> forgetting = new CopyOnWriteArrayList<>();
    private final AtomicLong rootsGone = new AtomicLong();
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final Flights flights = new Flights();

    /**
     * What decides about a change. It may run several times: it has no effect but through its change.
     *
     * @param <T> what it finds out
     */
    @FunctionalInterface
    public interface Step<T> {
        /**
         * Reads and decides.
         *
         * @param change collects the decisions
         * @return what the caller of {@link Catalog#change} gets
         * @throws IOException when something could not be read: nothing is changed
         */
        T decide(Change change) throws IOException;
    }

    /** What makes a change durable, alone or together with more than records. */
    @FunctionalInterface
    public interface Commit {
        /**
         * Commits. It must not change the catalog by itself.
         *
         * @param puts record values by key
         * @param deletes record keys to delete
         * @throws IOException when the change is not known to be durable
         */
        void commit(Map<String, byte[]> puts, Set<String> deletes) throws IOException;
    }

    /**
     * The catalog of a store.
     *
     * @param store holds the records; stays open while the catalog is used
     * @param clock tells when things are made
     * @param ids makes new ids
     */
    public Catalog(Store store, Clock clock, IdSource ids) {
        this.store = store;
        this.clock = clock;
        this.ids = ids;
    }

    /**
     * What was deleted and can be restored.
     *
     * @return a face without state
     */
    public RecycleBin bin() {
        return new RecycleBin(this);
    }

    /**
     * The clock of all that is recorded.
     *
     * @return as given
     */
    public Clock clock() {
        return clock;
    }

    /**
     * Where new ids come from.
     *
     * @return as given
     */
    public IdSource ids() {
        return ids;
    }

    /**
     * Is told of what happened, after it is durable, without a lock held, by the thread that did it.
     *
     * @param listener what it throws is logged and passed over
     */
    public void listen(Consumer<CatalogEvent> listener) {
        listeners.add(listener);
    }

    /**
     * Is told of what can't be restored any more, as listeners are told of events.
     *
     * @param listener drops what else there is of it
     */
    public void listenToForgetting(Consumer<Resource> listener) {
        forgetting.add(listener);
    }

    /**
     * Changes records in one atomic step, durable when the call returns.
     *
     * @param step reads and decides
     * @param <T> what it finds out
     * @return what the step found out
     * @throws IOException when something could not be read, or the change is not known to be durable
     */
    public <T> T change(Step<T> step) throws IOException {
        return change(step, (puts, deletes) -> {
            if (!puts.isEmpty() || !deletes.isEmpty()) {
                store.commit(puts, deletes);
            }
        });
    }

    /**
     * Changes records in one atomic step together with something else, durable when the call returns.
     *
     * @param step reads and decides
     * @param commit makes durable what it decided, and more
     * @param <T> what the step finds out
     * @return what the step found out
     * @throws IOException when something could not be read, or the change is not known to be durable
     */
    public <T> T change(Step<T> step, Commit commit) throws IOException {
        Decision<T> decision = decide(step);
        try {
            commit.commit(decision.change.puts(), decision.change.deletes());
        } finally {
            synchronized (lock) {
                flights.land(decision.flight);
            }
        }
        rootsGone.addAndGet(decision.change.rootsGone());
        decision.change.events().forEach(event -> tell(listeners, event));
        decision.change.forgotten().forEach(resource -> tell(forgetting, resource));
        return decision.result;
    }

    private record Decision<T>(Change change, T result, Flights.Flight flight) {}

    private <T> Decision<T> decide(Step<T> step) throws IOException {
        while (true) {
            Flights.Flight before;
            synchronized (lock) {
                Change change = new Change(this, flights);
                try {
                    T result = step.decide(change);
                    return new Decision<>(change, result, change.start());
                } catch (Flights.Conflict e) {
                    before = e.flight;
                }
            }
            before.await();
        }
    }

    private static <T> void tell(List<Consumer<T>> listeners, T what) {
        for (Consumer<T> listener : listeners) {
            try {
                listener.accept(what);
            } catch (RuntimeException e) {
                LOG.warn("a listener failed on {}", what, e);
            }
        }
    }

    /**
     * The resource of an id in a scope.
     *
     * @param kind what it is
     * @param scope where it lives
     * @param id its id, or any text
     * @return the resource, or null when there is none
     * @throws IOException when its record could not be read
     */
    public @Nullable Resource find(ResourceKind kind, Scope scope, String id) throws IOException {
        if (!kind.isId(id)) {
            return null;
        }
        byte[] value = read(Keys.resource(kind, scope, id));
        return value == null ? null : Resource.decode(kind, scope, id, value);
    }

    /**
     * The resource of an id, whatever it is and wherever it lives.
     *
     * @param id its id, or any text
     * @return the resource, or null when there is none
     * @throws IOException when its record could not be read
     */
    public @Nullable Resource find(String id) throws IOException {
        for (ResourceKind kind : ResourceKind.values()) {
            if (kind.isId(id)) {
                byte[] owner = read(Keys.id(id));
                return owner == null ? null : find(kind, Owner.decode(id, owner).scope(), id);
            }
        }
        return null;
    }

    /**
     * Whether a scope had a resource that has gone and left its id behind.
     *
     * @param kind what it was
     * @param scope where it lived
     * @param id its id, or any text
     * @return true when it was there once
     * @throws IOException when its record could not be read
     */
    public boolean isGone(ResourceKind kind, Scope scope, String id) throws IOException {
        byte[] value = kind.isId(id) ? read(Keys.id(id)) : null;
        return value != null && Owner.decode(id, value).equals(new Owner(kind, scope, true));
    }

    /**
     * Who has a name that only one resource of a kind and scope may have.
     *
     * @param kind what has the name
     * @param scope where it lives
     * @param name ASCII text
     * @return an id, or null when the name is free
     * @throws IOException when the record could not be read
     */
    public @Nullable String named(ResourceKind kind, Scope scope, String name) throws IOException {
        byte[] holder = read(Keys.name(kind, scope, name));
        return holder == null ? null : new String(holder, StandardCharsets.US_ASCII);
    }

    /**
     * Who needs a target.
     *
     * @param target an id
     * @return ids, ordered
     * @throws IOException when the records could not be read
     */
    public List<String> referrers(String target) throws IOException {
        String prefix = Keys.references(target);
        return keys(prefix).stream().map(key -> key.substring(prefix.length())).toList();
    }

    /**
     * The manifest that an owner holds.
     *
     * @param owner an id
     * @return in the manifest's own encoding, or null when it holds none
     * @throws IOException when the record could not be read
     */
    public byte @Nullable [] root(String owner) throws IOException {
        return read(Keys.root(owner));
    }

    /**
     * The manifests that are held.
     *
     * @param after only owners greater than this; an empty text for all
     * @param limit how many at most
     * @return manifests in their own encoding by owner, ordered
     * @throws IOException when the records could not be read
     */
    public List<Map.Entry<String, byte[]>> roots(String after, int limit) throws IOException {
        return store.records(Keys.ROOTS, after.isEmpty() ? "" : Keys.root(after), limit).stream()
                .map(entry -> Map.entry(entry.getKey().substring(Keys.ROOTS.length()), entry.getValue()))
                .toList();
    }

    /**
     * How often a manifest was held by somebody and is no more, since the catalog was opened: there may be garbage.
     *
     * @return never less than before
     */
    public long rootsGone() {
        return rootsGone.get();
    }

    /**
     * All manifests that are held, as they stand together at one moment.
     *
     * @param collection that has begun
     * @param visitor is told the owner of each, and the manifest in its own encoding
     * @throws IOException when one could not be read, or from the visitor
     */
    public void roots(GarbageCollection collection, GarbageCollection.RecordVisitor visitor) throws IOException {
        collection.records(Keys.ROOTS, (key, value) -> visitor.record(key.substring(Keys.ROOTS.length()), value));
    }

    /**
     * The order in which a boot touched chunks.
     *
     * @param lineage that snapshots share
     * @return as it was kept, or null when there is none
     * @throws IOException when the record could not be read
     */
    public byte @Nullable [] touches(String lineage) throws IOException {
        return read(Keys.touches(lineage));
    }

    /**
     * The lineages of which an order is kept.
     *
     * @return ordered
     * @throws IOException when the records could not be read
     */
    public List<String> touchedLineages() throws IOException {
        return keys(Keys.TOUCHES).stream()
                .map(key -> key.substring(Keys.TOUCHES.length()))
                .toList();
    }

    /**
     * Work that was begun and has not ended.
     *
     * @return ordered by id
     * @throws IOException when the records could not be read
     */
    public List<PendingWork> pending() throws IOException {
        List<PendingWork> pending = new ArrayList<>();
        for (Map.Entry<String, byte[]> entry : records(Keys.PENDING)) {
            String id = entry.getKey().substring(Keys.PENDING.length());
            Document document = Document.decode(entry.getKey(), entry.getValue());
            pending.add(new PendingWork(id, document.text("work"), Owner.kind(document), Owner.scope(document)));
        }
        return pending;
    }

    /**
     * Resources of all scopes.
     *
     * @param kind what they are
     * @param each takes every resource; a record that can't be read goes to {@code bad}, and the scan goes on
     * @param bad takes records that can't be read
     * @throws IOException when the records could not be read at all
     */
    public void scan(ResourceKind kind, Consumer<Resource> each, Consumer<BadRecordException> bad) throws IOException {
        scan("", kind, Keys.resources(kind), each, bad);
    }

    /** Resources whose keys have a prefix before what keys of resources have, and then begin with something. */
    void scan(String before, ResourceKind kind, String begin, Consumer<Resource> each, Consumer<BadRecordException> bad)
            throws IOException {
        String prefix = before + begin;
        for (String after = ""; ; ) {
            List<Map.Entry<String, byte[]>> batch = store.records(prefix, after, BATCH);
            for (Map.Entry<String, byte[]> entry : batch) {
                after = entry.getKey();
                try {
                    each.accept(Keys.parse(before, kind, entry.getKey(), entry.getValue()));
                } catch (BadRecordException e) {
                    bad.accept(e);
                }
            }
            if (batch.size() < BATCH) {
                return;
            }
        }
    }

    /**
     * One page of a listing.
     *
     * @param listing what is listed, and where the page starts
     * @param reader makes an item of a resource, or null where the listing leaves it out
     * @param <T> an item
     * @return the page
     * @throws IOException when a record could not be read
     * @throws Ec2Exception when the listing's token is not one of its own
     */
    public <T> Page<T> list(Listing listing, ItemReader<T> reader) throws IOException {
        return new Pager(this, listing).page(reader);
    }

    byte @Nullable [] read(String key) throws IOException {
        return store.record(key);
    }

    List<Map.Entry<String, byte[]>> records(String prefix, String after, int limit) throws IOException {
        return store.records(prefix, after, limit);
    }

    List<String> keys(String prefix) throws IOException {
        return records(prefix).stream().map(Map.Entry::getKey).toList();
    }

    private List<Map.Entry<String, byte[]>> records(String prefix) throws IOException {
        List<Map.Entry<String, byte[]>> all = new ArrayList<>();
        for (String after = ""; ; ) {
            List<Map.Entry<String, byte[]>> batch = store.records(prefix, after, BATCH);
            all.addAll(batch);
            if (batch.size() < BATCH) {
                return all;
            }
            after = batch.get(batch.size() - 1).getKey();
        }
    }
}
