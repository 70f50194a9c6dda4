package dev.varve;

import dev.varve.cache.ChunkCache;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.catalog.Scope;
import dev.varve.chunk.ChunkId;
import dev.varve.image.ImageRegistry;
import dev.varve.image.Images;
import dev.varve.instance.InstanceRegistry;
import dev.varve.instance.Instances;
import dev.varve.maintenance.BackgroundCollector;
import dev.varve.maintenance.BackgroundScrubber;
import dev.varve.maintenance.Collector;
import dev.varve.maintenance.Finder;
import dev.varve.maintenance.Findings;
import dev.varve.maintenance.Problem;
import dev.varve.maintenance.Repair;
import dev.varve.maintenance.Scrubber;
import dev.varve.manifest.Manifests;
import dev.varve.snapshot.ProgressListener;
import dev.varve.snapshot.SnapshotRegistry;
import dev.varve.snapshot.Snapshots;
import dev.varve.store.Background;
import dev.varve.store.Closing;
import dev.varve.store.Compression;
import dev.varve.store.HeapStore;
import dev.varve.store.Pace;
import dev.varve.store.PackStore;
import dev.varve.store.Store;
import dev.varve.store.StoreOptions;
import dev.varve.store.StoreProperties;
import dev.varve.store.StoreStats;
import dev.varve.volume.LogMending;
import dev.varve.volume.VolumeRegistry;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open store, and all that is done with it.
 *
 * <p>All methods may be called from many threads. Several engines in one process share nothing; a store is open in one of
 * them at a time. {@link #close} waits for calls in progress; afterwards every call, also on what the engine has handed
 * out, is an {@link IllegalStateException}.
 */
public final class Engine implements AutoCloseable {
    /** The most that the cache of an engine on the heap takes, whatever the options say. */
    public static final long HEAP_CACHE_BYTES = 64 << 20;

    /** For how long what was deleted can be restored, and what nothing needs any more stays then, unless said otherwise. */
    public static final Duration DEFAULT_GRACE = Duration.ofMinutes(10);

    /** How many problems a check tells in full. */
    public static final int MAX_PROBLEMS = Findings.MAX_PROBLEMS;

    /** How long a store that is scrubbed waits from one round to the next, unless said otherwise. */
    public static final Duration DEFAULT_SCRUB_INTERVAL = Duration.ofDays(7);

    /** The folder of volumes' logs. */
    static final String LOGS = "volumes";

    private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

    private final Store store;
    private final Catalog catalog;
    private final Manifests manifests;
    private final WorkerThreads threads = new WorkerThreads();
    private final SnapshotRegistry snapshots;
    private final ImageRegistry images;
    private final VolumeRegistry volumes;
    private final InstanceRegistry instances;
    private final Collector collector;
    private final Scrubber scrubber;
    private final Consumer<EngineEvent> events;

    /** What goes on in the background, each once. */
    private final List<AutoCloseable> goingOn = new ArrayList<>();

    private final Background.Source background;
    private final AutoCloseable beneath;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Takes the store over.
     *
     * @param beneath to be closed after the store
     * @param cache makes the chunk cache when it is needed first
     */
    private Engine(
            Store store,
            AutoCloseable beneath,
            VolumeRegistry.CacheMaker cache,
            VolumeRegistry.@Nullable LogFolder logs,
            EngineOptions options,
            Background.Source background) {
        this.store = store;
        this.background = background;
        this.beneath = beneath;
        this.catalog = new Catalog(store, options.clock(), options.ids()::apply);
        this.manifests = new Manifests(store, options.nodeCacheBytes());
        Executor given = options.executor();
        this.snapshots = new SnapshotRegistry(catalog, manifests, given != null ? given : threads.executor());
        this.images = new ImageRegistry(catalog, snapshots);
        this.volumes = new VolumeRegistry(
                store,
                manifests,
                catalog,
                snapshots,
                cache,
                logs,
                new VolumeRegistry.Settings(options.logBytes(), options.verifiesHydration(), options.prefetches()),
                background);
        this.instances = new InstanceRegistry(catalog, images, volumes);
        this.collector = new Collector(store, catalog, manifests);
        this.scrubber = new Scrubber(store, catalog, manifests, volumes::missingLog);
        this.events = options.events();
        catalog.listenToForgetting(this::forgotten);
        catalog.listen(event -> events.accept(EngineEvent.of(event)));
    }

    /**
     * Begins to load, on a thread of its own, what the first {@link #create} or {@link #open} of a process needs: native
     * code, digests, random numbers. For a program that has something else to do meanwhile; nothing depends on it.
     *
     * @param options what the engine will be opened with
     */
    public static void prepare(EngineOptions options) {
        Thread loader = new Thread(() -> PackStore.prepare(options.nativeFolder()), "varve-prepare");
        loader.setDaemon(true);
        loader.start();
    }

    /**
     * Makes an empty store and opens it.
     *
     * @param folder empty, or not there yet
     * @param store what it is made with
     * @param options what the embedder decides
     * @return the engine, to be closed by the caller
     * @throws IOException when the folder is a store already or holds something else, or could not be written
     */
    public static Engine create(Path folder, NewStore store, EngineOptions options) throws IOException {
        return start(folder, options, store, true);
    }

    /**
     * Opens a store, and drops what a dead process had begun and nobody can go on with.
     *
     * @param folder of the store
     * @param options what the embedder decides
     * @return the engine, to be closed by the caller
     * @throws IOException when there is no store, another process has it, its format is newer, or it could not be read
     */
    public static Engine open(Path folder, EngineOptions options) throws IOException {
        return start(folder, options, NewStore.DEFAULT, false);
    }

    /**
     * An empty store on the heap: no file, no native library, gone when it is closed.
     *
     * @param options what the embedder decides
     * @return the engine, to be closed by the caller
     */
    public static Engine ephemeral(EngineOptions options) {
        StoreProperties properties =
                new StoreProperties(UUID.randomUUID(), 1, StoreProperties.DEFAULT_CHUNK_SIZE_BYTES, Compression.STORED);
        long cacheBytes = Math.min(options.cacheBytes(), HEAP_CACHE_BYTES);
        return new Engine(
                new HeapStore(properties),
                () -> {},
                () -> ChunkCache.onHeap(properties.chunkSizeBytes(), cacheBytes),
                null,
                options,
                Background.Source.THREADS);
    }

    private static Engine start(Path folder, EngineOptions options, NewStore made, boolean isNew) throws IOException {
        StoreOptions defaults = StoreOptions.defaults();
        StoreOptions with = new StoreOptions(
                made.chunkSizeBytes(),
                made.codec().compression(),
                options.indexCacheBytes(),
                options.nativeFolder(),
                defaults.io());
        Store store;
        try {
            store = isNew ? PackStore.create(folder, with) : PackStore.open(folder, with);
        } catch (IOException | RuntimeException e) {
            closeAfter(e, with.io());
            throw e;
        }
        StoreProperties properties = store.properties();
        return over(
                store,
                with.io(),
                () -> ChunkCache.mapped(
                        with.io(),
                        folder.resolve("cache"),
                        properties.id(),
                        properties.chunkSizeBytes(),
                        options.cacheBytes()),
                new VolumeRegistry.LogFolder(with.io(), folder.resolve(LOGS)),
                options);
    }

    /** Takes a store over, and what is to be closed after it, also when this fails. */
    static Engine over(
            Store store,
            AutoCloseable beneath,
            VolumeRegistry.CacheMaker cache,
            VolumeRegistry.LogFolder logs,
            EngineOptions options)
            throws IOException {
        return over(store, beneath, cache, logs, options, Background.Source.THREADS);
    }

    /** The same with other threads for what is done in the background. */
    static Engine over(
            Store store,
            AutoCloseable beneath,
            VolumeRegistry.CacheMaker cache,
            VolumeRegistry.LogFolder logs,
            EngineOptions options,
            Background.Source background)
            throws IOException {
        Engine engine = new Engine(store, beneath, cache, logs, options, background);
        try {
            for (String id : engine.snapshots.dropDead()) {
                LOG.info("dropped {}, which a dead process had begun", id);
            }
            engine.volumes.resume();
            return engine;
        } catch (IOException | RuntimeException e) {
            closeAfter(e, engine);
            throw e;
        }
    }

    private static void closeAfter(Throwable failure, AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Has the system read into memory what first reads of disks will look for: the index, at most 64 MiB of it. For a server,
     * before its first client: cold, a boot waits for the disk again and again for the index alone (decision 0028). Nothing
     * depends on it.
     */
    public void warmUp() {
        store.warmUp();
    }

    /**
     * All of one account and region.
     *
     * @param account 12 digits
     * @param region lower-case letters, digits and hyphens, at most 32
     * @return faces without state: as many as wanted may be made
     */
    public EngineScope scope(String account, String region) {
        return new EngineScope(
                account,
                region,
                snapshots(account, region),
                images(account, region),
                volumes(account, region),
                instances(account, region));
    }

    /**
     * Snapshots of one account and region.
     *
     * @param account 12 digits
     * @param region lower-case letters, digits and hyphens, at most 32
     * @return a face without state
     */
    public Snapshots snapshots(String account, String region) {
        return snapshots.in(account, region);
    }

    /**
     * Images of one account and region.
     *
     * @param account 12 digits
     * @param region lower-case letters, digits and hyphens, at most 32
     * @return a face without state
     */
    public Images images(String account, String region) {
        return images.in(account, region);
    }

    /**
     * Disks of one account and region that read through the cache.
     *
     * @param account 12 digits
     * @param region lower-case letters, digits and hyphens, at most 32
     * @return a face without state
     */
    public Volumes volumes(String account, String region) {
        return volumes.in(account, region);
    }

    /**
     * Instances of one account and region.
     *
     * @param account 12 digits
     * @param region lower-case letters, digits and hyphens, at most 32
     * @return a face without state
     */
    public Instances instances(String account, String region) {
        return instances.in(account, region);
    }

    /**
     * The account and region that hold an id.
     *
     * @param id of a snapshot, an image or another thing; or any text
     * @return all that is in them; empty when nothing has the id
     * @throws IOException when a record could not be read
     */
    public Optional<EngineScope> scopeOf(String id) throws IOException {
        Resource resource = catalog.find(id);
        return resource == null
                ? Optional.empty()
                : Optional.of(scope(resource.scope().account(), resource.scope().region()));
    }

    /**
     * What the store was made with.
     *
     * @return fixed for its life
     */
    public EngineInfo info() {
        StoreProperties properties = store.properties();
        return new EngineInfo(
                properties.id(),
                properties.formatVersion(),
                properties.chunkSizeBytes(),
                NewStore.Codec.of(properties.compression()));
    }

    /**
     * Numbers about the store.
     *
     * @return as they are now
     * @throws IOException when the index could not be read
     */
    public EngineStats stats() throws IOException {
        StoreStats stats = store.stats();
        return new EngineStats(
                stats.chunks(),
                stats.nodes(),
                stats.packs(),
                stats.packBytes(),
                stats.liveBytes(),
                stats.indexBytes(),
                stats.alarms());
    }

    /**
     * What all images, snapshots and volumes take, alone and with others. Beside all else; reads the index, and of each
     * manifest what differs from one like it. 12 bytes of heap for each chunk of the store.
     *
     * @param progress is told how much was read; what it throws ends the count
     * @return as it was while it was counted: exact if nothing was changed meanwhile
     * @throws IOException when the index could not be read; what is damaged otherwise is told in the report
     */
    public SpaceReport space(ProgressListener progress) throws IOException {
        return new EngineSpace(store, catalog, manifests).report(new ReadProgress(progress));
    }

    /**
     * What would become free if some were deleted, images together with those of their snapshots that no other image needs,
     * instances with the volumes that go with them. To be asked before. It takes no longer than to read 8,192 nodes of
     * manifests: those of 128 GiB of disks that go, and of as many that stay, if they share nothing.
     *
     * @param ids of images, snapshots, volumes and instances; others take nothing
     * @return what becomes free after the time of grace; empty when what goes is larger than that
     * @throws IOException when the index or a record could not be read
     */
    public Optional<FreedSpace> freedBy(Collection<String> ids) throws IOException {
        return new EngineSpace(store, catalog, manifests).freed(ids);
    }

    /**
     * Looks for damage: reads all records and all manifests, finds every chunk that a manifest names in the index, and every
     * segment of a volume's log. It goes on past what it finds.
     *
     * @param data also read every byte of the store: recompute every chunk's id from its content, and compare what volumes' logs
     *     have with its checksums; of a volume that is attached, what a reader of it would get. Damage of one of two copies
     *     that a log has of something is not told: a repair mends it
     * @param progress is told how far the reading of data is
     * @return what is wrong, and which snapshots, images and ranges of disks have lost something by it
     * @throws IOException when the check itself could not go on
     */
    public CheckResult check(boolean data, ProgressListener progress) throws IOException {
        if (!data) {
            return CheckResult.of(scrubber.check());
        }
        LogMending.Result logs = volumes.logMending().look(() -> progress.progress(0, 0));
        return CheckResult.of(scrubber.checkData(progress::progress)).with(logs);
    }

    /**
     * What is known of the data from reading all of it, be it in the background or by a {@link #check}.
     *
     * @return as it is now
     * @throws IOException when it can't be read
     */
    public ScrubStatus scrubStatus() throws IOException {
        return ScrubStatus.of(scrubber.state());
    }

    /**
     * Reads and checks all data from now on, round after round, slowly, on a thread of its own, until the engine is closed. A
     * round that was begun and not ended goes on where it was. Damage is logged, told as {@link EngineEvent.What#DAMAGED}, and kept
     * for {@link #scrubStatus}. For who has a store open for long, as a server.
     *
     * @param interval from the end of a round to the beginning of the next; {@link #DEFAULT_SCRUB_INTERVAL} is right for most
     * @throws IllegalStateException when that was said before
     */
    public void scrubInBackground(Duration interval) {
        if (interval.isNegative()) {
            throw new IllegalArgumentException("a negative time: " + interval);
        }
        begin(BackgroundScrubber.class, () -> new BackgroundScrubber(scrubber, interval, this::tellDamage, background));
    }

    /** Damage has been found in the background. */
    void tellDamage(Problem problem) {
        List<String> hit = new ArrayList<>(problem.imageIds());
        if (problem.owner() != null) {
            hit.add(0, problem.owner());
        }
        for (String id : hit) {
            try {
                Resource resource = catalog.find(id);
                if (resource != null) {
                    events.accept(EngineEvent.damaged(resource));
                }
            } catch (IOException | RuntimeException e) {
                LOG.warn("nobody is told that {} is damaged", id, e);
            }
        }
    }

    /**
     * Reads all data, and stores anew what is lost of it and is found elsewhere: in the cache, where volumes were written to,
     * and in sources. Each chunk is proved by its hash. Before that, the logs of volumes that are not attached are mended from
     * sources that are copies of the store. What is mended can be read at once, and survives power loss when this returns; ended
     * early, the store is no worse than before.
     *
     * @param sources where to look, in this order
     * @param dryRun whether nothing is to be changed, and only looked for; what lies below a lost part of a manifest is not known then
     * @param progress is told how much was read of the data and of raw disks
     * @return what it did, or would have done, and what is wrong still
     * @throws IOException when it could not go on
     */
    public RepairReport repair(List<RepairSource> sources, boolean dryRun, ProgressListener progress)
            throws IOException {
        List<Finder> finders = new ArrayList<>();
        finders.add(new OwnContent(volumes.contents(), store.properties().chunkSizeBytes()));
        sources.forEach(source -> finders.add(source.finder()));
        LogMending.Result logs =
                volumes.logMending().run(RepairSource.logs(sources), dryRun, () -> progress.progress(0, 0));
        Repair repair = new Repair(scrubber, collector, this::bootOrder, store, finders, dryRun);
        return RepairReport.of(logs, repair.run(progress::progress));
    }

    /**
     * Opens a store for its content alone, which another one's repair may need.
     *
     * @param folder of a store that no process has open
     * @param options budgets for it
     * @return to be closed by the caller
     * @throws IOException as for {@link #open}
     */
    public static ContentSource openContent(Path folder, EngineOptions options) throws IOException {
        return StoreContent.open(folder, options);
    }

    /**
     * Collects what no snapshot, image or volume needs any more, beside all that goes on. What was deleted counts as needed
     * until its time of grace is over: then it can't be restored any more. What is not needed is condemned first, which a
     * reader or a writer that needs it undoes; a later collection drops it after a time of grace, and gives its room back:
     * files of which little is left are copied, chunks that boots have read in the order in which they did. One that is under
     * way is waited for.
     *
     * @param grace for how long what was deleted can be restored, and what is condemned stays: 0 or more; {@link
     *     #DEFAULT_GRACE} is right for most
     * @param dryRun whether nothing is to be changed, and only counted
     * @return what it did, or would have done
     * @throws IOException when it could not, as when a manifest is damaged: nothing that is needed is lost
     */
    public GarbageReport collectGarbage(Duration grace, boolean dryRun) throws IOException {
        return GarbageReport.of(collector.run(requireGrace(grace), dryRun, this::bootOrder, Pace.FULL));
    }

    private void forgotten(Resource resource) {
        if (resource.kind() == ResourceKind.VOLUME) {
            try {
                volumes.dropLog(resource);
            } catch (IOException e) {
                LOG.warn("the log of {} stays until the store is next opened", resource.id(), e);
            }
        }
    }

    /**
     * What was deleted in an account and region and can be restored, by the {@code restore} of its kind, until a collection
     * finds its time of grace to be over.
     *
     * @param account 12 digits
     * @param region lower-case letters, digits and hyphens, at most 32
     * @return in the order in which it was deleted
     * @throws IOException when a record could not be read
     */
    public List<Restorable> restorable(String account, String region) throws IOException {
        List<Restorable> found = new ArrayList<>();
        for (Resource resource : catalog.bin().list(new Scope(account, region))) {
            found.add(Restorable.of(resource));
        }
        found.sort(Comparator.comparing(Restorable::deletedAt).thenComparing(Restorable::id));
        return found;
    }

    private ToLongFunction<ChunkId> bootOrder() throws IOException {
        LongUnaryOperator order = volumes.bootOrder();
        return id -> order.applyAsLong(id.fingerprint());
    }

    /**
     * Collects from now on whenever something may not be needed any more, slowly, on a thread of its own, until the engine is
     * closed. For who has a store open for long, as a server.
     *
     * @param grace for how long what was deleted can be restored, and what is condemned stays
     * @throws IllegalStateException when that was said before
     */
    public void collectInBackground(Duration grace) {
        Duration checked = requireGrace(grace);
        begin(
                BackgroundCollector.class,
                () -> new BackgroundCollector(collector, catalog, this::bootOrder, checked, background));
    }

    private void begin(Class<?> what, Supplier<AutoCloseable> work) {
        synchronized (goingOn) {
            if (closed.get() || goingOn.stream().anyMatch(what::isInstance)) {
                throw new IllegalStateException("the engine does so already, or is closed");
            }
            goingOn.add(work.get());
        }
    }

    private static Duration requireGrace(Duration grace) {
        if (grace.isNegative()) {
            throw new IllegalArgumentException("a negative time of grace: " + grace);
        }
        return grace;
    }

    @Override
    public void close() throws IOException {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        List<AutoCloseable> all;
        synchronized (goingOn) {
            all = new ArrayList<>(goingOn);
        }
        all.addAll(List.of(snapshots, threads, volumes, store, beneath));
        Closing.all(all, "the engine could not be closed");
    }
}
