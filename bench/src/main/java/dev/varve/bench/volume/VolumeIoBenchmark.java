package dev.varve.bench.volume;

import dev.varve.EngineOptions;
import dev.varve.bench.Alternation;
import dev.varve.bench.SampleChunks;
import dev.varve.bench.Trial;
import dev.varve.bench.TrialRun;
import dev.varve.block.BlockDevice;
import dev.varve.snapshot.SnapshotRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * What do reads and writes of a volume cost, beside those of a plain file that was written with zeros before?
 *
 * <p>Workload: random and sequential, 4 and 64 KiB, one and two threads, in turn on both, all in memory: reads of what
 * comes from the image (256 MiB, hydrated, of a volume that has a log), reads of what was written, writes, and writes each
 * of which is flushed ({@code force(false)} on the file). Writes go over a span of 256 MiB, again and again. The time of a slice is
 * that of all its operations, whoever waited: a second line, {@code all}, sums all slices, and so has what comes seldom.
 *
 * <p>The plain file's pages are in memory when it begins, and so are those of segments that a log uses again, which is how a
 * store that has been written to for a while goes on; what a fold costs is in {@link OverwriteBenchmark}. New segments take
 * new memory: what the first GiB of a store costs, and the first flushed writes of a volume, have lines of their own.
 *
 * <pre>bench/run VolumeIo</pre>
 */
public final class VolumeIoBenchmark implements Trial {
    /** At least 0.8 of the file's throughput. */
    private static final double FLUSHED_BAR = 1 / 0.8;

    /** At least 0.7 of the file's throughput. */
    private static final double WRITE_BAR = 1 / 0.7;

    private static final int SPAN_BYTES = 256 << 20;
    private static final int SMALL = 4 << 10;
    private static final int LARGE = 64 << 10;
    private static final int FILL_BYTES = 1 << 20;

    /** Bytes of a slice and thread, where nothing is flushed. */
    private static final int SLICE_BYTES = 16 << 20;

    /** Writes of a slice and thread, each of which is flushed. */
    private static final int FLUSHED = 50;

    /** What a store keeps of segments that were used. */
    private static final int FRESH_BYTES = 1 << 30;

    /** Writes of a new volume. */
    private static final int FIRST = 2_000;

    /** For {@link java.util.ServiceLoader}. */
    public VolumeIoBenchmark() {}

    /** One way to reach a disk. */
    private interface Access {
        void at(ByteBuffer buffer, long offsetBytes) throws IOException;
    }

    @Override
    public void run(TrialRun run) throws Exception {
        try (SampleVolumes store = new SampleVolumes(run.folder(), EngineOptions.defaults());
                FileChannel file = SampleVolumes.plainFile(run.folder().resolve("plain"), SPAN_BYTES)) {
            String snapshot = store.sampleSnapshot(SPAN_BYTES / LARGE, 4L * SPAN_BYTES);
            SampleChunks content = new SampleChunks(SMALL);
            try (BlockDevice volume = store.attach(store.launch(snapshot))) {
                volume.write(content.chunk(0), volume.sizeBytes() - SMALL);
                fill(volume::read);
                each(run, "read of the image", volume::read, file::read, Double.NaN, () -> {});
            }
            String id = store.blank(4L * SPAN_BYTES);
            try (BlockDevice volume = store.attach(id)) {
                fresh(run, store, file);
                first(run, store, file);
                writeFlushed(run, volume, file);
                each(run, "write", volume::write, file::write, WRITE_BAR, () -> settle(store, id));
                fill(volume::write);
                volume.flush();
                each(run, "read of what was written", volume::read, file::read, Double.NaN, () -> {});
            }
        }
    }

    /** The first log that a store has. */
    private static void fresh(TrialRun run, SampleVolumes store, FileChannel file) throws Exception {
        int writes = FRESH_BYTES / SMALL;
        Alternation.Work least = work(file::write, () -> {}, SMALL, true);
        least.run(0, writes);
        String id = store.blank(4L * SPAN_BYTES);
        try (BlockDevice volume = store.attach(id)) {
            long start = System.nanoTime();
            work(volume::write, () -> {}, SMALL, true).run(0, writes);
            double ours = (System.nanoTime() - start) / 1e3 / writes;
            start = System.nanoTime();
            least.run(0, writes);
            double plain = (System.nanoTime() - start) / 1e3 / writes;
            run.ratio("the first GiB of random 4 KiB writes / plain file", ours, plain, "us", ours / plain, Double.NaN);
        }
        store.volumes().delete(id);
    }

