package dev.varve.maintenance;

import dev.varve.catalog.Catalog;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestException;
import dev.varve.manifest.ManifestVisitor;
import dev.varve.manifest.Manifests;
import dev.varve.manifest.Subtree;
import dev.varve.store.GarbageCollection;
import dev.varve.store.Pace;
import dev.varve.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Collects chunks and manifest nodes that nothing names any more, beside all that is done with the store.
 *
 * <p><b>Roots</b> are the manifests that the catalog holds, as they stand at one moment, and those of snapshots that are
 * open in this process. What was deleted is a root until its time of grace is over. Leases are the store's own care.
 * Subtrees that manifests share are visited once.
 *
 * <p><b>Proof.</b> Before a run changes anything it leaves its roots and what it has marked as a record of the store, which
 * {@link CollectionReplay} compares with what it finds by itself.
 *
 * <p><b>Damage.</b> While a manifest can't be read nobody knows what it names, and nothing is collected.
 */
public final class Collector {
    /** Packs are copied until what is not needed is at most this share of what is. */
    private static final double MAX_DEAD_SHARE = 0.04;

    /** What reading a node takes, at most. */
    private static final int NODE_BYTES = 16 << 10;

    private final Store store;
    private final Catalog catalog;
    private final Manifests manifests;
    private final ReentrantLock running = new ReentrantLock();

    /**
     * A collector.
     *
     * @param store what is collected
     * @param catalog of the store
     * @param manifests of the store, through which all read
     */
    public Collector(Store store, Catalog catalog, Manifests manifests) {
        this.store = store;
        this.catalog = catalog;
        this.manifests = manifests;
    }

    /**
     * What a run did.
     *
     * @param forgotten deleted things that can't be restored any more
     * @param roots distinct manifests from which it started
     * @param sweep what it condemned and dropped, or would have
     * @param compaction what became of the files; nothing in a dry run
     */
    public record Run(
            long forgotten, long roots, GarbageCollection.Sweep sweep, GarbageCollection.Compaction compaction) {}

    /** Finds out in which order chunks are copied. */
    public interface Ranks {
        /**
         * The order.
         *
         * @return small numbers for what comes first
         * @throws IOException when it can't be known
         */
        ToLongFunction<ChunkId> get() throws IOException;
    }

    /**
     * Collects, when nobody else does any more.
     *
     * @param grace for how long what was deleted can be restored, and what was condemned stays
     * @param dryRun whether nothing is to be changed, and only counted
     * @param ranks order in which chunks are copied
     * @param pace is told of what is read and copied
     * @return what it did
     * @throws IOException when it could not: nothing that is named is lost
     */
    public Run run(Duration grace, boolean dryRun, Ranks ranks, Pace pace) throws IOException {
        running.lock();
        try {
            return runAlone(grace, dryRun, ranks, pace);
        } finally {
            running.unlock();
        }
    }

    /** Copies what can be read of some files, and deletes those in which nothing is left. */
    void evacuate(Set<Integer> packs, Ranks ranks) throws IOException {
        running.lock();
        try (GarbageCollection collection = store.collect()) {
            collection.evacuate(packs, ranks.get(), Pace.FULL);
        } finally {
            running.unlock();
        }
    }

    /** Collects if nobody else does; null if somebody does. */
    @Nullable
    Run tryRun(Duration grace, Ranks ranks, Pace pace) throws IOException {
        if (!running.tryLock()) {
            return null;
        }
        try {
            return runAlone(grace, false, ranks, pace);
        } finally {
            running.unlock();
        }
    }

    /** Whether somebody waits for a run to end. */
    boolean isAwaited() {
        return running.hasQueuedThreads();
    }

    /** Whether something was deleted that can't be restored any more once a collection has run. */
    boolean hasExpired(Duration grace) throws IOException {
        Instant until = before(catalog.clock().instant(), grace);
        AtomicBoolean found = new AtomicBoolean();
        catalog.bin().deletedUntil(until, some -> {
            found.set(true);
            return false;
        });
        return found.get();
    }

    /** Without a time of grace all is given up, also what was deleted by a clock that was wrong. */
    private static Instant before(Instant now, Duration grace) {
        if (grace.isZero()) {
            return Instant.MAX;
        }
        return grace.compareTo(Duration.between(Instant.EPOCH, now)) > 0 ? Instant.EPOCH : now.minus(grace);
    }

