package dev.varve.maintenance;

import dev.varve.store.Background;
import dev.varve.store.Pace;
import dev.varve.store.Verification;
import dev.varve.store.Verification.Pack;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads all data of a store on a thread of its own, round after round, pack by pack, at most {@value #BYTES_PER_SECOND} bytes
 * a second. How far it has come is kept in the store once a minute: after a restart it goes on there. A round reads the packs that
 * there were when it began.
 *
 * <p>It waits while somebody reads all data at once, after which the present round has ended: nothing is left to be read.
 */
public final class BackgroundScrubber implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BackgroundScrubber.class);
    private static final long BYTES_PER_SECOND = 16L << 20;
    private static final long TICK_MILLIS = 60_000;
    private static final long KEPT_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Scrubber scrubber;
    private final Duration interval;
    private final Consumer<Problem> listener;
    private final Pace pace;
    private final Verification verification;
    private final Background thread;

    /** What was wrong when it was last looked at, and is told; {@value Findings#MAX_PROBLEMS} at most. Of the thread. */
    private Set<Problem> told = new HashSet<>();

    /** When the state was last kept. Of the thread. */
    private long keptNanos = System.nanoTime();

    private volatile boolean closed;

    /**
     * Begins, after a minute.
     *
     * @param scrubber of the store
     * @param interval from the end of a round to the beginning of the next
     * @param listener is told what is newly found to be wrong
     * @param threads where its thread comes from
     */
    public BackgroundScrubber(
            Scrubber scrubber, Duration interval, Consumer<Problem> listener, Background.Source threads) {
        this(scrubber, interval, listener, threads, BYTES_PER_SECOND, TICK_MILLIS);
    }

    BackgroundScrubber(
            Scrubber scrubber,
            Duration interval,
            Consumer<Problem> listener,
            Background.Source threads,
            long bytesPerSecond,
            long tickMillis) {
        this.scrubber = scrubber;
        this.interval = interval;
        this.listener = listener;
        this.pace = new Yielding(new SlowPace(bytesPerSecond, () -> false, () -> closed));
        this.verification = scrubber.verification();
        this.thread = threads.make("varve-scrubber", 1);
        thread.repeat(this::attempt, tickMillis);
    }

    private void attempt() {
        try {
            round();
        } catch (Throwable e) { // whatever it is, the next attempt comes
            if (closed) {
                LOG.debug("a scrub was ended: the engine is closing", e);
            } else {
                LOG.warn("nothing is scrubbed until the next attempt: {}", String.valueOf(e.getMessage()));
                LOG.debug("a scrub has failed", e);
            }
        }
    }

    /** Goes on with the round that is under way, or begins one if it is time. */
    private void round() throws IOException {
        ScrubState state = scrubber.state();
        Instant begun = state.begun();
        if (begun == null) {
            Instant now = scrubber.now();
            Instant ended = state.ended();
            boolean isDue = ended == null || ended.isAfter(now) || !now.isBefore(ended.plus(interval));
            if (!isDue) {
                return;
            }
            begun = now;
            int last =
                    verification.packs().stream().mapToInt(Pack::number).max().orElse(0);
            scrubber.change(old -> old.beginning(now, last));
        }
        for (Pack pack = next(begun); pack != null; pack = next(begun)) {
            read(pack, begun);
        }
        end(begun);
    }

    /** The next pack to be read; null when none is left, or the round has ended. */
    private @Nullable Pack next(Instant begun) throws IOException {
        ScrubState state = scrubber.state();
        return verification.packs().stream()
                .filter(pack -> begun.equals(state.begun())
                        && pack.number() >= state.nextPack()
                        && pack.number() <= state.lastPack())
                .findFirst()
                .orElse(null);
    }

    private void read(Pack pack, Instant begun) throws IOException {
        if (!verification.isSound(pack.number(), pace)) {
            Damage damage = new Damage();
            verification.findLost(Set.of(pack.number()), damage, pace);
            if (damage.count() > 0) {
                LOG.error("{} chunks are found to be damaged", damage.count());
                Set<Integer> known = new HashSet<>(scrubber.state().unsound());
                known.remove(pack.number());
                if (!known.isEmpty()) {
                    verification.findLost(known, damage, pace);
                }
                known.add(pack.number());
                keep(damage, known, begun, false);
            }
        }
        boolean isTime = System.nanoTime() - keptNanos > KEPT_NANOS;
        change(begun, isTime, old -> old.past(pack.number(), pack.bytes()));
    }

    private void end(Instant begun) throws IOException {
        ScrubState state = scrubber.state();
        if (!begun.equals(state.begun())) {
            return; // somebody has read everything meanwhile
        }
        Damage damage = new Damage();
        verification.findLost(state.unsound(), damage, pace);
        verification.checkFiles(damage);
        keep(damage, state.unsound(), begun, true);
    }

    /** Finds out whom damage hits, keeps it, and tells what is new. */
    private void keep(Damage damage, Set<Integer> unsound, Instant begun, boolean isEnd) throws IOException {
        ScrubState before = scrubber.state();
        Findings found = scrubber.check(damage, pace, before.readBytes());
        Set<Integer> left = damage.chunks().isEmpty() ? Set.of() : unsound;
        change(begun, true, old -> isEnd ? old.ended(scrubber.now(), found, left) : old.with(found, left));
        told.addAll(before.problems());
        Set<Problem> now = new HashSet<>();
        for (Problem each : found.problems()) {
            Problem problem = ScrubState.cut(each);
            now.add(problem);
            if (!told.contains(problem)) {
                LOG.error(
                        "{}; {} has lost {} bytes at {}, used by {}",
                        problem.message(),
                        problem.owner(),
                        problem.lengthBytes(),
                        problem.offsetBytes(),
                        problem.imageIds());
                listener.accept(problem);
            }
        }
        told = now;
        if (isEnd) {
            LOG.info("all data was read, {} bytes: {} problems", found.dataBytes(), found.problemCount());
        }
    }

    /** Changes the state, unless the round has ended. */
    private void change(Instant begun, boolean isKept, UnaryOperator<ScrubState> change) throws IOException {
        UnaryOperator<ScrubState> mine = old -> begun.equals(old.begun()) ? change.apply(old) : old;
        if (isKept) {
            scrubber.change(mine);
            keptNanos = System.nanoTime();
        } else {
            scrubber.note(mine);
        }
    }

    /** Lets who reads all data at once go first. */
    private final class Yielding implements Pace {
        private final Pace slow;

        Yielding(Pace slow) {
            this.slow = slow;
        }

        @Override
        public void spent(long bytes) {
            slow.spent(bytes);
            while (scrubber.isReading()) {
                if (closed) {
                    throw new CancellationException("the engine is closing");
                }
                LockSupport.parkNanos(WAIT_NANOS);
            }
        }
    }

    /** Ends after the step that it is at, and keeps how far it has come. */
    @Override
    public void close() {
        closed = true;
        thread.close();
        try {
            if (scrubber.state().begun() != null) {
                scrubber.change(state -> state);
            }
        } catch (IOException | IllegalStateException e) {
            LOG.debug("how far the scrub has come is not kept", e);
        }
    }
}
