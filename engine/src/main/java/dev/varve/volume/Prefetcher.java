package dev.varve.volume;

import dev.varve.catalog.Catalog;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.chunk.ChunkKey;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings into the cache what a boot will read, in the order in which the first boot of the same lineage read it: on one
 * thread, at most half of the cache, and no read waits for it. An order keeps no chunk in the store: one that is gone is
 * passed over.
 */
final class Prefetcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Prefetcher.class);

    private final Catalog catalog;
    private final Loader loader;

    /** Lineages that wait, or are being brought. */
    private final Set<String> busy = ConcurrentHashMap.newKeySet();

    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread made = new Thread(task, "varve-prefetch");
        made.setDaemon(true);
        return made;
    });

    private volatile boolean closed;

    /** Brings chunks. */
    interface Loader {
        /** How many chunks may be brought at once. */
        int most() throws IOException;

        /** Has a chunk in the cache. */
        void load(ChunkKey key) throws IOException;
    }

    Prefetcher(Catalog catalog, Loader loader) {
        this.catalog = catalog;
        this.loader = loader;
    }

    /**
     * Begins to bring what a boot of a lineage reads, or answers that it is not known yet.
     *
     * @param isWanted whether to go on
     * @return false when nobody has recorded it
     */
    boolean begin(String lineage, Wanted isWanted) throws IOException {
        byte[] record = catalog.touches(lineage);
        List<ChunkKey> order = record == null ? null : FirstTouches.decode(record);
        if (order == null) {
            if (record != null) {
                LOG.warn("the order in which {} was read is damaged, and recorded anew", lineage);
            }
            return false;
        }
        if (!closed && busy.add(lineage)) {
            try {
                thread.execute(() -> bring(lineage, order, isWanted));
            } catch (RejectedExecutionException e) {
                LOG.debug("the engine is closing");
            }
        }
        return true;
    }

    /** Tells whether somebody still reads a disk. */
    interface Wanted {
        boolean get();
    }

    private void bring(String lineage, List<ChunkKey> order, Wanted isWanted) {
        try {
            int most = Math.min(order.size(), loader.most());
            for (int i = 0; i < most && !closed && isWanted.get(); i++) {
                try {
                    loader.load(order.get(i));
                } catch (IOException e) {
                    LOG.debug("{} of {} is passed over", order.get(i), lineage, e);
                }
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("{} is not brought into the cache", lineage, e);
        } finally {
            busy.remove(lineage);
        }
    }

    /** Keeps an order, and drops those whose snapshots and volumes are gone. */
    void keep(FirstTouches touches) throws IOException {
        byte[] record = touches.encode();
        if (record == null) {
            return;
        }
        Set<String> gone = gone();
        catalog.change(change -> {
            gone.forEach(change::dropTouches);
            change.keepTouches(touches.lineage(), record);
            return record;
        });
    }

    private Set<String> gone() throws IOException {
        Set<String> lineages = new HashSet<>(catalog.touchedLineages());
        if (!lineages.isEmpty()) {
            for (ResourceKind kind : List.of(ResourceKind.SNAPSHOT, ResourceKind.VOLUME)) {
                catalog.scan(
                        kind, record -> lineages.remove(lineage(record)), bad -> LOG.debug("a record is bad", bad));
            }
        }
        return lineages;
    }

    private static @Nullable String lineage(Resource record) {
        try {
            return VolumeRecord.lineage(record); // a snapshot's has the same name
        } catch (IOException e) {
            return null;
        }
    }

    /** Ends after the chunk that is being brought. */
    @Override
    public void close() {
        closed = true;
        VolumeUpkeep.end(thread);
    }
}
