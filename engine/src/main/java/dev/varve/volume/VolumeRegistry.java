package dev.varve.volume;

import com.google.errorprone.annotations.RestrictedApi;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.block.BlockDevice;
import dev.varve.cache.CacheStats;
import dev.varve.cache.ChunkCache;
import dev.varve.cache.ChunkLoader;
import dev.varve.catalog.BadRecordException;
import dev.varve.catalog.Catalog;
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
import dev.varve.store.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
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
    private final Staging.Pool stagings = new Staging.Pool();
    private final Pages.ScratchPool scratches = new Pages.ScratchPool();

    /** Who is open, and who is being opened or deleted. */
    private final ConcurrentHashMap<String, Handle> handles = new ConcurrentHashMap<>();

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
     * @param verifies whether content is checked by its SHA-256 too, before it enters the cache
     */
    @RestrictedApi(explanation = "the engine makes it", allowedOnPath = ENGINE)
    public VolumeRegistry(
            Store store,
            Manifests manifests,
            Catalog catalog,
            SnapshotRegistry snapshots,
            CacheMaker cacheMaker,
            @Nullable LogFolder logs,
            boolean verifies) {
        this.store = store;
        this.manifests = manifests;
        this.catalog = catalog;
        this.snapshots = snapshots;
        this.cacheMaker = cacheMaker;
        space = logs == null ? new HeapSegments() : new FileSegments(logs.io, logs.folder);
        loader = verifies ? this::loadVerified : store::get;
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

    boolean isOpen(String id) {
        Handle handle = handles.get(id);
        return handle != null && handle.device != null;
    }

    /** A volume's record, and the manifest it lies on. */
    record Found(Resource record, @Nullable Manifest base) {}

    /** Finds a volume. */
    interface Finder {
        Found find() throws IOException;
    }

    BlockDevice attach(String id, Finder finder) throws IOException {
        requireOpen();
        Handle handle = new Handle(id);
        if (handles.putIfAbsent(id, handle) != null) {
            throw new VolumeInUseException(id);
        }
        boolean done = false;
        try {
            VolumeDevice device = open(handle, finder.find());
            handle.device = device;
            done = true;
            return device;
        } finally {
            if (!done) {
                handles.remove(id);
            }
        }
    }

    private VolumeDevice open(Handle handle, Found found) throws IOException {
        Resource record = found.record;
        handle.scope = record.scope();
        List<SegmentEntry> segments = VolumeRecord.segments(record);
        Manifest manifest = found.base;
        HydratingReader base = manifest == null ? null : reader(manifest);
        VolumeLog log = null;
        if (!segments.isEmpty()) {
            Staging staging = stagings.take();
            log = VolumeLog.open(record.id(), space(), handle, segments, 0, staging);
            stagings.give(staging);
        }
        return new VolumeDevice(handle, VolumeRecord.sizeGib(record) << 30, base, log, stagings, scratches);
    }

    /** A step that deletes a volume, and answers its segments. */
    interface Deletion {
        List<SegmentEntry> delete() throws IOException;
    }

    void delete(String id, Deletion deletion) throws IOException {
        requireOpen();
        if (handles.putIfAbsent(id, new Handle(id)) != null) {
            throw VolumeErrors.inUse(id);
        }
        try {
            SegmentSpace claimed = space();
            for (SegmentEntry segment : deletion.delete()) {
                try {
                    claimed.give(claimed.open(segment.number(), segment.sizeBytes()));
                } catch (IOException e) {
                    LOG.warn("segment {} of {} stays until the store is next opened", segment.number(), id, e);
                }
            }
        } finally {
            handles.remove(id);
        }
    }

    /** The segments, of which those that no volume names are gone. */
    private SegmentSpace space() throws IOException {
        synchronized (claiming) {
            if (!space.isClaimed()) {
                Set<Long> named = new HashSet<>();
                List<Resource> volumes = new ArrayList<>();
                List<BadRecordException> bad = new ArrayList<>();
                catalog.scan(ResourceKind.VOLUME, volumes::add, bad::add);
                if (!bad.isEmpty()) {
                    throw bad.get(0); // its segments are not known, and must not go
                }
                for (Resource volume : volumes) {
                    VolumeRecord.segments(volume).forEach(segment -> named.add(segment.number()));
                }
                space.claim(named);
            }
            return space;
        }
    }

    private synchronized void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the engine is closed");
        }
    }

    /** A volume that is open; the segments of its log are recorded by it. */
    private final class Handle implements VolumeDevice.OpenVolume, LogJournal {
        private final String id;
        private @Nullable Scope scope;
        private volatile @Nullable VolumeDevice device;

        Handle(String id) {
            this.id = id;
        }

        @Override
        public String id() {
            return id;
        }

        @Override
        public VolumeLog beginLog() throws IOException {
            return new VolumeLog(id, space(), this);
        }

        @Override
        public void add(SegmentEntry segment) throws IOException {
            change(segments -> {
                List<SegmentEntry> more = new ArrayList<>(segments);
                more.add(segment);
                return more;
            });
        }

        @Override
        public void replace(List<SegmentEntry> segments) throws IOException {
            change(unused -> segments);
        }

        private void change(UnaryOperator<List<SegmentEntry>> step) throws IOException {
            catalog.change(change -> {
                Resource record = change.find(ResourceKind.VOLUME, Objects.requireNonNull(scope), id);
                if (record == null) {
                    throw VolumeErrors.notFound(id);
                }
                VolumeRecord.setSegments(record, step.apply(VolumeRecord.segments(record)));
                change.update(record);
                return record;
            });
        }

        @Override
        public void closed() {
            handles.remove(id, this);
        }
    }

    HydratingReader reader(Manifest manifest) throws IOException {
        return new HydratingReader(manifests.reader(manifest), cache(), loader);
    }

    private synchronized ChunkCache cache() throws IOException {
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
        IOException failure = null;
        for (Handle handle : List.copyOf(handles.values())) {
            VolumeDevice device = handle.device;
            try {
                if (device != null) {
                    device.close();
                }
            } catch (IOException e) {
                failure = failure == null ? e : failure;
            }
        }
        space.close();
        if (made != null) {
            made.close();
        }
        if (failure != null) {
            throw failure;
        }
    }
}
