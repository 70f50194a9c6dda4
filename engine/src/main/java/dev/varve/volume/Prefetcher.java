package dev.varve.volume;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.chunk.ChunkKey;
import dev.varve.store.Background;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings into the cache what a boot will read, in the order in which the first boot of the same lineage read it: on one
 * thread, at most half of the cache, and no read waits for it. An order keeps no chunk in the store: one that is gone is
 * passed over. One that is short is replaced by a longer one, for it may have been a look and not a boot.
 */
final class Prefetcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Prefetcher.class);

    /** From so many chunks on an order is not noted again. */
    private static final int LONG_ORDER = 1024;

    private static final int MAX_LINEAGES = 1024;

    /** Chunks that are given a rank: 100 MB of heap or so, while they are sorted. */
    private static final int MAX_RANKS = 1 << 20;

    private static final int SOON_SECONDS = 60;

    private final Catalog catalog;
    private final Loader loader;

    /** Those who wait for what is brought, by lineage. */
    @GuardedBy("this")
    private final Map<String, List<BooleanSupplier>> wanted = new HashMap<>();

    /** Lineages of which a volume notes its reads. */
    private final Set<String> noting = ConcurrentHashMap.newKeySet();

    private final Background thread;

    private volatile boolean closed;

    /** Brings chunks. */
    interface Loader {
        /** How many chunks may be brought at once. */
        int most() throws IOException;

        /** Has a chunk in the cache. */
        void load(ChunkKey key) throws IOException;
    }

    Prefetcher(Catalog catalog, Loader loader, Background.Source threads) {
        this.thread = threads.make("varve-prefetch", 1);
        this.catalog = catalog;
        this.loader = loader;
    }

    /**
     * Begins to bring what a boot of a lineage reads, if that is known.
     *
     * @param isWanted whether to go on
     * @return whether the caller is to note what it reads, and {@link #keep} it
     */
    boolean begin(String lineage, BooleanSupplier isWanted) throws IOException {
        int known = order(lineage).size();
        if (known > 0) {
            ask(lineage, isWanted);
        }
        return known < LONG_ORDER && noting.add(lineage);
    }

    /** Begins to bring what a boot of a lineage reads, for somebody who is about to boot, and has a minute for it. */
    void bringSoon(String lineage) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SOON_SECONDS);
        ask(lineage, () -> System.nanoTime() - end < 0);
    }

    private void ask(String lineage, BooleanSupplier isWanted) {
        if (want(lineage, isWanted)) {
            try {
                thread.execute(() -> bring(lineage));
            } catch (RejectedExecutionException e) {
                LOG.debug("nothing is brought for {}: the engine is closing", lineage);
                end(lineage);
            }
        }
    }

    private List<ChunkKey> order(String lineage) throws IOException {
        byte[] record = catalog.touches(lineage);
        List<ChunkKey> order = record == null ? List.of() : FirstTouches.decode(record);
        if (order == null) {
            LOG.warn("the order in which {} was read is damaged, and noted anew", lineage);
        }
        return order == null ? List.of() : order;
    }

    /** Where in the orders a chunk of a fingerprint comes, one order after the other. */
    LongUnaryOperator ranks() throws IOException {
        Map<Long, Long> ranks = new HashMap<>();
        for (String lineage : catalog.touchedLineages()) {
            for (ChunkKey key : order(lineage)) {
                if (ranks.size() < MAX_RANKS) {
                    ranks.putIfAbsent(key.id().fingerprint(), (long) ranks.size());
                }
            }
        }
        return fingerprint -> ranks.getOrDefault(fingerprint, Long.MAX_VALUE);
    }

    /** Whether who asks is the first. While too many lineages are wanted, nobody is. */
    private synchronized boolean want(String lineage, BooleanSupplier isWanted) {
        if (wanted.size() >= MAX_LINEAGES && !wanted.containsKey(lineage)) {
            LOG.debug("nothing is brought for {}: too much is to be brought", lineage);
            return false;
        }
        List<BooleanSupplier> all = wanted.computeIfAbsent(lineage, unused -> new ArrayList<>());
        all.add(isWanted);
        return all.size() == 1;
    }

    private synchronized boolean isWanted(String lineage) {
        List<BooleanSupplier> all = wanted.getOrDefault(lineage, List.of());
        return !closed && all.stream().anyMatch(BooleanSupplier::getAsBoolean);
    }

    private synchronized void end(String lineage) {
        wanted.remove(lineage);
    }

    private void bring(String lineage) {
        try {
            List<ChunkKey> order = order(lineage);
            int most = Math.min(order.size(), loader.most());
            for (int i = 0; i < most && isWanted(lineage); i++) {
                try {
                    loader.load(order.get(i));
                } catch (IOException e) {
                    LOG.debug("{} of {} is passed over", order.get(i), lineage, e);
                }
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("{} is not brought into the cache", lineage, e);
        } finally {
            end(lineage);
        }
    }

    /** Keeps an order if it is longer than what there is, and drops those whose snapshots and volumes are gone. */
    void keep(FirstTouches touches) throws IOException {
        noting.remove(touches.lineage());
        byte[] record = touches.encode();
        if (record == null || touches.count() <= order(touches.lineage()).size()) {
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
                Consumer<Resource> has = record -> lineages.remove(lineage(record));
                catalog.scan(kind, has, bad -> LOG.debug("a record is bad", bad));
                catalog.bin().scan(kind, has, bad -> LOG.debug("a record is bad", bad));
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
        thread.close();
    }
}
