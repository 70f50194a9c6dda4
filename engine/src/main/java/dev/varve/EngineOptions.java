package dev.varve;

import dev.varve.catalog.IdSource;
import dev.varve.manifest.Manifests;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What an embedder decides. Immutable: start from {@link #defaults} and say what differs.
 *
 * @param clock tells when things were made
 * @param ids makes new ids: takes a prefix such as {@code snap-}, returns it followed by 17 lower-case hexadecimal
 *     digits; called from many threads, and again when an id is taken
 * @param executor lends threads to long operations; null for threads of the engine's own, as many as there are
 *     processors. The engine never waits for a task that has not started, and never shuts it down
 * @param events is told of what happened, once it is durable, with no lock held, by the thread that did it
 * @param cacheBytes disk for the cache of chunks
 * @param nodeCacheBytes heap for manifest nodes, about
 * @param indexCacheBytes memory for the store's index
 * @param nativeFolder where native libraries are extracted to, once a version; null for a folder of the user's
 * @param logBytes the most that the log of one volume takes on disk, before its writers wait until half of it is folded into
 *     blocks
 * @param verifiesHydration whether chunks are checked by their SHA-256, and not only by their CRC32C, when they are
 *     first touched
 * @param prefetches whether what the first boot of an image reads is noted, and brought into the cache in the background
 *     when the image, or one that derives from it, is booted later
 */
public record EngineOptions(
        Clock clock,
        UnaryOperator<String> ids,
        @Nullable Executor executor,
        Consumer<EngineEvent> events,
        long cacheBytes,
        long nodeCacheBytes,
        long indexCacheBytes,
        @Nullable Path nativeFolder,
        long logBytes,
        boolean verifiesHydration,
        boolean prefetches) {
    /**
     * The system's clock, random ids, own threads, nobody told, 1 GiB of cache, 32 MiB for nodes and for the index, 4 GiB
     * for the log of a volume.
     *
     * @return the defaults
     */
    public static EngineOptions defaults() {
        IdSource ids = IdSource.random();
        return new EngineOptions(
                Clock.systemUTC(),
                ids::next,
                null,
                event -> {},
                1L << 30,
                Manifests.DEFAULT_NODE_CACHE_BYTES,
                32L << 20,
                null,
                4L << 30,
                false,
                true);
    }

    /**
     * The same with another clock.
     *
     * @param newClock tells when things were made
     * @return the options
     */
    public EngineOptions withClock(Clock newClock) {
        return new EngineOptions(
                newClock,
                ids,
                executor,
                events,
                cacheBytes,
                nodeCacheBytes,
                indexCacheBytes,
                nativeFolder,
                logBytes,
                verifiesHydration,
                prefetches);
    }

    /**
     * The same with other ids.
     *
     * @param newIds takes a prefix, returns it followed by 17 lower-case hexadecimal digits
     * @return the options
     */
    public EngineOptions withIds(UnaryOperator<String> newIds) {
        return new EngineOptions(
                clock,
                newIds,
                executor,
                events,
                cacheBytes,
                nodeCacheBytes,
                indexCacheBytes,
                nativeFolder,
                logBytes,
                verifiesHydration,
                prefetches);
    }

    /**
     * The same with another executor.
     *
     * @param newExecutor lends threads to long operations
     * @return the options
     */
    public EngineOptions withExecutor(Executor newExecutor) {
        return new EngineOptions(
                clock,
                ids,
                newExecutor,
                events,
                cacheBytes,
                nodeCacheBytes,
                indexCacheBytes,
                nativeFolder,
                logBytes,
                verifiesHydration,
                prefetches);
    }

    /**
     * The same with another listener.
     *
     * @param newEvents is told of what happened
     * @return the options
     */
    public EngineOptions withEvents(Consumer<EngineEvent> newEvents) {
        return new EngineOptions(
                clock,
                ids,
                executor,
                newEvents,
                cacheBytes,
                nodeCacheBytes,
                indexCacheBytes,
                nativeFolder,
                logBytes,
                verifiesHydration,
                prefetches);
    }

    /**
     * The same with other budgets.
     *
     * @param newCacheBytes disk for the cache of chunks
     * @param newNodeCacheBytes heap for manifest nodes
     * @param newIndexCacheBytes memory for the store's index
     * @return the options
     */
    public EngineOptions withBudgets(long newCacheBytes, long newNodeCacheBytes, long newIndexCacheBytes) {
        return new EngineOptions(
                clock,
                ids,
                executor,
                events,
                newCacheBytes,
                newNodeCacheBytes,
                newIndexCacheBytes,
                nativeFolder,
                logBytes,
                verifiesHydration,
                prefetches);
    }

    /**
     * The same with another folder for native libraries.
     *
     * @param newNativeFolder where they are extracted to
     * @return the options
     */
    public EngineOptions withNativeFolder(@Nullable Path newNativeFolder) {
        return new EngineOptions(
                clock,
                ids,
                executor,
                events,
                cacheBytes,
                nodeCacheBytes,
                indexCacheBytes,
                newNativeFolder,
                logBytes,
                verifiesHydration,
                prefetches);
    }

    /**
     * The same with another bound on logs.
     *
     * @param newLogBytes disk for the log of one volume; at least 4 MiB
     * @return the options
     */
    public EngineOptions withLogBytes(long newLogBytes) {
        return new EngineOptions(
                clock,
                ids,
                executor,
                events,
                cacheBytes,
                nodeCacheBytes,
                indexCacheBytes,
                nativeFolder,
                newLogBytes,
                verifiesHydration,
                prefetches);
    }

    /**
     * The same with other care on hydration.
     *
     * @param full whether chunks are checked by their SHA-256 when they are first touched
     * @return the options
     */
    public EngineOptions withFullVerification(boolean full) {
        return new EngineOptions(
                clock,
                ids,
                executor,
                events,
                cacheBytes,
                nodeCacheBytes,
                indexCacheBytes,
                nativeFolder,
                logBytes,
                full,
                prefetches);
    }

    /**
     * The same with prefetching switched.
     *
     * @param on whether a boot's reads are noted and brought into the cache for later ones
     * @return the options
     */
    public EngineOptions withPrefetch(boolean on) {
        return new EngineOptions(
                clock,
                ids,
                executor,
                events,
                cacheBytes,
                nodeCacheBytes,
                indexCacheBytes,
                nativeFolder,
                logBytes,
                verifiesHydration,
                on);
    }
}
