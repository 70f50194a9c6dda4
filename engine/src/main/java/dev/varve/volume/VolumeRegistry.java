package dev.varve.volume;

import com.google.errorprone.annotations.RestrictedApi;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.cache.CacheStats;
import dev.varve.cache.ChunkCache;
import dev.varve.cache.ChunkLoader;
import dev.varve.chunk.ChunkCorruptException;
import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkKey;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.Manifests;
import dev.varve.snapshot.SnapshotRegistry;
import dev.varve.store.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the volumes of all accounts and regions share: above all the cache, which is made when the first disk is opened. */
public final class VolumeRegistry implements AutoCloseable {
    private static final String ENGINE = ".*/engine/src/.*";

    private final Store store;
    private final Manifests manifests;
    private final SnapshotRegistry snapshots;
    private final CacheMaker cacheMaker;
    private final ChunkLoader loader;

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
     * The volumes of a store.
     *
     * @param store chunks come from it; not closed here
     * @param manifests reads of that store
     * @param snapshots of that store
     * @param cacheMaker makes the cache, which is closed here
     * @param verifies whether content is checked by its SHA-256 too, before it enters the cache
     */
    @RestrictedApi(explanation = "the engine makes it", allowedOnPath = ENGINE)
    public VolumeRegistry(
            Store store, Manifests manifests, SnapshotRegistry snapshots, CacheMaker cacheMaker, boolean verifies) {
        this.store = store;
        this.manifests = manifests;
        this.snapshots = snapshots;
        this.cacheMaker = cacheMaker;
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
        return new Volumes(this, snapshots.in(account, region));
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

    /** Waits for the reads in progress, and closes the cache. */
    @Override
    public void close() throws IOException {
        ChunkCache made;
        synchronized (this) {
            closed = true;
            made = cache;
        }
        if (made != null) {
            made.close();
        }
    }
}
