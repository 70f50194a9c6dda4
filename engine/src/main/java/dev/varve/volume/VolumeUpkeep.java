package dev.varve.volume;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.store.Background;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after the logs that are open, on threads of its own: has the next segment ready, syncs what is much, marks what is idle
 * within a second, has folded what is long, and tries again what could not be folded.
 */
final class VolumeUpkeep implements LogUpkeep, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VolumeUpkeep.class);
    private static final int ROUND_MILLIS = 400;

    /** Two, so that a sync keeps nobody from a new segment. */
    private static final int THREADS = 2;

    /** Rounds between two attempts at what could not be folded. */
    private static final int RETRY_ROUNDS = 10;

    private final LiveVolumes live;
    private final VolumeFolds folds;
    private final LogLimits limits;
    private final SpaceReserve reserve;
    private final Consumer<LiveVolume> touches;
    private final Background threads;

    @GuardedBy("this")
    private boolean begun;

    private int rounds;

    /** The last sequence of each log at the last round. */
    private Map<String, Long> sequences = new HashMap<>();

    /**
     * For the volumes of an engine.
     *
     * @param reserve has its floor kept free, without which nothing can be folded
     * @param touches keeps the order in which a volume's chunks were read, when that is over
     */
    VolumeUpkeep(
            LiveVolumes live,
            VolumeFolds folds,
            LogLimits limits,
            SpaceReserve reserve,
            Consumer<LiveVolume> touches,
            Background.Source source) {
        this.touches = touches;
        this.reserve = reserve;
        this.live = live;
        this.folds = folds;
        this.limits = limits;
        threads = source.make("varve-upkeep", THREADS);
    }

    /** Begins with the rounds, once. */
    synchronized void begin() {
        if (!begun) {
            try {
                threads.repeat(this::round, ROUND_MILLIS);
                begun = true;
            } catch (RejectedExecutionException e) {
                throw new IllegalStateException("the engine is closed", e);
            }
        }
    }

    @Override
    public void wanted(VolumeLog log) {
        try {
            threads.execute(() -> {
                try {
                    log.keepUp();
                    shorten(log);
                } catch (IOException | RuntimeException e) {
                    LOG.debug("{} was not looked after", log.volume(), e);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the engine is closing");
        }
    }

    private void round() {
        Map<String, Long> now = new HashMap<>();
        long indexBytes = 0;
        long largestBytes = 0;
        String largest = null;
        for (LiveVolume volume : live.list()) {
            touches.accept(volume);
            VolumeLog log = volume.log();
            if (log == null) {
                continue;
            }
            try {
                now.put(volume.id(), volume.hardenWhenIdle(sequences.getOrDefault(volume.id(), -1L)));
            } catch (IOException | RuntimeException e) {
                LOG.debug("{} was not marked", volume.id(), e);
            }
            long bytes = log.index().heapBytes();
            indexBytes += bytes;
            if (bytes > largestBytes) {
                largestBytes = bytes;
                largest = volume.id();
            }
        }
        sequences = now;
        limits.indexes(indexBytes, largest);
        limits.free(reserve.keepFloor());
        fold();
    }

    private void fold() {
        for (LiveVolume volume : live.list()) {
            VolumeLog log = volume.log();
            if (log != null) {
                shorten(log);
            }
        }
        rounds++;
        if (rounds % RETRY_ROUNDS == 0) {
            folds.retry();
        }
    }

    private void shorten(VolumeLog log) {
        if (log.isOpen() && folds.failure(log.volume()) == null && limits.isToBeShortened(log)) {
            folds.request(log.volume());
        }
    }

    @Override
    public void close() {
        threads.close();
    }
}
