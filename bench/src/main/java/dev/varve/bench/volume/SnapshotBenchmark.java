package dev.varve.bench.volume;

import dev.varve.EngineOptions;
import dev.varve.bench.Alternation;
import dev.varve.bench.Order;
import dev.varve.bench.Percentiles;
import dev.varve.bench.Trial;
import dev.varve.bench.TrialRun;
import dev.varve.bench.VarveBenchmark;
import dev.varve.block.BlockDevice;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What does a snapshot of a volume cost those who write, what does it cost itself, and what do 1,000 of them cost those who
 * read?
 *
 * <ul>
 *   <li><b>Writers.</b> 1 TiB, 100 MiB of it dirty. One thread writes 4 KiB every 20 microseconds or so. In turn: as long
 *       as a snapshot and its fold take, and about as long with a flush of as many bytes. How long the append gate was
 *       closed, as the engine tells the flight recorder; the longest write under way between call and return of {@code
 *       snapshot}, which also competes for processor and disk, beside the same of {@code flush}; and p99.9 of all writes.
 *   <li><b>Commit.</b> The call, which returns when the snapshot is {@code pending} and durable, and until it is {@code
 *       completed}: by dirty bytes, and by the disk's length with the same dirty bytes, in turn.
 *   <li><b>Readers.</b> Two volumes of 256 MiB of data, one with 1 snapshot and one with 1,000, in turn: 4 KiB at random,
 *       warm; and the first read of each chunk, all files cold.
 * </ul>
 *
 * <pre>bench/run Snapshot</pre>
 */
public final class SnapshotBenchmark implements Trial {
    private static final double GATE_MICROS_BAR = 1_000;
    private static final double WRITERS_MICROS_BAR = 2_000;
    private static final double SIZE_BAR = 1.5;
    private static final double READ_BAR = 1.1;

    private static final int MIB = 1 << 20;
    private static final long TIB = 1L << 40;
    private static final long SMALL_DISK = 8L << 30;
    private static final long SPAN = 4L << 30;
    private static final int READ_SPAN = 256 * MIB;
    private static final int PAGE = 4096;
    private static final int P99 = 99;
    private static final double P999 = 99.9;
    private static final double MILLIS = 1e-6;
    private static final double MICROS = 1e-3;

    /** The most that all content is to differ, so that the store of a long run stays small. */
    private static final int DIFFERENT_CHUNKS = 1 << 16;

    /** How long it is looked at what writes take without a snapshot: about as long as a fold. */
    private static final long AS_LONG_MILLIS = 300;

    /** Of the thread that writes all the time: few chunks, so that they are a small part of what is dirty. */
    private static final long PROBED_BYTES = MIB;

    private final Dirt dirt = VarveBenchmark.opened(() -> new Dirt(DIFFERENT_CHUNKS));

    /** For {@link java.util.ServiceLoader}. */
    public SnapshotBenchmark() {}

    @Override
    public void run(TrialRun run) throws Exception {
        try (SampleVolumes store = new SampleVolumes(run.folder(), EngineOptions.defaults())) {
            commits(run, store);
            sizes(run, store);
            readers(run, store);
            writers(run, store);
        }
    }

    private static String snapshot(SampleVolumes store, String volumeId) throws IOException {
        return store.volumes().snapshot(volumeId, SnapshotRequest.NEW).id();
    }

    /** A volume whose last chunk is data, so that its manifest is as high as one of its length can be. */
    private String volume(SampleVolumes store, long sizeBytes) throws Exception {
        String id = store.blank(sizeBytes);
        try (BlockDevice disk = store.attach(id)) {
            dirt.writeChunk(disk, sizeBytes - VarveBenchmark.CHUNK);
            store.await(snapshot(store, id));
        }
        return id;
    }

    /** What the call and the fold of a snapshot took, in milliseconds. */
    private record Commit(double callMillis, double foldMillis) {}

    private static Commit commit(SampleVolumes store, String id) throws Exception {
        long start = System.nanoTime();
        String snapshotId = snapshot(store, id);
        long called = System.nanoTime();
        Snapshot done = store.await(snapshotId);
        if (done.progressPercent() < 100) {
            throw new IllegalStateException(snapshotId + " is completed at " + done.progressPercent() + " %");
        }
        return new Commit((called - start) * MILLIS, (System.nanoTime() - start) * MILLIS);
    }

