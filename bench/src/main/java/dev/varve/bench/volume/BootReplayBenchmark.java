package dev.varve.bench.volume;

import dev.varve.EngineOptions;
import dev.varve.bench.Alternation;
import dev.varve.bench.PageCache;
import dev.varve.bench.Percentiles;
import dev.varve.bench.Trial;
import dev.varve.bench.TrialRun;
import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;

/**
 * What does a boot's disk cost, beside one raw file?
 *
 * <p>Workload: the requests of a real boot ({@link BootTrace}), one after the other without a pause, in process; of an image
 * of 8 GiB whose content where the boot touches it is generated, or taken from a raw image that {@code
 * -Dvarve.bench.image} names ({@code BENCH_IMAGE} of {@code bench/run}). Against a raw file of the same content, mapped, or
 * read by {@link FileChannel}:
 *
 * <ul>
 *   <li>warm: all is in the cache, or in the page cache; reads alone, and reads, writes and flushes;
 *   <li>what a warm read allocates, and what a second volume of the image fetches from the store, which is nothing;
 *   <li>cold: the cache's file is gone, or still there; the kernel has forgotten all files; the engine has just been opened;
 *       without prefetch and with.
 *       It counts from attaching the volume to the last read.
 * </ul>
 *
 * <pre>bench/run BootReplay
 * BENCH_IMAGE=debian.raw bench/run BootReplay</pre>
 */
public final class BootReplayBenchmark implements Trial {
    private static final double MAPPED_BAR = 1.25;

    /** Bytes a read: less than one. */
    private static final double ALLOCATION_BAR = 0.5;

    private static final double MILLIS = 1e-6;
    private static final int WARM = 3;

    private BootTrace trace = BootTrace.parse(List.of("head"));
    private ByteBuffer buffer = ByteBuffer.allocateDirect(0);
    private ByteBuffer content = ByteBuffer.allocateDirect(0);

    /** For {@link java.util.ServiceLoader}. */
    public BootReplayBenchmark() {}

    private static EngineOptions options(boolean prefetches) {
        return EngineOptions.defaults().withPrefetch(prefetches);
    }

    @Override
    public void run(TrialRun run) throws Exception {
        trace = BootTrace.recorded();
        buffer = trace.buffer();
        content = trace.buffer();
        new ImageContent(1).fill(3, content);
        String image = System.getProperty("varve.bench.image", "");
        try (SampleVolumes store = new SampleVolumes(run.folder(), options(false));
                BootDisk disk = new BootDisk(run.folder(), store, trace, image)) {
            for (boolean prefetches : new boolean[] {false, true}) {
                String variant = prefetches ? ", prefetching" : "";
                store.reopen(options(prefetches));
                cold(run, "boot, cold" + variant, store, disk, store::reopenCold);
                cold(run, "boot, cold but for the cache's file" + variant, store, disk, store::reopenColdButCache);
            }
            store.reopen(options(false));
            second(run, store, disk);
            try (BlockDevice volume = store.attach(store.launch(disk.snapshotId))) {
                warm(run, volume, disk);
                allocation(run, volume);
            }
            warmWrites(run, store, disk);
        }
    }

    private void warm(TrialRun run, BlockDevice volume, BootDisk disk) throws Exception {
        MappedDisk mapped = new MappedDisk(disk.raw);
        Alternation.Work ours = replays(() -> trace.replayReads(volume::read, buffer));
        Alternation pair = measure(run, ours, replays(() -> trace.replayReads(mapped::read, buffer)));
        run.ratio("boot, warm, reads / mapped raw file", pair, MAPPED_BAR);
        pair = measure(run, ours, replays(() -> trace.replayReads(disk.raw::read, buffer)));
        run.ratio("boot, warm, reads / FileChannel", pair, Double.NaN);
    }

