package dev.varve.catalog;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Changes to the catalog that are collected and then committed in one atomic step; see {@link Catalog#change}.
 *
 * <p>A change reads what is committed and, over it, what it has itself put. What a step has read here is still true
 * when its change is committed. A change belongs to the step it was handed to, and to that step's thread.
 */
public final class Change {
    private static final byte[] EMPTY = {};
    private static final int ID_ATTEMPTS = 100;

    private final Catalog catalog;
    private final Flights flights;
    private final TreeMap<String, byte[]> puts = new TreeMap<>();
    private final TreeSet<String> deletes = new TreeSet<>();

    /** What was read, by key: none of it changes before this has landed. */
    private final Map<String, byte @Nullable []> read = new HashMap<>();

    /** Encoded once: a launch makes thousands of resources of two kinds. */
    private final Map<Owner, byte[]> owners = new HashMap<>();

    private final Set<String> listed = new HashSet<>();
    private final List<CatalogEvent> events = new ArrayList<>();
    private final List<Resource> forgotten = new ArrayList<>();

    Change(Catalog catalog, Flights flights) {
        this.catalog = catalog;
        this.flights = flights;
    }

    Map<String, byte[]> puts() {
        return puts;
    }

    TreeSet<String> deletes() {
        return deletes;
    }

    /** From now on until it lands, nobody else touches what it depends on. */
    Flights.Flight start() {
        TreeSet<String> written = new TreeSet<>(puts.keySet());
        written.addAll(deletes);
        return flights.start(written, read.keySet(), listed);
    }

    /** How many manifests it releases, or may replace. */
    long rootsGone() {
        return deletes.stream().filter(key -> key.startsWith(Keys.ROOTS)).count()
                + puts.keySet().stream()
                        .filter(key -> key.startsWith(Keys.ROOTS))
                        .count();
    }

    List<CatalogEvent> events() {
        return events;
    }

    /**
     * A new id of a kind, which nothing has or had.
     *
     * @param kind what it is for
     * @return the id; it is taken once the change has put something by it
     * @throws IOException when the catalog could not be read
     */
    public String newId(ResourceKind kind) throws IOException {
        for (int i = 0; i < ID_ATTEMPTS; i++) {
            String id = catalog.ids().next(kind.prefix());
            if (!kind.isId(id)) {
                throw new IllegalStateException("the id source made '" + id + "' for " + kind.prefix());
            }
            if (get(Keys.id(id)) == null) {
                return id;
            }
        }
        throw new IllegalStateException("the id source makes only ids that are taken, such as "
                + catalog.ids().next(kind.prefix()));
    }

    /**
     * Adds a resource.
     *
     * @param resource with an id nothing has or had
     * @throws IOException when the catalog could not be read
     * @throws Ec2Exception when the id is taken
     */
    public void create(Resource resource) throws IOException {
        if (!resource.kind().isId(resource.id())) {
            throw Ec2Exception.invalidValue("Value (" + resource.id() + ") for parameter "
                    + resource.kind().word() + "Id is invalid. Expected: '"
                    + resource.kind().prefix() + "...'.");
        }
        requireFree(resource);
        put(resource.key(), resource.encode());
        Owner owner = new Owner(resource.kind(), resource.scope(), false);
        put(Keys.id(resource.id()), owners.computeIfAbsent(owner, Owner::encode));
        put(resource.timeKey(), resource.id().getBytes(StandardCharsets.US_ASCII));
    }

    /** Who gives the id of a thing that is in the bin does not want that one back. */
    private void requireFree(Resource resource) throws IOException {
        if (get(Keys.id(resource.id())) == null) {
            return;
        }
        Resource recycled = recycled(resource.kind(), resource.scope(), resource.id());
        if (recycled == null || resource.kind().keepsIds()) {
            throw Ec2Exception.invalidValue("The id '" + resource.id() + "' is already in use.");
        }
        forget(recycled);
    }

    /**
     * Writes a resource anew that is there already.
     *
     * @param resource as {@link #find} gave it, with another document
     */
    public void update(Resource resource) {
        put(resource.key(), resource.encode());
    }

    /**
     * Deletes a resource for good.
     *
     * @param resource as {@link #find} gave it
     * @param keepId whether {@link Catalog#isGone} tells of its id from now on; otherwise nothing is left of it
     */
    public void delete(Resource resource, boolean keepId) {
        delete(resource.key());
        delete(resource.timeKey());
        if (keepId) {
            put(Keys.id(resource.id()), new Owner(resource.kind(), resource.scope(), true).encode());
        } else {
            delete(Keys.id(resource.id()));
        }
    }

    /**
     * Deletes a resource so that {@link #restore} can bring it back until the {@link RecycleBin} is emptied. What it holds is
     * held on; who needed it is not noted.
     *
     * @param resource as {@link #find} gave it
     */
    public void recycle(Resource resource) {
        delete(resource, true);
        resource.document().set(RecycleBin.DELETED, now());
        put(Keys.recycled(resource.kind(), resource.scope(), resource.id()), resource.encode());
    }

    /**
     * Brings back what was recycled.
     *
     * @param kind what it was
     * @param scope where it lived
     * @param id its id
     * @return the resource as it was, or null when it is not in the bin
     * @throws IOException when its record could not be read
     */
    public @Nullable Resource restore(ResourceKind kind, Scope scope, String id) throws IOException {
        Resource resource = recycled(kind, scope, id);
        if (resource == null) {
            return null;
        }
        delete(Keys.recycled(kind, scope, id));
        RecycleBin.clear(resource);
        put(resource.key(), resource.encode());
        put(Keys.id(id), new Owner(kind, scope, false).encode());
        put(resource.timeKey(), id.getBytes(StandardCharsets.US_ASCII));
        return resource;
    }

    /** Ends that a resource can be restored. Whoever takes its id may hold something by it already. */
    void forget(Resource recycled) {
        forgotten.add(recycled);
        delete(Keys.recycled(recycled.kind(), recycled.scope(), recycled.id()));
        if (!puts.containsKey(Keys.root(recycled.id()))) {
            release(recycled.id());
        }
        if (!recycled.kind().keepsIds()) {
            delete(Keys.id(recycled.id()));
        }
    }

    List<Resource> forgotten() {
        return forgotten;
    }

    /** What is in the bin; null when it is not. */
    @Nullable
    Resource recycled(ResourceKind kind, Scope scope, String id) throws IOException {
        String key = Keys.recycled(kind, scope, id);
        byte[] value = get(key);
        return value == null ? null : Resource.decode(key, kind, scope, id, value);
    }

    /**
     * The resource of an id in a scope.
     *
     * @param kind what it is
     * @param scope where it lives
     * @param id its id
     * @return the resource, or null when there is none
     * @throws IOException when its record could not be read
     */
    public @Nullable Resource find(ResourceKind kind, Scope scope, String id) throws IOException {
        byte[] value = get(Keys.resource(kind, scope, id));
        return value == null ? null : Resource.decode(kind, scope, id, value);
    }

    /**
     * Takes a name that only one resource of a kind and scope may have.
     *
     * @param kind what has the name
     * @param scope where it lives
     * @param name ASCII text
     * @param id who takes it
     * @return who has it already, or null when {@code id} has it now
     * @throws IOException when the catalog could not be read
     */
    public @Nullable String takeName(ResourceKind kind, Scope scope, String name, String id) throws IOException {
        String key = Keys.name(kind, scope, name);
        byte[] holder = get(key);
        if (holder != null) {
            return new String(holder, StandardCharsets.US_ASCII);
        }
        put(key, id.getBytes(StandardCharsets.US_ASCII));
        return null;
    }

    /**
     * Gives a name back.
     *
     * @param kind what has it
     * @param scope where it lives
     * @param name the name
     */
    public void freeName(ResourceKind kind, Scope scope, String name) {
        delete(Keys.name(kind, scope, name));
    }

    /**
     * Makes an owner need a target, which can't be deleted from then on.
     *
     * @param owner an id
     * @param target an id
     * @return whether the target is there to be referred to
     * @throws IOException when the catalog could not be read
     */
    public boolean refer(String owner, String target) throws IOException {
        byte[] holder = get(Keys.id(target));
        if (holder == null || Owner.decode(target, holder).gone()) {
            return false;
        }
        put(Keys.reference(target, owner), EMPTY);
        return true;
    }

    /**
     * Ends an owner's need of a target.
     *
     * @param owner an id
     * @param target an id
     */
    public void unrefer(String owner, String target) {
        delete(Keys.reference(target, owner));
    }

    /**
     * Who needs a target.
     *
     * @param target an id
     * @return ids, ordered
     * @throws IOException when the catalog could not be read
     */
    public List<String> referrers(String target) throws IOException {
        flights.checkList(Keys.references(target));
        listed.add(Keys.references(target));
        List<String> keys = new ArrayList<>(catalog.keys(Keys.references(target)));
        keys.removeAll(deletes);
        keys.removeAll(puts.keySet());
        puts.keySet().stream()
                .filter(key -> key.startsWith(Keys.references(target)))
                .forEach(keys::add);
        return keys.stream()
                .map(key -> key.substring(Keys.references(target).length()))
                .sorted()
                .toList();
    }

    /**
     * The manifest that an owner holds.
     *
     * @param owner an id
     * @return in the manifest's own encoding, or null when it holds none
     * @throws IOException when the record could not be read
     */
    public byte @Nullable [] held(String owner) throws IOException {
        return get(Keys.root(owner));
    }

    /**
     * Makes an owner hold a manifest: what it names stays in the store.
     *
     * @param owner an id
     * @param manifest in the manifest's own encoding
     */
    public void hold(String owner, byte[] manifest) {
        put(Keys.root(owner), manifest.clone());
    }

    /**
     * Ends an owner's hold of a manifest.
     *
     * @param owner an id
     */
    public void release(String owner) {
        delete(Keys.root(owner));
    }

    /**
     * Keeps the order in which a boot touched chunks.
     *
     * @param lineage that snapshots share
     * @param touches the order
     */
    public void keepTouches(String lineage, byte[] touches) {
        put(Keys.touches(lineage), touches.clone());
    }

    /**
     * Drops such an order.
     *
     * @param lineage that snapshots shared
     */
    public void dropTouches(String lineage) {
        delete(Keys.touches(lineage));
    }

    /**
     * Notes work under way, to be dropped or resumed when its process dies.
     *
     * @param id what is being made
     * @param work what kind of work, a word of the package that does it
     * @param resource what is being made
     */
    public void begin(String id, String work, Resource resource) {
        put(
                Keys.pending(id),
                new Document()
                        .set("work", work)
                        .set("kind", resource.kind().word())
                        .set("scope", resource.scope().toString())
                        .encode());
    }

    /**
     * Notes that work is at its end.
     *
     * @param id what was made
     */
    public void end(String id) {
        delete(Keys.pending(id));
    }

    /**
     * Tells listeners, once the change is durable.
     *
     * @param what happened
     * @param resource to what
     */
    public void announce(CatalogEvent.What what, Resource resource) {
        events.add(new CatalogEvent(what, resource.kind(), resource.scope(), resource.id()));
    }

    /**
     * The time of the engine's clock, as documents keep it.
     *
     * @return to the millisecond
     */
    public Instant now() {
        return catalog.clock().instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private byte @Nullable [] get(String key) throws IOException {
        flights.checkRead(key);
        if (!read.containsKey(key)) {
            read.put(key, catalog.read(key));
        }
        if (deletes.contains(key)) {
            return null;
        }
        byte[] own = puts.get(key);
        return own != null ? own : read.get(key);
    }

    private void put(String key, byte[] value) {
        flights.checkWrite(key);
        deletes.remove(key);
        puts.put(key, value);
    }

    private void delete(String key) {
        flights.checkWrite(key);
        puts.remove(key);
        deletes.add(key);
    }
}
