package dev.varve.bench.volume;

import dev.varve.EngineOptions;
import dev.varve.bench.Percentiles;
import dev.varve.bench.Trial;
import dev.varve.bench.TrialRun;
import dev.varve.block.BlockDevice;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What do 1,000 volumes of one image cost: to make them, and to have them?
 *
 * <p>Workload: an image of 8 GiB, of which 64 MiB are data; the engine is open. Made in one call, and durable when it
 * returns; beside one write and sync of 256 bytes for each. Then the heap that they take, by histograms of what is
 * reachable, divided by their number: those that are only recorded, those attached and idle, those that were read, and those
 * that were closed; and the files of logs that there are before the first write.
 *
 * <pre>bench/run Launch</pre>
 */
public final class LaunchBenchmark implements Trial {
    private static final double MILLIS_BAR = 100;
    private static final double HEAP_BAR = 4096;
    private static final int COUNT = 1_000;
    private static final long SIZE_BYTES = 8L << 30;
    private static final int CHUNKS = 1_024;
    private static final int RECORD_BYTES = 256;
    private static final int PAGE_BYTES = 4096;
    private static final double MILLIS = 1e-6;

    /** For {@link java.util.ServiceLoader}. */
    public LaunchBenchmark() {}

    @Override
    public void run(TrialRun run) throws Exception {
        try (SampleVolumes store = new SampleVolumes(run.folder(), EngineOptions.defaults())) {
            VolumeRequest request = VolumeRequest.NEW.withSnapshotId(store.sampleSnapshot(CHUNKS, SIZE_BYTES));
            create(run, store, request);
            recorded(run, store, request);
            attached(run, store, request);
            run.figure("files of logs before the first write", files(store), "", 0);
        }
    }

    private static void create(TrialRun run, SampleVolumes store, VolumeRequest request) throws IOException {
        int rounds = run.pick(3, 9);
        double[] ours = new double[rounds];
        double[] least = new double[rounds];
        ByteBuffer records = ByteBuffer.allocateDirect(COUNT * RECORD_BYTES);
        try (FileChannel file = FileChannel.open(
                run.folder().resolve("plain"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int i = -2; i < rounds; i++) {
                long start = System.nanoTime();
                store.volumes().create(Collections.nCopies(COUNT, request));
                long made = System.nanoTime();
                file.write(records.clear());
                file.force(false);
                if (i >= 0) {
                    ours[i] = (made - start) * MILLIS;
                    least[i] = (System.nanoTime() - made) * MILLIS;
                }
            }
        }
        double millis = Percentiles.median(ours);
        run.ratio("1,000 volumes made, ms / one write", millis, Percentiles.median(least), "ms", millis, MILLIS_BAR);
    }

    private static void recorded(TrialRun run, SampleVolumes store, VolumeRequest request) throws Exception {
        int count = run.pick(1, 10) * COUNT;
        long before = LiveHeap.bytes();
        for (int i = 0; i < count; i += COUNT) {
            store.volumes().create(Collections.nCopies(COUNT, request));
        }
        double bytes = Math.max(0, (double) (LiveHeap.bytes() - before) / count);
        run.figure("heap of a volume that is recorded", bytes, "B", HEAP_BAR);
    }

    private static void attached(TrialRun run, SampleVolumes store, VolumeRequest request) throws Exception {
        List<String> ids = store.volumes().create(Collections.nCopies(COUNT, request)).stream()
                .map(Volume::id)
                .toList();
        ByteBuffer page = ByteBuffer.allocateDirect(PAGE_BYTES);
        try (BlockDevice first = store.attach(store.launch(String.valueOf(request.snapshotId())))) {
            first.read(page.clear(), 0); // the image's own leaves are everybody's
            List<BlockDevice> open = new ArrayList<>(COUNT);
            long before = LiveHeap.bytes();
            for (String id : ids) {
                open.add(store.attach(id));
            }
            double idle = (double) (LiveHeap.bytes() - before) / COUNT;
            run.figure("heap of a volume that is attached and idle", idle, "B", HEAP_BAR);
            for (BlockDevice each : open) {
                each.read(page.clear(), 0);
            }
            double read = (double) (LiveHeap.bytes() - before) / COUNT;
            run.figure("heap of a volume that is attached and was read", read, "B", Double.NaN);
            for (BlockDevice each : open) {
                each.close();
            }
            open.clear();
            double closed = Math.max(0, (double) (LiveHeap.bytes() - before) / COUNT);
            run.figure("heap of a volume that was closed again", closed, "B", HEAP_BAR);
        }
    }

    private static int files(SampleVolumes store) {
        Path logs = store.store().resolve("volumes");
        String[] files = Files.isDirectory(logs) ? logs.toFile().list() : null;
        return files == null ? 0 : files.length;
    }
}
