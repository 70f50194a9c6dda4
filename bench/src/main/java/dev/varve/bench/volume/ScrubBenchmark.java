package dev.varve.bench.volume;

import com.sun.management.OperatingSystemMXBean;
import dev.varve.CheckResult;
import dev.varve.EngineOptions;
import dev.varve.bench.Percentiles;
import dev.varve.bench.Trial;
import dev.varve.bench.TrialRun;
import dev.varve.bench.VarveBenchmark;
import dev.varve.block.BlockDevice;
import dev.varve.chunk.Lz4Codec;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/**
 * What does reading all data cost, at once and in the background?
 *
 * <p>Workload: a disk of 2 GiB of generated content, in chunks of 64 KiB with LZ4, in the page cache.
 *
 * <ul>
 *   <li>{@code check --data} on all processors, by the processor time it takes for a GB of plain bytes, against CRC32C, LZ4 and
 *       SHA-256 alone over a quarter of the same chunks, held in memory, on one. The bar is a second: 1 GB/s a processor;
 *   <li>one reader, warm (4 KiB at random of 64 MiB) and cold (64 KiB at random of everything, with a cache of 64 MiB and the
 *       kernel's pages dropped), with the scrub of the background beside it and without.
 * </ul>
 *
 * <pre>bench/run Scrub</pre>
 */
public final class ScrubBenchmark implements Trial {
    private static final int BLOCKS = 32 << 10;
    private static final int SAMPLE = 4;
    private static final int WARM_BYTES = 64 << 20;
    private static final int READS = 1 << 20;
    private static final double SECOND_BAR = 1;
    private static final double MEDIAN = 50;
    private static final double P99 = 99;
    private static final long POLL_NANOS = 10_000_000;
    private static final double GB = 1e9;

    private final OperatingSystemMXBean machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final ImageContent content = new ImageContent(1);
    private final ByteBuffer block = ByteBuffer.allocateDirect(VarveBenchmark.CHUNK);

    /** For {@link java.util.ServiceLoader}. */
    public ScrubBenchmark() {}

    @Override
    public void run(TrialRun run) throws Exception {
        EngineOptions options =
                EngineOptions.defaults().withPrefetch(false).withBudgets(WARM_BYTES, 32 << 20, 32 << 20);
        try (SampleVolumes store = new SampleVolumes(run.folder(), options)) {
            String snapshot = write(store);
            speed(run, store);
            readers(run, store, snapshot);
        }
    }

    private String write(SampleVolumes store) throws IOException {
        try (SnapshotWriter writer = store.snapshots().writer(SnapshotRequest.NEW)) {
            for (int i = 0; i < BLOCKS; i++) {
                writer.put(i, content.fill(i, block));
            }
            return writer.complete((long) BLOCKS * VarveBenchmark.CHUNK).id();
        }
    }

    private void speed(TrialRun run, SampleVolumes store) throws Exception {
        double plain = (double) store.engine().stats().chunks() * VarveBenchmark.CHUNK / GB;
        List<ByteBuffer> frames = frames();
        double sample = (double) frames.size() * VarveBenchmark.CHUNK / GB;
        int rounds = run.pick(3, 11);
        double[] ours = new double[rounds];
        double[] least = new double[rounds];
        double[] ratios = new double[rounds];
        double[] walls = new double[rounds];
        for (int i = -2; i < rounds; i++) {
            long wall = System.nanoTime();
            long start = machine.getProcessCpuTime();
            CheckResult result = store.engine().check(true, (done, total) -> {});
            double taken = (machine.getProcessCpuTime() - start) / GB / plain;
            double wallTaken = (System.nanoTime() - wall) / GB;
            if (!result.isClean()) {
                throw new IOException("the store is damaged: " + result.problems());
            }
            start = machine.getProcessCpuTime();
            workAlone(frames);
            if (i >= 0) {
                ours[i] = taken;
                least[i] = (machine.getProcessCpuTime() - start) / GB / sample;
                ratios[i] = ours[i] / least[i];
                walls[i] = wallTaken / plain;
            }
        }
        String what = "check --data: processor time for a GB of plain bytes";
        double median = Percentiles.median(ours);
        run.figure(what, median, "s", SECOND_BAR);
        run.ratio(
                what + " / CRC32C + LZ4 + SHA-256 alone",
                median,
                Percentiles.median(least),
                "s",
                Percentiles.median(ratios),
                Double.NaN);
        run.figure("check --data: time for a GB, on all processors", Percentiles.median(walls), "s", Double.NaN);
    }

