package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import dev.varve.image.Image;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.volume.VolumeRequest;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random operations on volumes of a store against arrays of bytes: all kinds, sizes and alignments, snapshots, volumes made
 * from them, logs so short that they are folded all the time, closing and opening of volumes and of the engine, and a
 * reader beside the writer. Unlike in a {@link Simulation} threads are threads here, and the cache is mapped: what fails need
 * not fail again. A failure prints its seed. With {@code -Dvarve.long=true} 20 seeds of 50,000 operations.
 */
@Timeout(3600)
class VolumeSimulationTest {
    private static final boolean LONG = Boolean.getBoolean("varve.long");
    private static final int OPERATIONS = Integer.getInteger("varve.operations", LONG ? 50_000 : 1_500);
    private static final int SIZE = 6 << 20;

    /** Behind this only the first write goes: what the reader beside looks at. */
    private static final int STABLE = 5 << 20;

    private static final int MOST_VOLUMES = 3;
    private static final int MOST_SNAPSHOTS = 12;
    private static final SampleDisk DISK = new SampleDisk(5, 30);

    @TempDir
    Path tmp;

    private Engine engine;
    private Random random;
    private String what = "";
    private final List<Disk> disks = new ArrayList<>();
    private final List<Taken> taken = new ArrayList<>();

    /** A volume, what it should hold, and its device. */
    private static final class Disk {
        private final String id;
        private final byte[] model;
        private BlockDevice device;

        Disk(String id, byte[] model, BlockDevice device) {
            this.id = id;
            this.model = model;
            this.device = device;
        }
    }

    private record Taken(String id, byte[] model) {}

    static LongStream seeds() {
        long given = Long.getLong("varve.seed", -1);
        return given >= 0 ? LongStream.of(given) : LongStream.rangeClosed(1, LONG ? 20 : 3);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void volumesAreArraysOfBytes(long seed) throws Exception {
        random = new Random(seed);
        engine = Engine.create(tmp.resolve("store"), NewStore.DEFAULT, options());
        engine.collectInBackground(Duration.ZERO);
        Image image = DISK.importInto(engine);
        add(image.rootMapping().snapshotId(), Arrays.copyOf(DISK.bytes(), SIZE));
        for (int i = 0; i < OPERATIONS; i++) {
            what = "seed " + seed + ", operation " + i;
            step(disks.get(random.nextInt(disks.size())));
        }
        reopen();
        for (Disk disk : disks) {
            check(disk.device, disk.model, 0, SIZE);
        }
        while (!taken.isEmpty()) {
            checkSnapshot();
        }
        for (Disk disk : disks) {
            disk.device.close();
        }
        assertThat(engine.check(true, (done, total) -> {}).problems()).isEmpty();
        assertThat(engine.stats().alarms())
                .as("needed, and condemned all the same")
                .isZero();
        engine.close();
    }

    private EngineOptions options() {
        return SampleDisk.options()
                .withBudgets(20L * SampleDisk.BLOCK, 1 << 20, 8 << 20)
                .withLogBytes(6 << 20);
    }

    private Volumes volumes() {
        return engine.volumes(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    private void add(String snapshotId, byte[] model) throws IOException {
        String id =
                volumes().create(VolumeRequest.NEW.withSnapshotId(snapshotId)).id();
        Disk disk = new Disk(id, model, volumes().attach(id));
        byte[] stable = new byte[SIZE - STABLE];
        random.nextBytes(stable);
        disk.device.write(ByteBuffer.wrap(stable), STABLE);
        System.arraycopy(stable, 0, model, STABLE, stable.length);
        disks.add(disk);
    }

    private void step(Disk disk) throws Exception {
        int offset = random.nextInt(STABLE);
        offset = random.nextInt(3) == 0 ? offset : offset & -(1 << (9 + random.nextInt(8)));
        int length = Math.min(STABLE - offset, random.nextInt(1 << random.nextInt(19)));
        length = random.nextInt(3) == 0 ? length : length & -512;
        int kind = random.nextInt(1000);
        if (kind < 380) {
            write(disk, offset, length);
        } else if (kind < 480) {
            if (random.nextBoolean()) {
                disk.device.trim(offset, length);
            } else {
                disk.device.writeZeroes(offset, length);
            }
            Arrays.fill(disk.model, offset, offset + length, (byte) 0);
        } else if (kind < 520) {
            disk.device.flush();
        } else if (kind < 535) {
            checkExtents(disk, offset, length);
        } else if (kind < 545) {
            snapshot();
        } else if (kind < 550) {
            writeBesideAReader(disk);
        } else if (kind < 555) {
            disk.device.close();
            disk.device = volumes().attach(disk.id);
        } else if (kind < 557) {
            checkSnapshot();
        } else if (kind == 557) {
            reopen();
        } else if (kind == 559) {
            engine.collectGarbage(Duration.ZERO, false);
        } else if (kind == 558 && disks.size() > 1) {
            disk.device.close();
            volumes().delete(disk.id);
            disks.remove(disk);
        } else {
            check(disk.device, disk.model, offset, length);
        }
    }

    private void write(Disk disk, int offset, int length) throws IOException {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        disk.device.write(
                random.nextBoolean()
                        ? ByteBuffer.wrap(bytes)
                        : ByteBuffer.allocateDirect(length).put(bytes).flip(),
                offset);
        System.arraycopy(bytes, 0, disk.model, offset, length);
    }

    /** Snapshots of one volume, or of all at one moment; no more than a few are waited for. */
    private void snapshot() throws Exception {
        List<Disk> some = random.nextBoolean() ? List.copyOf(disks) : List.of(disks.get(random.nextInt(disks.size())));
        List<Snapshot> begun = volumes()
                .snapshot(
                        some.stream().map(disk -> disk.id).toList(),
                        some.stream().map(disk -> SnapshotRequest.NEW).toList());
        for (int i = 0; i < some.size(); i++) {
            if (taken.size() > MOST_SNAPSHOTS) {
                checkSnapshot();
            }
            taken.add(new Taken(begun.get(i).id(), some.get(i).model.clone()));
        }
    }

    /** Looks at the oldest snapshot, and makes a volume of it or deletes it. */
    private void checkSnapshot() throws Exception {
        if (taken.isEmpty()) {
            return;
        }
        Taken oldest = taken.remove(0);
        Snapshot now = engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).get(oldest.id);
        while (now.state() == SnapshotState.PENDING) {
            Thread.sleep(1);
            now = engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).get(oldest.id);
        }
        assertThat(now.state()).as(what).isEqualTo(SnapshotState.COMPLETED);
        try (BlockDevice device = volumes().open(oldest.id)) {
            check(device, oldest.model, 0, SIZE);
        }
        if (disks.size() < MOST_VOLUMES) {
            add(oldest.id, oldest.model);
        }
        engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).delete(oldest.id);
    }

