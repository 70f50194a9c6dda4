package dev.varve.maintenance;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.catalog.BadRecordException;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.Resource;
import dev.varve.manifest.Manifests;
import dev.varve.store.Pace;
import dev.varve.store.Store;
import dev.varve.store.Verification;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for damage in a store: in records and manifests alone, in all data at once, or in the data bit by bit
 * ({@link BackgroundScrubber}). What was found in the data is kept in the store, with how far its reading has come.
 *
 * <p>All methods may be called from many threads. One reads all data at a time; who does so bit by bit waits for it.
 */
public final class Scrubber {
    private static final Logger LOG = LoggerFactory.getLogger(Scrubber.class);

    private final Store store;
    private final Catalog catalog;
    private final Manifests manifests;
    private final LogCheck logs;

    /** Held by who reads all data at once. */
    private final ReentrantLock reading = new ReentrantLock();

    private final Object lock = new Object();

    @GuardedBy("lock")
    private @Nullable ScrubState state;

    /** Tells what is not there of a volume's log. */
    public interface LogCheck {
        /**
         * Looks.
         *
         * @param volume its record
         * @return what is missing
         * @throws IOException when the record can't be read
         */
        List<String> missing(Resource volume) throws IOException;
    }

    /** Is told how far a reading has come. */
    public interface Progress {
        /**
         * From any thread. What it throws ends the reading.
         *
         * @param doneBytes read so far
         * @param totalBytes to be read
         */
        void progress(long doneBytes, long totalBytes);
    }

    /**
     * A scrubber.
     *
     * @param store what is read
     * @param catalog of the store
     * @param manifests of the store
     * @param logs tells what is missing of volumes' logs
     */
    public Scrubber(Store store, Catalog catalog, Manifests manifests, LogCheck logs) {
        this.store = store;
        this.catalog = catalog;
        this.manifests = manifests;
        this.logs = logs;
    }

    /**
     * Looks through records and manifests, and at the packs that are known to be damaged.
     *
     * @return what is wrong
     * @throws IOException when it could not go on
     */
    public Findings check() throws IOException {
        ScrubState known = state();
        Damage damage = known.problemCount() == 0 ? new Damage() : lookAgain(known.unsound());
        return check(damage, Pace.FULL, 0);
    }

    /**
     * Reads all data as well, as fast as it can: a whole round.
     *
     * @param progress is told how far it is
     * @return what is wrong
     * @throws IOException when it could not go on
     */
    public Findings checkData(Progress progress) throws IOException {
        return readAlone(() -> {
            Damage damage = new Damage();
            DataReading reading = new DataReading(store, damage, progress);
            long bytes = reading.run();
            return checkAndKeep(damage, reading.unsound(), bytes);
        });
    }

    /** Something that reads all data at once. */
    interface Reading<T> {
        T run() throws IOException;
    }

    /** Reads all data while nobody else does. */
    <T> T readAlone(Reading<T> work) throws IOException {
        reading.lock();
        try {
            return work.run();
        } finally {
            reading.unlock();
        }
    }

    /** All data was read: a round has ended. */
    Findings checkAndKeep(Damage damage, Set<Integer> unsound, long bytes) {
        Findings found = check(damage, Pace.FULL, bytes);
        Set<Integer> left = damage.chunks().isEmpty() ? Set.of() : unsound;
        try {
            change(old -> old.ended(now(), found, left));
        } catch (IOException e) {
            LOG.warn("what was found is not kept: {}", e.getMessage());
        }
        return found;
    }

    /** What manifests name and can't be had. */
    Lost lost(Damage damage) {
        StoreCheck check = new StoreCheck(store, catalog, manifests, logs, damage, Pace.FULL);
        check.walk();
        return check.lost();
    }

    Findings check(Damage damage, Pace pace, long dataBytes) {
        return new StoreCheck(store, catalog, manifests, logs, damage, pace).run(dataBytes);
    }

    /** What is wrong now with what lies in some packs, or in none. */
    Damage lookAgain(Set<Integer> packs) {
        Damage damage = new Damage();
        store.verification().findLost(packs, damage, Pace.FULL);
        return damage;
    }

    Verification verification() {
        return store.verification();
    }

    Instant now() {
        return catalog.clock().instant();
    }

    /** Whether somebody reads all data at once. */
    boolean isReading() {
        return reading.isLocked();
    }

    /**
     * What is known of the data.
     *
     * @return as it is now
     * @throws IOException when it can't be read
     */
    public ScrubState state() throws IOException {
        synchronized (lock) {
            ScrubState known = state;
            if (known == null) {
                byte[] value = store.record(ScrubState.KEY);
                try {
                    known = value == null ? ScrubState.NONE : ScrubState.decode(value);
                } catch (BadRecordException e) {
                    LOG.warn("all data is read anew: {}", e.getMessage());
                    known = ScrubState.NONE;
                }
                state = known;
            }
            return known;
        }
    }

    /** Changes the state of this process; the next durable change has it, too. */
    void note(UnaryOperator<ScrubState> change) throws IOException {
        synchronized (lock) {
            state = change.apply(state());
        }
    }

    /** Changes the state, durably. */
    void change(UnaryOperator<ScrubState> change) throws IOException {
        synchronized (lock) {
            ScrubState changed = change.apply(state());
            store.commit(Map.of(ScrubState.KEY, changed.encode()), Set.of());
            state = changed;
        }
    }
}
