package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotReader;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Writers on several volumes stamp pages, while snapshots of all volumes are taken. A page tells its writer's count, and up to which count
 * each writer was done when this write began. A snapshot is one moment if it has all that was done before anything that it has.
 */
@Timeout(1800)
class PointInTimeTest extends HookedEngine {
    private static final int VOLUMES = 3;
    private static final int WRITERS = 6;

    /** Pages of each writer, which it writes in turns; they are spread over blocks that writers share. */
    private static final int PAGES = 40;

    private static final int SNAPSHOTS = Boolean.getBoolean("varve.long") ? 1000 : 40;

    /** The last count of each writer whose write has returned. */
    private final AtomicLongArray done = new AtomicLongArray(WRITERS);

    private final AtomicBoolean stop = new AtomicBoolean();

    private static long page(int writer, long count) {
        return count % PAGES * WRITERS + writer;
    }

    private static int volume(int writer) {
        return writer % VOLUMES;
    }

    private void write(int writer, BlockDevice device) throws IOException {
        for (long count = 1; !stop.get(); count++) {
            ByteBuffer page = ByteBuffer.allocate(PAGE);
            page.putLong(count);
            for (int i = 0; i < WRITERS; i++) {
                page.putLong(done.get(i));
            }
            device.write(page.clear(), page(writer, count) * PAGE);
            done.set(writer, count);
            if (count % 500 == 0) {
                device.flush();
            }
        }
    }

    /** What a snapshot has of each writer, and what its pages ask for; the page behind the newest is the oldest. */
    private static void check(List<SnapshotReader> disks, String what) throws IOException {
        long[] newest = new long[WRITERS];
        long[] asked = new long[WRITERS];
        for (int writer = 0; writer < WRITERS; writer++) {
            long[] counts = new long[PAGES];
            for (int i = 0; i < PAGES; i++) {
                ByteBuffer page = ByteBuffer.allocate(PAGE);
                disks.get(volume(writer)).read(page, page(writer, i) * PAGE);
                page.flip();
                counts[i] = page.getLong();
                newest[writer] = Math.max(newest[writer], counts[i]);
                for (int other = 0; other < WRITERS; other++) {
                    asked[other] = Math.max(asked[other], page.getLong());
                }
            }
            for (long count = Math.max(1, newest[writer] - PAGES + 1); count <= newest[writer]; count++) {
                assertThat(counts[(int) (count % PAGES)])
                        .as("%s: write %d of writer %d, who came to %d", what, count, writer, newest[writer])
                        .isEqualTo(count);
            }
        }
        for (int writer = 0; writer < WRITERS; writer++) {
            assertThat(newest[writer])
                    .as("%s: of writer %d, of whom somebody has seen %d", what, writer, asked[writer])
                    .isGreaterThanOrEqualTo(asked[writer]);
        }
    }

    @Test
    void snapshotsOfSeveralVolumesAreOneMoment() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
        try (Engine engine = engine()) {
            List<String> ids = new ArrayList<>();
            List<BlockDevice> devices = new ArrayList<>();
            List<SnapshotRequest> requests = new ArrayList<>();
            for (int i = 0; i < VOLUMES; i++) {
                Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
                ids.add(volume.id());
                devices.add(volumes(engine).attach(volume.id()));
                requests.add(SnapshotRequest.NEW);
            }
            List<CompletableFuture<Void>> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                int writer = i;
                writers.add(CompletableFuture.runAsync(
                        () -> {
                            try {
                                write(writer, devices.get(volume(writer)));
                            } catch (IOException e) {
                                throw new IllegalStateException(e);
                            }
                        },
                        threads));
            }
            try {
                for (int i = 0; i < SNAPSHOTS; i++) {
                    long[] before = new long[WRITERS];
                    for (int writer = 0; writer < WRITERS; writer++) {
                        before[writer] = done.get(writer);
                    }
                    check(engine, volumes(engine).snapshot(ids, requests), before, "snapshot " + i);
                }
            } finally {
                stop.set(true);
            }
            for (CompletableFuture<Void> writer : writers) {
                writer.get(1, TimeUnit.MINUTES);
            }
            for (BlockDevice device : devices) {
                device.close();
            }
        } finally {
            threads.shutdown();
        }
    }

    private static void check(Engine engine, List<Snapshot> begun, long[] before, String what) throws Exception {
        List<SnapshotReader> disks = new ArrayList<>();
        for (Snapshot each : begun) {
            Snapshot ended = end(engine, each);
            assertThat(ended.state()).as(what).isEqualTo(SnapshotState.COMPLETED);
            disks.add(engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).open(ended.id()));
        }
        check(disks, what);
        for (int writer = 0; writer < WRITERS; writer++) {
            if (before[writer] > 0) {
                ByteBuffer page = ByteBuffer.allocate(PAGE);
                disks.get(volume(writer)).read(page, page(writer, before[writer]) * PAGE);
                assertThat(page.getLong(0)).as(what).isGreaterThanOrEqualTo(before[writer]);
            }
        }
        for (SnapshotReader disk : disks) {
            disk.close();
        }
    }
}