    private Run runAlone(Duration grace, boolean dryRun, Ranks ranks, Pace pace) throws IOException {
        Instant now = catalog.clock().instant();
        Instant until = before(now, grace);
        Set<String> without = dryRun ? deletedUntil(until) : Set.of();
        long forgotten = dryRun ? without.size() : emptyBin(until, pace);
        try (GarbageCollection collection = store.collect()) {
            Map<Manifest, String> roots = roots(collection, without);
            Marking marking = new Marking(collection, pace);
            for (Manifest root : roots.keySet()) {
                manifests.walk(root, marking.of(root));
            }
            Marks marks = marking.marks();
            CollectionProof proof = new CollectionProof(now, marks);
            if (!dryRun) {
                proof.begin(store, roots);
            }
            GarbageCollection.Sweep sweep = collection.sweep(now, grace, dryRun, pace);
            if (!dryRun) {
                proof.end(store, sweep);
            }
            GarbageCollection.Compaction compaction = new GarbageCollection.Compaction(0, 0, 0);
            if (!dryRun) {
                collection.endMarking(); // ranks take heap, too
                compaction = collection.compact(MAX_DEAD_SHARE, ranks.get(), pace);
            }
            return new Run(forgotten, roots.size(), sweep, compaction);
        }
    }

    private Set<String> deletedUntil(Instant until) throws IOException {
        Set<String> ids = new HashSet<>();
        catalog.bin().deletedUntil(until, some -> {
            some.forEach(each -> ids.add(each.id()));
            return true;
        });
        return ids;
    }

    /** How much can't be restored any more. */
    private long emptyBin(Instant until, Pace pace) throws IOException {
        AtomicLong count = new AtomicLong();
        catalog.bin().deletedUntil(until, some -> {
            catalog.bin().forget(some);
            count.addAndGet(some.size());
            pace.spent((long) NODE_BYTES * some.size());
            return true;
        });
        return count.get();
    }

    /** The manifests that are needed, and who needs each. */
    private Map<Manifest, String> roots(GarbageCollection collection, Set<String> without) throws IOException {
        Map<Manifest, String> roots = new LinkedHashMap<>();
        catalog.roots(collection, (owner, root) -> {
            if (without.contains(owner)) {
                return;
            }
            try {
                roots.putIfAbsent(Manifest.parse(new String(root, StandardCharsets.US_ASCII)), owner);
            } catch (ManifestException e) {
                throw new IOException(
                        "nothing is collected, since the manifest of " + owner + " can't be read: " + e.getMessage(),
                        e);
            }
        });
        // After the collection has begun: who comes later reads what is a root.
        for (Manifest used : manifests.inUse()) {
            roots.putIfAbsent(used, "-");
        }
        return roots;
    }

    /** Marks what manifests name, one after the other. */
    private static final class Marking {
        private final GarbageCollection collection;
        private final Pace pace;
        private long chunks;
        private long chunkSum;
        private long nodes;
        private long nodeSum;

        Marking(GarbageCollection collection, Pace pace) {
            this.collection = collection;
            this.pace = pace;
        }

        Marks marks() {
            return new Marks(chunks, chunkSum, nodes, nodeSum);
        }

        ManifestVisitor of(Manifest manifest) {
            return new ManifestVisitor() {
                @Override
                public boolean enter(Subtree subtree) {
                    return node(manifest.key(subtree.name().id()));
                }

                @Override
                public void chunk(long block, ChunkId id) {
                    Marking.this.chunk(manifest.key(id));
                }

                @Override
                public void damaged(Subtree subtree, IOException problem) throws IOException {
                    throw new IOException(
                            "nothing is collected, since a manifest is damaged (check tells whose): "
                                    + problem.getMessage(),
                            problem);
                }
            };
        }

        private boolean node(ChunkKey name) {
            boolean isNew = collection.markNode(name);
            if (isNew) {
                nodes++;
                nodeSum += name.fingerprint();
                pace.spent(NODE_BYTES);
            }
            return isNew;
        }

        private void chunk(ChunkKey key) {
            if (collection.markChunk(key)) {
                chunks++;
                chunkSum += key.fingerprint();
            }
        }
    }
}
