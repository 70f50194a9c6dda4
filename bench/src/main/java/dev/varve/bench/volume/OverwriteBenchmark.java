package dev.varve.bench.volume;

import dev.varve.EngineOptions;
import dev.varve.bench.Percentiles;
import dev.varve.bench.SampleChunks;
import dev.varve.bench.Trial;
import dev.varve.bench.TrialRun;
import dev.varve.bench.VarveBenchmark;
import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * What becomes of a volume that is written over without an end: does its log stay bounded, do its writers keep their pace, and
 * how long do they wait?
 *
 * <p>Workload: one thread writes 4 KiB at random, no flush, 10 GiB in all into a span of 1 GiB, and as much into one of 8
 * GiB; the log's bound is what the engine's options say ({@code --quick}: 1 GiB, a bound of 256 MiB). Beside it: a new
 * volume whose log is empty, for a sixteenth of the bytes, before and after each; and a plain file for the waits. The files
 * of the logs are looked at 20 times a second; they may be as long as the bound, what is kept for use again, and a segment
 * that is being made. The heap is looked at when all is written, by a histogram of what is reachable.
 *
 * <pre>bench/run Overwrite</pre>
 */
public final class OverwriteBenchmark implements Trial {
    /** At least half of the throughput. */
    private static final double EMPTY_BAR = 2;

    private static final int PAGE = 4096;
    private static final int FRESH_PART = 16;
    private static final long GIB = 1L << 30;
    private static final long DISK = 16 * GIB;
    private static final long QUICK_LOG_BYTES = 256L << 20;

    /** What the engine keeps of segments that nobody uses, and the two longest that may be between owners. */
    private static final long SPARE_BYTES = GIB + (128L << 20);

    /** Of manifest nodes that the engine keeps. */
    private static final double NODE_BYTES = 32L << 20;

    /** Of a chunk's worth of pages that were written. */
    private static final double INDEX_BYTES = 170;

    private static final long LOOK_NANOS = 50_000_000;
    private static final double MEDIAN = 50;
    private static final double P999 = 99.9;
    private static final double ALL = 100;
    private static final double MICROS = 1e-3;
    private static final double MILLIS = 1e-6;

    /** For {@link java.util.ServiceLoader}. */
    public OverwriteBenchmark() {}

    /** Writes somewhere. */
    private interface Access {
        void at(ByteBuffer src, long offsetBytes) throws IOException;
    }

    /** What writes took. */
    private static final class Course {
        private final double meanMicros;
        private final long[] nanos;

        Course(double meanMicros, long[] nanos) {
            this.meanMicros = meanMicros;
            this.nanos = nanos;
        }

        double millis(double percent) {
            return Percentiles.of(nanos, percent) * MILLIS;
        }
    }

    @Override
    public void run(TrialRun run) throws Exception {
        EngineOptions options = EngineOptions.defaults();
        if (run.isQuick()) {
            options = options.withLogBytes(QUICK_LOG_BYTES);
        }
        long bytes = run.isQuick() ? GIB : 10 * GIB;
        try (SampleVolumes store = new SampleVolumes(run.folder(), options)) {
            fresh(store, bytes); // warms up
            overwrite(run, store, run.isQuick() ? GIB / 4 : GIB, bytes, (double) options.logBytes());
            overwrite(run, store, run.isQuick() ? 2 * GIB : 8 * GIB, bytes, (double) options.logBytes());
        }
    }

    private static void overwrite(TrialRun run, SampleVolumes store, long span, long bytes, double bound)
            throws Exception {
        String what = mib(bytes) + " of overwrites in " + mib(span) + ": ";
        Course before = fresh(store, bytes);
        Course course;
        String id = store.blank(DISK);
        AtomicLong most = new AtomicLong();
        Background.Step look = () -> {
            most.accumulateAndGet(store.logBytes(), Math::max);
            LockSupport.parkNanos(LOOK_NANOS);
        };
        Background watch = new Background("log-watch", look);
        try (BlockDevice disk = store.attach(id)) {
            double idle = LiveHeap.bytes();
            course = write(disk::write, span, bytes);
            double heap = LiveHeap.bytes() - idle - (double) Long.BYTES * course.nanos.length;
            double index =
                    2 * INDEX_BYTES * span / VarveBenchmark.CHUNK; // of the layer that is folded, and of the next
            double bounds = index + NODE_BYTES;
            run.ratio(what + "heap that is held / bounds of it", mb(heap), mb(bounds), "MB", heap / bounds, 1);
        } finally {
            watch.end();
        }
        double allowed = bound + SPARE_BYTES;
        double files = most.get();
        run.ratio(what + "log's files / bound and spare", mb(files), mb(allowed), "MB", files / allowed, 1);
        store.volumes().delete(id);
        Course after = fresh(store, bytes);
        double empty = (before.meanMicros + after.meanMicros) / 2;
        run.ratio(
                what + "a write / with an empty log",
                course.meanMicros,
                empty,
                "us",
                course.meanMicros / empty,
                span <= GIB ? EMPTY_BAR : Double.NaN);
        Course plain;
        try (FileChannel file = SampleVolumes.plainFile(run.folder().resolve("plain-" + span), span)) {
            plain = write(file::write, span, bytes);
        }
        run.ratio(
                what + "a write / plain file",
                course.meanMicros,
                plain.meanMicros,
                "us",
                course.meanMicros / plain.meanMicros,
                Double.NaN);
        for (double percent : new double[] {MEDIAN, P999, ALL}) {
            String which = percent == ALL ? "longest" : "p" + (percent == P999 ? "99.9" : "50");
            double ours = course.millis(percent);
            double least = plain.millis(percent);
            run.ratio(what + which + " write / plain file", ours, least, "ms", ours / least, Double.NaN);
        }
    }

    /** The same on a new volume, for a part of the bytes, which folds nothing. */
    private static Course fresh(SampleVolumes store, long bytes) throws IOException {
        String id = store.blank(DISK);
        Course course;
        try (BlockDevice disk = store.attach(id)) {
            course = write(disk::write, GIB, bytes / FRESH_PART);
        }
        store.volumes().delete(id);
        return course;
    }

    private static Course write(Access access, long span, long bytes) throws IOException {
        Place place = new Place(span, PAGE, true, 0);
        place.buffer.put(new SampleChunks(PAGE).chunk(1));
        long[] nanos = new long[(int) (bytes / PAGE)];
        long start = System.nanoTime();
        long last = start;
        for (int i = 0; i < nanos.length; i++) {
            access.at(place.buffer.putInt(0, i).clear(), place.next());
            long now = System.nanoTime();
            nanos[i] = now - last;
            last = now;
        }
        return new Course((last - start) * MICROS / nanos.length, nanos);
    }

    private static String mib(long bytes) {
        return (bytes >>> 20) + " MiB";
    }

    private static double mb(double bytes) {
        return bytes / 1e6;
    }
}
