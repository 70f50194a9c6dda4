package dev.varve.maintenance;

import dev.varve.catalog.Catalog;
import dev.varve.chunk.ChunkId;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestException;
import dev.varve.manifest.ManifestVisitor;
import dev.varve.manifest.Manifests;
import dev.varve.manifest.Subtree;
import dev.varve.store.GarbageCollection;
import dev.varve.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * Collects chunks and manifest nodes that nothing names any more, beside all that is done with the store.
 *
 * <p><b>Roots</b> are the manifests that the catalog holds, as they stand at one moment, and those that anybody in this
 * process reads. Leases are the store's own care. Subtrees that manifests share are visited once.
 *
 * <p><b>Damage.</b> While a manifest can't be read nobody knows what it names, and nothing is collected.
 */
public final class Collector {
    /** Packs of which less than this is needed are copied and deleted. */
    private static final double MIN_LIVE_SHARE = 0.75;

    private final Store store;
    private final Catalog catalog;
    private final Manifests manifests;

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
     * @param roots distinct manifests from which it started
     * @param sweep what it condemned and dropped, or would have
     * @param compaction what became of the files; nothing in a dry run
     */
    public record Run(long roots, GarbageCollection.Sweep sweep, GarbageCollection.Compaction compaction) {}

    /**
     * Collects.
     *
     * @param grace for how long what was condemned stays
     * @param dryRun whether nothing is to be changed, and only counted
     * @param rank order in which chunks are copied
     * @return what it did
     * @throws IOException when it could not: nothing that is named is lost
     * @throws IllegalStateException when another collection is under way
     */
    public Run run(Duration grace, boolean dryRun, ToLongFunction<ChunkId> rank) throws IOException {
        try (GarbageCollection collection = store.collect()) {
            Set<Manifest> roots = roots(collection);
            for (Manifest root : roots) {
                manifests.walk(root, new Marking(collection, root));
            }
            GarbageCollection.Sweep sweep = collection.sweep(catalog.clock().instant(), grace, dryRun);
            GarbageCollection.Compaction compaction =
                    dryRun ? new GarbageCollection.Compaction(0, 0, 0) : collection.compact(MIN_LIVE_SHARE, rank);
            return new Run(roots.size(), sweep, compaction);
        }
    }

    private Set<Manifest> roots(GarbageCollection collection) throws IOException {
        Set<Manifest> roots = new LinkedHashSet<>();
        catalog.roots(collection, (owner, root) -> {
            try {
                roots.add(Manifest.parse(new String(root, StandardCharsets.US_ASCII)));
            } catch (ManifestException e) {
                throw new IOException(
                        "nothing is collected, since the manifest of " + owner + " can't be read: " + e.getMessage(),
                        e);
            }
        });
        roots.addAll(manifests.inUse()); // after the collection has begun: who comes later reads what is a root
        return roots;
    }

    /** Marks what one manifest names. */
    private static final class Marking implements ManifestVisitor {
        private final GarbageCollection collection;
        private final Manifest manifest;

        Marking(GarbageCollection collection, Manifest manifest) {
            this.collection = collection;
            this.manifest = manifest;
        }

        @Override
        public boolean enter(Subtree subtree) {
            return collection.markNode(manifest.key(subtree.name().id()));
        }

        @Override
        public void chunk(long block, ChunkId id) {
            collection.markChunk(manifest.key(id));
        }

        @Override
        public void damaged(Subtree subtree, IOException problem) throws IOException {
            throw new IOException(
                    "nothing is collected, since a manifest is damaged (check tells whose): " + problem.getMessage(),
                    problem);
        }
    }
}