    private void warmWrites(TrialRun run, SampleVolumes store, BootDisk disk) throws Exception {
        try (BlockDevice volume = store.attach(store.launch(disk.snapshotId))) {
            Alternation pair = measure(
                    run,
                    replays(() -> trace.replay(volume, buffer, content)),
                    replays(() -> trace.replay(
                            disk.raw::read, disk.raw::write, () -> disk.raw.force(false), buffer, content)));
            run.ratio("boot, warm, reads, writes and flushes / FileChannel", pair, Double.NaN);
        }
    }

    private static Alternation measure(TrialRun run, Alternation.Work ours, Alternation.Work least) throws Exception {
        return Alternation.measure(1, run.pick(15, 60), 1, ours, least);
    }

    /** A whole replay. */
    private interface Replay {
        void run() throws IOException;
    }

    private static Alternation.Work replays(Replay replay) {
        return (thread, operations) -> {
            for (int i = 0; i < operations; i++) {
                replay.run();
            }
        };
    }

    private void allocation(TrialRun run, BlockDevice volume) throws IOException {
        int replays = run.pick(20, 100);
        BootTrace.Access read = volume::read;
        trace.replayReads(read, buffer);
        long before = ThreadCounters.allocatedBytes();
        for (int i = 0; i < replays; i++) {
            trace.replayReads(read, buffer);
        }
        double bytes = (double) (ThreadCounters.allocatedBytes() - before) / replays / trace.reads();
        run.figure("boot, warm, bytes allocated a read", bytes, "B", ALLOCATION_BAR);
    }

    /** The first volume of an image has fetched all: a second one has nothing to fetch. */
    private void second(TrialRun run, SampleVolumes store, BootDisk disk) throws Exception {
        for (int i = 0; i < WARM; i++) {
            try (BlockDevice first = store.attach(store.launch(disk.snapshotId))) {
                trace.replayReads(first::read, buffer);
            }
            ThreadCounters.readBytesOf(() -> {});
        }
        String id = store.launch(disk.snapshotId);
        long loads = CacheCounters.loads(store.engine());
        long asking = ThreadCounters.readBytesOf(() -> {});
        long[] nanos = new long[1];
        long readBytes = ThreadCounters.readBytesOf(() -> {
            long start = System.nanoTime();
            try (BlockDevice second = store.attach(id)) {
                trace.replayReads(second::read, buffer);
            }
            nanos[0] = System.nanoTime() - start;
        });
        loads = CacheCounters.loads(store.engine()) - loads;
        run.figure("boot of a second volume, attached and read", nanos[0] * MILLIS, "ms", Double.NaN);
        run.figure("boot of a second volume, chunks fetched", (double) loads, "", 0);
        run.figure("boot of a second volume, bytes read by its thread", (double) (readBytes - asking), "B", 0);
    }

    /** Makes a store forget. */
    private interface Forgetting {
        void run() throws IOException;
    }

    private void cold(TrialRun run, String name, SampleVolumes store, BootDisk disk, Forgetting forgetting)
            throws IOException {
        int rounds = run.pick(3, 11);
        double[] ours = new double[rounds];
        double[] least = new double[rounds];
        double[] ratios = new double[rounds];
        for (int i = -1; i < rounds; i++) {
            String id = store.launch(disk.snapshotId);
            forgetting.run();
            long start = System.nanoTime();
            try (BlockDevice volume = store.attach(id)) {
                trace.replayReads(volume::read, buffer);
            }
            double volumeMillis = (System.nanoTime() - start) * MILLIS;
            PageCache.drop(disk.path);
            start = System.nanoTime();
            try (FileChannel file = FileChannel.open(disk.path)) {
                trace.replayReads(file::read, buffer);
            }
            if (i >= 0) {
                ours[i] = volumeMillis;
                least[i] = (System.nanoTime() - start) * MILLIS;
                ratios[i] = ours[i] / least[i];
            }
            store.volumes().delete(id);
        }
        run.ratio(
                name + " / FileChannel, cold",
                Percentiles.median(ours),
                Percentiles.median(least),
                "ms",
                Percentiles.median(ratios),
                Double.NaN);
    }
}