    private void reopen() throws IOException {
        if (random.nextBoolean()) {
            for (Disk disk : disks) {
                disk.device.close();
            }
        }
        engine.close();
        engine = Engine.open(tmp.resolve("store"), options());
        engine.collectInBackground(Duration.ZERO);
        for (Disk disk : disks) {
            disk.device = volumes().attach(disk.id);
            check(disk.device, disk.model, 0, SIZE);
        }
    }

    /** What nobody writes reads the same all the time, while other pages are written, folded and thrown away. */
    private void writeBesideAReader(Disk disk) throws Exception {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        long seed = random.nextLong();
        Thread reader = new Thread(() -> {
            Random own = new Random(seed);
            try {
                for (int i = 0; i < 50; i++) {
                    int offset = STABLE + own.nextInt(SIZE - STABLE);
                    check(disk.device, disk.model, offset, Math.min(SIZE - offset, own.nextInt(100_000)));
                }
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        reader.start();
        for (int i = 0; i < 20; i++) {
            write(disk, random.nextInt(STABLE - 50_000), random.nextInt(50_000));
        }
        reader.join();
        assertThat(failure.get()).as(what).isNull();
    }

    private void checkExtents(Disk disk, int offset, int length) throws IOException {
        long at = offset;
        for (Extent extent : disk.device.extents(BlockDevice.ALLOCATION, offset, length, 1000)) {
            assertThat(extent.offsetBytes()).as(what).isEqualTo(at);
            at += extent.lengthBytes();
            for (int i = (int) extent.offsetBytes(); !extent.set() && i < at; i++) {
                assertThat(disk.model[i]).as(what).isZero();
            }
        }
        assertThat(at).as(what).isEqualTo(offset + (long) length);
    }

    private void check(BlockDevice device, byte[] model, int offset, int length) throws IOException {
        ByteBuffer found = (offset & 1) == 0 ? ByteBuffer.allocate(length) : ByteBuffer.allocateDirect(length);
        device.read(found, offset);
        assertThat(found.hasRemaining()).isFalse();
        assertThat(found.flip().mismatch(ByteBuffer.wrap(model, offset, length)))
                .as(what + ": first wrong byte of a read of %d at %d", length, offset)
                .isEqualTo(-1);
    }
}
