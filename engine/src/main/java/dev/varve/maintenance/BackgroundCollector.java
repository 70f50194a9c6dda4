package dev.varve.maintenance;

import dev.varve.catalog.Catalog;
import dev.varve.store.Background;
import dev.varve.store.GarbageCollection;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects on a thread of its own: once after it was begun, for what earlier processes have left, then whenever a manifest
 * was released, and when a time of grace has ended. It reads and copies at most
 * {@value #BYTES_PER_SECOND} bytes a second, unless somebody waits for it to end.
 */
public final class BackgroundCollector implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BackgroundCollector.class);
    private static final long BYTES_PER_SECOND = 64L << 20;
    private static final long MIN_ROUND_MILLIS = 1000;
    private static final long MAX_ROUND_MILLIS = 60_000;
    private static final int ROUNDS_OF_GRACE = 10;

    private final Collector collector;
    private final Catalog catalog;
    private final Collector.Ranks ranks;
    private final Duration grace;
    private final Background thread;

    /** What had been released when the last run began; none has run yet. Of the thread. */
    private long seen = -1;

    /** Whether something was condemned that is not dropped yet. Of the thread. */
    private boolean waits;

    private volatile boolean closed;

    /**
     * Begins.
     *
     * @param collector of the store
     * @param catalog of the store
     * @param ranks order in which chunks are copied
     * @param grace for how long what was deleted can be restored, and what was condemned stays
     * @param threads where its thread comes from
     */
    public BackgroundCollector(
            Collector collector, Catalog catalog, Collector.Ranks ranks, Duration grace, Background.Source threads) {
        this.collector = collector;
        this.catalog = catalog;
        this.ranks = ranks;
        this.grace = grace;
        long round = Math.min(MAX_ROUND_MILLIS, Math.max(MIN_ROUND_MILLIS, grace.toMillis() / ROUNDS_OF_GRACE));
        thread = threads.make("varve-collector", 1);
        thread.repeat(this::round, round);
    }

    private void round() {
        long gone = catalog.rootsGone();
        try {
            if (gone == seen && !waits && !collector.hasExpired(grace)) {
                return;
            }
            Collector.Run run =
                    collector.tryRun(grace, ranks, new SlowPace(BYTES_PER_SECOND, collector::isAwaited, () -> closed));
            if (run != null) {
                seen = gone;
                waits = count(run.sweep().condemned()) + count(run.sweep().waiting()) > 0;
            }
        } catch (Throwable e) { // whatever it is, the next round comes
            if (closed) {
                LOG.debug("a collection was ended: the engine is closing", e);
            } else {
                LOG.warn("nothing is collected until the next attempt: {}", String.valueOf(e.getMessage()));
                LOG.debug("a collection has failed", e);
            }
        }
    }

    private static long count(GarbageCollection.Count count) {
        return count.chunks() + count.nodes();
    }

    /** Ends after the step that it is at. */
    @Override
    public void close() {
        closed = true;
        thread.close();
    }
}