    private void commits(TrialRun run, SampleVolumes store) throws Exception {
        String id = volume(store, TIB);
        int rounds = run.pick(3, 15);
        int[] sizes = {1, 10, 100};
        double[][] calls = new double[sizes.length][rounds];
        double[][] folds = new double[sizes.length][rounds];
        try (BlockDevice disk = store.attach(id)) {
            for (int i = -1; i < rounds; i++) {
                for (int j = 0; j < sizes.length; j++) {
                    dirt.write(disk, 0, (long) sizes[j] * MIB);
                    disk.flush();
                    Commit commit = commit(store, id);
                    if (i >= 0) {
                        calls[j][i] = commit.callMillis;
                        folds[j][i] = commit.foldMillis;
                    }
                }
            }
        }
        for (int j = 0; j < sizes.length; j++) {
            String name = "snapshot of 1 TiB, " + sizes[j] + " MiB dirty and flushed: ";
            run.figure(name + "pending", Percentiles.median(calls[j]), "ms", Double.NaN);
            run.figure(name + "completed", Percentiles.median(folds[j]), "ms", Double.NaN);
        }
    }

    private void sizes(TrialRun run, SampleVolumes store) throws Exception {
        String large = volume(store, TIB);
        String small = volume(store, SMALL_DISK);
        int rounds = run.pick(3, 15);
        double[][] figures = new double[4][rounds];
        try (BlockDevice one = store.attach(large);
                BlockDevice other = store.attach(small)) {
            for (int i = -1; i < rounds; i++) {
                Commit first = scattered(store, large, one);
                Commit second = scattered(store, small, other);
                if (i >= 0) {
                    figures[0][i] = first.callMillis;
                    figures[1][i] = second.callMillis;
                    figures[2][i] = first.foldMillis;
                    figures[3][i] = second.foldMillis;
                }
            }
        }
        ofSizes(run, "pending", figures[0], figures[1]);
        ofSizes(run, "completed", figures[2], figures[3]);
    }

    private static void ofSizes(TrialRun run, String until, double[] large, double[] small) {
        double ours = Percentiles.median(large);
        double least = Percentiles.median(small);
        run.ratio("snapshot, 100 MiB dirty: " + until + ", 1 TiB / 8 GiB", ours, least, "ms", ours / least, SIZE_BAR);
    }

    /** 1,600 chunks, the same places of any disk. */
    private Commit scattered(SampleVolumes store, String id, BlockDevice disk) throws Exception {
        Place place = new Place(SPAN, VarveBenchmark.CHUNK, true, 3);
        for (int i = 0; i < 100 * MIB / VarveBenchmark.CHUNK; i++) {
            dirt.writeChunk(disk, place.next());
        }
        disk.flush();
        return commit(store, id);
    }

    private void writers(TrialRun run, SampleVolumes store) throws Exception {
        String id = volume(store, TIB);
        int rounds = run.pick(10, 1_000);
        double[] held = new double[rounds];
        double[] heldWithout = new double[rounds];
        List<long[]> with = new ArrayList<>();
        List<long[]> without = new ArrayList<>();
        FreezeTimes gates = new FreezeTimes(run.folder());
        try (BlockDevice disk = store.attach(id)) {
            for (int i = -1; i < rounds; i++) {
                Course course = course(store, id, disk, i);
                if (i >= 0) {
                    held[i] = course.heldMicros;
                    heldWithout[i] = course.heldWithoutMicros;
                    with.add(course.with.nanos());
                    without.add(course.without.nanos());
                }
            }
        }
        double[] closed = gates.micros();
        String name = rounds + " snapshots of 1 TiB, 100 MiB dirty: ";
        for (int percent : new int[] {50, P99}) {
            double bar = percent == P99 ? GATE_MICROS_BAR : Double.NaN;
            run.figure(name + "gate closed, p" + percent, Percentiles.of(closed, percent), "us", bar);
            double ours = Percentiles.of(held, percent);
            double least = Percentiles.of(heldWithout, percent);
            String question = name + "longest write while one begins / while as much is flushed, p" + percent;
            run.ratio(question, ours, least, "us", ours / least, Double.NaN);
        }
        double ours = Percentiles.of(joined(with), P999) * MICROS;
        double least = Percentiles.of(joined(without), P999) * MICROS;
        String question = name + "writers' p99.9 while taken and folded - while not";
        run.ratio(question, ours, least, "us", ours - least, WRITERS_MICROS_BAR);
    }

    /** What one snapshot did to those who write. */
    private record Course(double heldMicros, double heldWithoutMicros, Latencies with, Latencies without) {}