    /** Has all that is in the log folded, so that its segments are used again. */
    private static void settle(SampleVolumes store, String id) throws IOException {
        store.await(store.volumes().snapshot(id, SnapshotRequest.NEW).id());
    }

    /** The log of a new volume grows in steps, for which its writer waits. */
    private static void first(TrialRun run, SampleVolumes store, FileChannel file) throws Exception {
        Alternation.Work least = work(file::write, () -> file.force(false), SMALL, true);
        least.run(0, FIRST);
        try (BlockDevice volume = store.attach(store.blank(4L * SPAN_BYTES))) {
            long start = System.nanoTime();
            work(volume::write, volume::flush, SMALL, true).run(0, FIRST);
            double ours = (System.nanoTime() - start) / 1e3 / FIRST;
            start = System.nanoTime();
            least.run(0, FIRST);
            double plain = (System.nanoTime() - start) / 1e3 / FIRST;
            String name = "the first " + FIRST + " random 4 KiB writes of a volume, each flushed / plain file";
            run.ratio(name, ours, plain, "us", ours / plain, Double.NaN);
        }
    }

    private static void fill(Access access) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(FILL_BYTES);
        for (long at = 0; at < SPAN_BYTES; at += FILL_BYTES) {
            access.at(buffer.clear(), at);
        }
    }

    private static void writeFlushed(TrialRun run, BlockDevice volume, FileChannel file) throws Exception {
        for (int threads = 1; threads <= 2; threads++) {
            for (boolean random : new boolean[] {true, false}) {
                Alternation.Work ours = work(volume::write, volume::flush, SMALL, random);
                Alternation.Work least = work(file::write, () -> file.force(false), SMALL, random);
                Alternation pair = Alternation.measure(threads, run.pick(16, 60), FLUSHED, ours, least);
                String name = name(random, SMALL, "write and flush", threads);
                run.ratio(name + " / plain file", pair, random ? FLUSHED_BAR : Double.NaN);
            }
        }
    }

    private static void each(TrialRun run, String what, Access ours, Access least, double bar, Then before)
            throws Exception {
        for (int threads = 1; threads <= 2; threads++) {
            for (int bytes : new int[] {SMALL, LARGE}) {
                for (boolean random : new boolean[] {true, false}) {
                    Alternation.Work one = work(ours, () -> {}, bytes, random);
                    Alternation.Work other = work(least, () -> {}, bytes, random);
                    int slices = run.pick(12, 40) / threads;
                    before.run();
                    Alternation pair = Alternation.measure(threads, slices, SLICE_BYTES / bytes, one, other);
                    String name = name(random, bytes, what, threads) + " / plain file";
                    boolean hasBar = random && bytes == SMALL;
                    run.ratio(name, pair, hasBar ? bar : Double.NaN);
                    if (!Double.isNaN(bar)) {
                        run.ratioOfSums(name + ", all", pair, hasBar ? bar : Double.NaN);
                    }
                }
            }
        }
    }

    private static String name(boolean random, int bytes, String what, int threads) {
        return (random ? "random " : "sequential ") + (bytes >> 10) + " KiB " + what
                + (threads == 1 ? "" : ", " + threads + " threads");
    }

    /** What follows each operation, or comes before many. */
    private interface Then {
        void run() throws IOException;
    }

    private static Alternation.Work work(Access access, Then then, int bytes, boolean random) throws IOException {
        SampleChunks content = new SampleChunks(bytes);
        Place[] places = new Place[2];
        for (int i = 0; i < places.length; i++) {
            places[i] = new Place(SPAN_BYTES, bytes, random, i);
            places[i].buffer.put(content.chunk(i));
        }
        return (thread, operations) -> {
            Place place = places[thread];
            for (int i = 0; i < operations; i++) {
                access.at(place.buffer.clear(), place.next());
                then.run();
            }
        };
    }
}
