package dev.varve.volume;

import com.google.errorprone.annotations.RestrictedApi;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.block.BlockDevice;
import dev.varve.cache.CacheStats;
import dev.varve.cache.ChunkCache;
import dev.varve.cache.ChunkLoader;
import dev.varve.catalog.BadRecordException;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.CatalogEvent;
import dev.varve.catalog.Change;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.catalog.Scope;
import dev.varve.chunk.ChunkCorruptException;
import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkKey;
import dev.varve.file.FileIo;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.Manifests;
import dev.varve.snapshot.SnapshotRegistry;
import dev.varve.snapshot.Snapshots;
import dev.varve.store.Background;
import dev.varve.store.Closing;
import dev.varve.store.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the volumes of all accounts and regions share: above all the cache, which is made when the first disk is opened. */
public final class VolumeRegistry implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VolumeRegistry.class);
    private static final String ENGINE = ".*/engine/src/.*";

    private final Store store;
    private final Manifests manifests;
    private final Catalog catalog;
    private final SnapshotRegistry snapshots;
    private final CacheMaker cacheMaker;
    private final ChunkLoader loader;
    private final SegmentSpace space;
    private final SpaceReserve reserve;
    private final Staging.Pool stagings = new Staging.Pool();
    private final Pages.ScratchPool scratches = new Pages.ScratchPool();

    private final LiveVolumes live = new LiveVolumes();
    private final Set<VolumeDevice> devices = ConcurrentHashMap.newKeySet();
    private final VolumeFolds folds;
    private final LogLimits limits;
    private final VolumeUpkeep upkeep;
    private final @Nullable Prefetcher prefetcher;

    private final Object claiming = new Object();

    @GuardedBy("this")
    private @Nullable ChunkCache cache;

    @GuardedBy("this")
    private boolean closed;

    /** Makes the cache. */
    public interface CacheMaker {
        /**
         * Makes the cache.
         *
         * @return a new one
         * @throws IOException when its file can't be made
         */
        @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
        ChunkCache make() throws IOException;
    }

    /**
     * What the embedder decides.
     *
     * @param logBytes the most that the log of one volume may take before its writers wait
     * @param verifies whether content is checked by its SHA-256 too, before it enters the cache
     * @param prefetches whether what a boot reads is brought into the cache for later ones
     */
    public record Settings(long logBytes, boolean verifies, boolean prefetches) {}

    /** Brings chunks into the cache, of which it takes half at most. */
    private final class CacheLoads implements Prefetcher.Loader {
        @Override
        public int most() throws IOException {
            return (int) Math.min(
                    Integer.MAX_VALUE,
                    cache().stats().capacityBytes() / 2 / store.properties().chunkSizeBytes());
        }

        @Override
        public void load(ChunkKey key) throws IOException {
            ChunkCache present = cache();
            if (present.find(key) == ChunkCache.MISS && store.isWanted(key)) {
                present.load(key, loader);
            }
        }
    }

    /** Where what is written to volumes is kept. */
    public static final class LogFolder {
        private final FileIo io;
        private final Path folder;

        /**
         * A folder.
         *
         * @param io opens files; closed by whoever made it, after the volumes
         * @param folder of the logs, made when it is needed first
         */
        @RestrictedApi(explanation = "the engine makes it", allowedOnPath = ENGINE)
        public LogFolder(FileIo io, Path folder) {
            this.io = io;
            this.folder = folder;
        }

        /** What is free where the folder is, or will be. */
        private long usableBytes() {
            Path parent = folder.toAbsolutePath().getParent();
            return (parent == null ? folder : parent).toFile().getUsableSpace();
        }
    }

    /**
     * The volumes of a store.
     *
     * @param store chunks come from it; not closed here
     * @param manifests reads of that store
     * @param catalog of that store
     * @param snapshots of that store
     * @param cacheMaker makes the cache, which is closed here
     * @param logs where logs are kept; null for the heap
     * @param settings what the embedder decides
     * @param threads where threads for what is done in the background come from
     */
    @RestrictedApi(explanation = "the engine makes it", allowedOnPath = ENGINE)
    public VolumeRegistry(
            Store store,
            Manifests manifests,
            Catalog catalog,
            SnapshotRegistry snapshots,
            CacheMaker cacheMaker,
            @Nullable LogFolder logs,
            Settings settings,
            Background.Source threads) {
        this.store = store;
        this.manifests = manifests;
        this.catalog = catalog;
        this.snapshots = snapshots;
        this.cacheMaker = cacheMaker;
        limits = new LogLimits(settings.logBytes);
        folds = new VolumeFolds(this, threads);
        prefetcher = settings.prefetches ? new Prefetcher(catalog, new CacheLoads(), threads) : null;
        reserve = logs == null ? SpaceReserve.unlimited() : new SpaceReserve(logs::usableBytes);
        upkeep = new VolumeUpkeep(live, folds, limits, reserve, volume -> keepTouches(volume, false), threads);
        space = logs == null ? new HeapSegments() : new FileSegments(logs.io, logs.folder, reserve);
        loader = settings.verifies ? this::loadVerified : store::get;
    }

    private void loadVerified(ChunkKey key, ByteBuffer dst) throws IOException {
        int start = dst.position();
        store.get(key, dst);
        var found = new ChunkHasher().hash(dst.duplicate().flip().position(start));
        if (key.domain() == ChunkKey.PLAIN && !found.equals(key.id())) {
            throw new ChunkCorruptException(key, "the store", "its content hashes to " + found);
        }
    }

    /**
     * The volumes of one account and region.
     *
     * @param account 12 digits
     * @param region its name
     * @return a face without state
     */
    public Volumes in(String account, String region) {
        return new Volumes(this, snapshots.in(account, region), new Scope(account, region));
    }

    Catalog catalog() {
        return catalog;
    }

    SnapshotRegistry snapshots() {
        return snapshots;
    }

    Manifests manifests() {
        return manifests;
    }

    /** Heap that the log of a volume takes. */
    long indexBytes(String id) {
        LiveVolume volume = live.find(id);
        VolumeLog log = volume == null ? null : volume.log();
        return log == null ? 0 : log.index().heapBytes();
    }

    boolean isOpen(String id) {
        return live.isAttached(id);
    }

    BlockDevice attach(Scope scope, String id) throws IOException {
        requireOpen();
        LiveVolume volume = use(scope, id, true);
        Snapshots others = snapshots.in(scope.account(), scope.region());
        VolumeDevice device = new VolumeDevice(volume, others::ofMap, closing -> {
            devices.remove(closing);
            keepTouches(volume, true);
            leave(id, true);
        });
        try {
            // asked for in a step: of those who open it and those who give it up, who comes second sees the other
            volume.grow(catalog.change(change ->
                    VolumeRecord.sizeBytes(Volumes.require(id, change.find(ResourceKind.VOLUME, scope, id)))));
            devices.add(device);
            prefetch(scope, volume, device);
            requireOpen(); // whoever closed the engine may not have seen the device
        } catch (IOException | RuntimeException e) {
            try {
                device.close();
            } catch (IOException | RuntimeException more) {
                e.addSuppressed(more);
            }
            throw e;
        }
        return device;
    }

    /** Begins to bring what a boot of the volume will read; where little of it is known, what this one reads is noted. */
    private void prefetch(Scope scope, LiveVolume volume, VolumeDevice device) {
        Prefetcher fetcher = prefetcher;
        HydratingReader base = volume.base();
        if (fetcher == null || base == null) {
            return;
        }
        try {
            Resource record = catalog.find(ResourceKind.VOLUME, scope, volume.id());
            String lineage = record == null ? null : VolumeRecord.bootLineage(record);
            if (lineage != null && fetcher.begin(lineage, () -> devices.contains(device))) {
                Manifest manifest = base.manifest();
                volume.note(new FirstTouches(lineage, manifest.chunkSizeBytes(), manifest.blockCount()));
                upkeep.begin();
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("nothing is brought into the cache for {}", volume.id(), e);
        }
    }

    /** Begins to bring what a boot of a volume will read, which nobody has opened yet. */
    void prefetch(Resource volume) throws IOException {
        String lineage = VolumeRecord.bootLineage(volume);
        if (prefetcher != null && lineage != null) {
            prefetcher.bringSoon(lineage);
        }
    }

    /**
     * Where in the order of a boot a chunk comes, by the fingerprint of its id.
     *
     * @return small numbers for what boots read first, {@link Long#MAX_VALUE} for what none has
     * @throws IOException when the orders could not be read
     */
    public LongUnaryOperator bootOrder() throws IOException {
        return prefetcher == null ? fingerprint -> Long.MAX_VALUE : prefetcher.ranks();
    }

    private void keepTouches(LiveVolume volume, boolean early) {
        FirstTouches touches = volume.takeTouches(early);
        if (touches != null && prefetcher != null) {
            try {
                prefetcher.keep(touches);
            } catch (IOException | RuntimeException e) {
                LOG.debug("the order in which {} was read is not kept", volume.id(), e);
            }
        }
    }

    /** Comes to a volume, which is opened if nobody works with it. */
    LiveVolume use(Scope scope, String id, boolean attach) throws IOException {
        return live.use(id, attach, () -> open(scope, id));
    }

    /** Comes to a volume that somebody works with; null when nobody does. Who does so leaves it. */
    @Nullable
    LiveVolume join(String id) {
        return live.join(id);
    }

    /** Leaves a volume. */
    void leave(String id) throws IOException {
        leave(id, false);
    }

    private void leave(String id, boolean attached) throws IOException {
        try {
            live.leave(id, attached);
        } finally {
            folds.requestIfDeleting(id);
        }
    }

    /** Leaves it as the one who folds and deletes. */
    void leaveFold(String id) throws IOException {
        live.leave(id, false);
    }

    private LiveVolume open(Scope scope, String id) throws IOException {
        Resource record = catalog.find(ResourceKind.VOLUME, scope, id);
        if (record == null) {
            throw VolumeErrors.notFound(id);
        }
        LogState state = VolumeRecord.logState(record);
        byte[] root = catalog.root(id);
        HydratingReader base =
                root == null ? null : reader(Manifest.parse(new String(root, StandardCharsets.US_ASCII)));
        LiveVolume.LogMaker logs = () -> openLog(scope, id, state);
        return new LiveVolume(
                id,
                logs,
                VolumeRecord.sizeBytes(record),
                base,
                state.segments().isEmpty() ? null : logs.make(),
                new LiveVolume.Shared(stagings, scratches, limits, folds));
    }

    VolumeLog openLog(Scope scope, String id, LogState state) throws IOException {
        upkeep.begin();
        Staging staging = stagings.take();
        try {
            RecordJournal journal = new RecordJournal(catalog, scope, id);
            LogHome home = new LogHome(
                    space(), journal, upkeep, reserve, store.properties().chunkSizeBytes());
            VolumeLog log = VolumeLog.open(id, home, state, staging);
            if (limits.isLong(log)) {
                folds.request(id);
            }
            return log;
        } finally {
            stagings.give(staging);
        }
    }

    Staging.Pool stagings() {
        return stagings;
    }

    LogLimits limits() {
        return limits;
    }

    /** A step that deletes a volume's record, and answers its segments. */
    interface Deletion {
        List<SegmentEntry> delete() throws IOException;
    }

    /** Deletes a volume that nobody works with; false when somebody does. */
    boolean delete(String id, Deletion deletion) throws IOException {
        requireOpen();
        SegmentSpace claimed = space();
        return live.alone(id, () -> drop(id, deletion.delete(), claimed));
    }

    /** Does something with the log of a volume while nobody can open it; false when it is attached, or, unless waited for, folded. */
    boolean alone(String id, boolean waits, LiveVolumes.Alone step) throws IOException {
        requireOpen();
        try {
            return waits ? live.aloneUnlessAttached(id, step) : live.alone(id, step);
        } finally {
            folds.requestIfDeleting(id); // who wanted to delete it meanwhile has let it be
        }
    }

    private static void drop(String id, List<SegmentEntry> segments, SegmentSpace space) {
        for (SegmentEntry segment : segments) {
            try {
                space.delete(segment.number());
            } catch (IOException e) {
                LOG.warn("segment {} of {} stays until the store is next opened", segment.number(), id, e);
            }
        }
    }

    /**
     * Drops the log of a volume that can't be restored any more.
     *
     * @param volume its record, which no catalog has any more
     * @throws IOException when the log can't be dropped now; it is when the store is next opened
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public void dropLog(Resource volume) throws IOException {
        drop(volume.id(), VolumeRecord.segments(volume), space());
    }

    /**
     * Looks for the log that a volume's record names. What is in it is not read: {@link LogMending#look} does that.
     *
     * @param volume its record
     * @return what is not there, or not of its length
     * @throws IOException when the record is bad
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public List<String> missingLog(Resource volume) throws IOException {
        List<String> missing = new ArrayList<>();
        for (SegmentEntry segment : VolumeRecord.segments(volume)) {
            try {
                space.open(segment.number(), segment.sizeBytes()).close();
            } catch (IOException e) {
                if (named(volume).stream().anyMatch(now -> now.number() == segment.number())) {
                    missing.add(e instanceof NoSuchFileException ? e.getMessage() + " is missing" : e.getMessage());
                }
            }
        }
        return missing;
    }

    /** Whether a volume still names all segments that it did: a fold may have given some back, or it is gone for good. */
    boolean isNamed(Resource volume) throws IOException {
        return named(volume).containsAll(VolumeRecord.segments(volume));
    }

    private List<SegmentEntry> named(Resource volume) throws IOException {
        Resource now = catalog.find(ResourceKind.VOLUME, volume.scope(), volume.id());
        now = now == null ? catalog.bin().find(ResourceKind.VOLUME, volume.scope(), volume.id()) : now;
        return now == null ? List.of() : VolumeRecord.segments(now);
    }

    /** Deletes a volume that was marked so; where somebody works with it, a later fold or opening does it. */
    void deleteMarked(Resource volume) throws IOException {
        delete(
                volume.id(),
                () -> catalog.change(change -> {
                    Resource record = change.find(ResourceKind.VOLUME, volume.scope(), volume.id());
                    return record != null && VolumeRecord.isGoing(record) // or it was restored
                            ? delete(change, record)
                            : List.of();
                }));
    }

    /** Deletes a volume that is marked so, into the bin or for good; answers which segments go. */
    static List<SegmentEntry> delete(Change change, Resource record) throws IOException {
        boolean restorable = VolumeRecord.isRestorable(record);
        List<SegmentEntry> going = restorable ? List.of() : VolumeRecord.segments(record);
        if (restorable) {
            VolumeRecord.clearDeleting(record);
            change.recycle(record);
        } else {
            change.delete(record, false);
            change.release(record.id());
        }
        change.announce(CatalogEvent.What.DELETED, record);
        return going;
    }

    /**
     * Goes on in the background with what another process has begun.
     *
     * @throws IOException when the records could not be read
     */
    @RestrictedApi(explanation = "the engine calls it", allowedOnPath = ENGINE)
    public void resume() throws IOException {
        folds.resume(catalog);
    }

    /** Has what could not be folded tried again from now on. */
    void beginUpkeep() {
        upkeep.begin();
    }

    VolumeFolds folds() {
        return folds;
    }

    /**
     * What there is of chunks outside the store.
     *
     * @return for a repair
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public VolumeContents contents() {
        return new VolumeContents(this, store.properties().chunkSizeBytes());
    }

    /**
     * What mends logs.
     *
     * @return for a repair
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public LogMending logMending() {
        return new LogMending(this, space);
    }

    /** The segments, of which those that no volume names are gone. */
    SegmentSpace space() throws IOException {
        synchronized (claiming) {
            if (!space.isClaimed()) {
                Set<Long> named = new HashSet<>();
                List<Resource> volumes = new ArrayList<>();
                List<IOException> bad = new ArrayList<>();
                // the bin first: what is restored meanwhile is seen here or there, and nothing is deleted before this
                // ends
                catalog.bin().scan(ResourceKind.VOLUME, volumes::add, bad::add);
                catalog.scan(ResourceKind.VOLUME, volumes::add, bad::add);
                for (Resource volume : volumes) {
                    try {
                        VolumeRecord.segments(volume).forEach(segment -> named.add(segment.number()));
                    } catch (BadRecordException e) {
                        bad.add(e);
                    }
                }
                if (!bad.isEmpty()) {
                    LOG.warn("segments that no volume names are kept, since a volume's record is bad", bad.get(0));
                }
                space.claim(named, bad.isEmpty());
            }
            return space;
        }
    }

    synchronized boolean isClosed() {
        return closed;
    }

    synchronized void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the engine is closed");
        }
    }

    HydratingReader reader(Manifest manifest) throws IOException {
        return new HydratingReader(manifests.reader(manifest), cache(), loader);
    }

    /** Puts into the cache what a fold has written; the cache may have no room, or be closed. */
    void cacheWritten(ChunkKey key, ByteBuffer chunk) {
        try {
            cache().load(key, (unused, dst) -> dst.put(chunk.duplicate()));
        } catch (IOException e) {
            LOG.debug("{} was not cached", key, e);
        }
    }

    synchronized ChunkCache cache() throws IOException {
        if (closed) {
            throw new IllegalStateException("the engine is closed");
        }
        ChunkCache made = cache;
        if (made == null) {
            made = cacheMaker.make();
            cache = made;
        }
        return made;
    }

    /**
     * Numbers about the cache.
     *
     * @return a snapshot of them; empty while there is no cache
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public synchronized Optional<CacheStats> cacheStats() {
        ChunkCache made = cache;
        return made == null || closed ? Optional.empty() : Optional.of(made.stats());
    }

    /** Flushes and closes the volumes that are open, then waits for the reads in progress, and closes the cache. */
    @Override
    public void close() throws IOException {
        ChunkCache made;
        synchronized (this) {
            closed = true;
            made = cache;
        }
        List<AutoCloseable> all = new ArrayList<>(List.of(upkeep, folds));
        if (prefetcher != null) {
            all.add(prefetcher);
        }
        all.addAll(devices);
        all.add(space);
        if (made != null) {
            all.add(made);
        }
        Closing.all(all, "a volume could not be closed");
    }
}