    private Course course(SampleVolumes store, String id, BlockDevice disk, int round) throws Exception {
        long place = PROBED_BYTES + (round & 3) * 100L * MIB;
        dirt.write(disk, place, 50L * MIB);
        Latencies without;
        long flushed;
        long durable;
        try (Prober prober = new Prober(disk, PROBED_BYTES)) {
            Thread.sleep(10);
            flushed = System.nanoTime();
            disk.flush();
            durable = System.nanoTime();
            Thread.sleep(AS_LONG_MILLIS);
            without = prober.end();
        }
        dirt.write(disk, place + 50L * MIB, 50L * MIB);
        Latencies with;
        long called;
        long returned;
        try (Prober prober = new Prober(disk, PROBED_BYTES)) {
            Thread.sleep(10);
            called = System.nanoTime();
            String snapshotId = snapshot(store, id);
            returned = System.nanoTime();
            store.await(snapshotId);
            with = prober.end();
        }
        return new Course(
                with.longestDuring(called, returned) * MICROS,
                without.longestDuring(flushed, durable) * MICROS,
                with,
                without);
    }

    private static long[] joined(List<long[]> parts) {
        return parts.stream().flatMapToLong(Arrays::stream).toArray();
    }

    private void readers(TrialRun run, SampleVolumes store) throws Exception {
        int snapshots = run.pick(50, 1_000);
        String young = store.blank(SMALL_DISK);
        try (BlockDevice disk = store.attach(young)) {
            dirt.write(disk, 0, READ_SPAN);
            store.await(snapshot(store, young));
        }
        String old = old(store, snapshots);
        cold(run, store, young, old, snapshots);
        try (BlockDevice one = store.attach(old);
                BlockDevice other = store.attach(young)) {
            readChunks(one);
            readChunks(other);
            Alternation pair = Alternation.measure(1, run.pick(15, 60), 8192, reads(one), reads(other));
            run.ratio("read, warm, after " + snapshots + " snapshots / after one", pair, READ_BAR);
        }
    }

    /** A volume that is written over and over in random places, with snapshots, until all is written. */
    private String old(SampleVolumes store, int snapshots) throws Exception {
        String id = store.blank(SMALL_DISK);
        int chunks = READ_SPAN / VarveBenchmark.CHUNK;
        int[] order = Order.shuffled(chunks);
        try (BlockDevice disk = store.attach(id)) {
            String last = "";
            for (int i = 0; i < snapshots; i++) {
                int end = (int) ((i + 1L) * chunks / snapshots);
                for (int j = (int) ((long) i * chunks / snapshots); j < end; j++) {
                    dirt.writeChunk(disk, (long) order[j] * VarveBenchmark.CHUNK);
                }
                last = snapshot(store, id);
            }
            store.await(last);
        }
        return id;
    }

    private static Alternation.Work reads(BlockDevice disk) {
        Place place = new Place(READ_SPAN, PAGE, true, 0);
        return (thread, operations) -> {
            for (int i = 0; i < operations; i++) {
                disk.read(place.buffer.clear(), place.next());
            }
        };
    }

    private static void readChunks(BlockDevice disk) throws IOException {
        ByteBuffer page = ByteBuffer.allocateDirect(PAGE);
        for (int chunk : Order.shuffled(READ_SPAN / VarveBenchmark.CHUNK)) {
            disk.read(page.clear(), (long) chunk * VarveBenchmark.CHUNK);
        }
    }

    private static void cold(TrialRun run, SampleVolumes store, String young, String old, int snapshots)
            throws IOException {
        int rounds = run.pick(3, 9);
        double[] ours = new double[rounds];
        double[] least = new double[rounds];
        for (int i = -1; i < rounds; i++) {
            double one = coldMicros(store, old);
            double other = coldMicros(store, young);
            if (i >= 0) {
                ours[i] = one;
                least[i] = other;
            }
        }
        double one = Percentiles.median(ours);
        double other = Percentiles.median(least);
        String name = "read, cold, after " + snapshots + " snapshots / after one";
        run.ratio(name, one, other, "us", one / other, READ_BAR);
    }

    /** The first read of a chunk, on average over all of them. */
    private static double coldMicros(SampleVolumes store, String id) throws IOException {
        store.reopenCold();
        long start = System.nanoTime();
        try (BlockDevice disk = store.attach(id)) {
            readChunks(disk);
        }
        return (System.nanoTime() - start) * MICROS / ((double) READ_SPAN / VarveBenchmark.CHUNK);
    }
}