    private List<ByteBuffer> frames() {
        List<ByteBuffer> frames = new ArrayList<>();
        ByteBuffer out = ByteBuffer.allocateDirect(Lz4Codec.INSTANCE.maxCompressedBytes(VarveBenchmark.CHUNK));
        for (int i = 0; i < BLOCKS; i += SAMPLE) {
            Lz4Codec.INSTANCE.compress(content.fill(i, block), out.clear());
            if (out.position() < VarveBenchmark.CHUNK && out.position() > VarveBenchmark.PAGE) { // not what is zeros
                frames.add(ByteBuffer.allocateDirect(out.position()).put(out.flip()));
            }
        }
        return frames;
    }

    private static void workAlone(List<ByteBuffer> frames) throws Exception {
        CRC32C crc = new CRC32C();
        LZ4SafeDecompressor decompressor = LZ4Factory.nativeInstance().safeDecompressor();
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        ByteBuffer plain = ByteBuffer.allocate(VarveBenchmark.CHUNK);
        byte[] digest = new byte[sha256.getDigestLength()];
        for (ByteBuffer frame : frames) {
            crc.update(frame.flip());
            decompressor.decompress(frame, 0, frame.limit(), plain, 0, VarveBenchmark.CHUNK);
            sha256.update(plain.clear());
            sha256.digest(digest, 0, digest.length);
        }
    }

    /** What one reader sees. */
    private record Seen(Latencies warm, Latencies cold) {}

    private void readers(TrialRun run, SampleVolumes store, String snapshot) throws Exception {
        Seen without = new Seen(new Latencies(READS), new Latencies(READS));
        Seen with = new Seen(new Latencies(READS), new Latencies(READS));
        String volume = store.launch(snapshot);
        for (int i = 0; i < run.pick(1, 3); i++) {
            store.reopenCold();
            read(run, store, volume, without);
            store.engine().scrubInBackground(Duration.ZERO);
            while (store.engine().scrubStatus().begun() == null) {
                LockSupport.parkNanos(POLL_NANOS); // a minute
            }
            read(run, store, volume, with);
        }
        for (double percent : new double[] {MEDIAN, P99}) {
            tell(run, "warm 4 KiB", percent, with.warm, without.warm);
            tell(run, "cold 64 KiB", percent, with.cold, without.cold);
        }
    }

    private static void tell(TrialRun run, String what, double percent, Latencies with, Latencies without) {
        double ours = with.micros(percent);
        double least = without.micros(percent);
        String which = percent == MEDIAN ? "p50" : "p99";
        run.ratio(what + " read, " + which + ": beside a scrub / alone", ours, least, "us", ours / least, Double.NaN);
    }

    private static void read(TrialRun run, SampleVolumes store, String volume, Seen seen) throws IOException {
        long time = Duration.ofSeconds(run.pick(3, 10)).toNanos();
        try (BlockDevice disk = store.attach(volume)) {
            Place warm = new Place(WARM_BYTES / 2, VarveBenchmark.PAGE, true, 1);
            Place fill = new Place(WARM_BYTES / 2, VarveBenchmark.CHUNK, false, 1);
            for (int i = 0; i < WARM_BYTES / VarveBenchmark.CHUNK; i++) {
                disk.read(fill.buffer.clear(), fill.next());
            }
            read(disk, warm, time, seen.warm);
            Place cold = new Place((long) BLOCKS * VarveBenchmark.CHUNK, VarveBenchmark.CHUNK, true, 3);
            read(disk, cold, time, seen.cold);
        }
    }

    private static void read(BlockDevice disk, Place place, long nanos, Latencies seen) throws IOException {
        long start = System.nanoTime();
        for (long now = start; now - start < nanos; ) {
            disk.read(place.buffer.clear(), place.next());
            long then = System.nanoTime();
            seen.add(now, then);
            now = then;
        }
    }
}
