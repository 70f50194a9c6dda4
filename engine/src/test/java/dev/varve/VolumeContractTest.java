package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import dev.varve.catalog.Ec2Exception;
import dev.varve.image.Image;
import dev.varve.image.ImageQuery;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotReader;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.snapshot.Snapshots;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeInUseException;
import dev.varve.volume.VolumeQuery;
import dev.varve.volume.VolumeRequest;
import dev.varve.volume.VolumeState;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a volume does, whatever the store is made of. */
abstract class VolumeContractTest {
    static final SampleDisk DISK = new SampleDisk(5, 60);

    private static final long GIB = 1L << 30;

    Engine engine;
    private Image image;
    private final byte[] bytes = DISK.bytes();

    abstract Engine open(EngineOptions options) throws IOException;

    @BeforeEach
    void importDisk() throws IOException {
        engine = open(SampleDisk.options().withBudgets(6L * SampleDisk.BLOCK, 1 << 20, 8 << 20));
        image = DISK.importInto(engine);
    }

    private void reopen(EngineOptions options) throws IOException {
        engine.close();
        engine = open(options);
        image = engine.images(SampleDisk.ACCOUNT, SampleDisk.REGION).list(ImageQuery.ALL).images().stream()
                .findFirst()
                .orElse(null);
        if (image == null) {
            image = DISK.importInto(engine);
        }
    }

    @AfterEach
    void close() throws IOException {
        engine.close();
    }

    Volumes volumes() {
        return engine.volumes(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    private String snapshotId() {
        return image.rootMapping().snapshotId();
    }

    Volume fromSnapshot() throws IOException {
        return volumes().create(VolumeRequest.NEW.withSnapshotId(snapshotId()));
    }

    private static ByteBuffer read(BlockDevice device, long offset, int length) throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(length);
        device.read(dst, offset);
        return dst.flip();
    }

    @Test
    void volumeReadsAsItsSnapshotAndThenZeros() throws IOException {
        Volume volume = fromSnapshot();
        assertThat(volume.sizeGib()).isEqualTo(1);
        assertThat(volume.snapshotId()).isEqualTo(snapshotId());
        try (BlockDevice device = volumes().attach(volume.id())) {
            assertThat(device.sizeBytes()).isEqualTo(GIB);
            assertThat(device.isReadOnly()).isFalse();
            assertThat(read(device, 0, bytes.length)).isEqualTo(ByteBuffer.wrap(bytes));
            assertThat(read(device, bytes.length, 100_000)).isEqualTo(ByteBuffer.allocate(100_000));
            assertThat(read(device, GIB - 10, 10)).isEqualTo(ByteBuffer.allocate(10));
            assertThatThrownBy(() -> read(device, GIB - 10, 11)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void writesOfAllSizesGoOverTheSnapshotWhichStaysAsItIs() throws IOException {
        long seed = Long.getLong("varve.seed", System.nanoTime());
        Random random = new Random(seed);
        byte[] model = Arrays.copyOf(bytes, bytes.length + 300_000);
        Volume volume = fromSnapshot();
        try (BlockDevice device = volumes().attach(volume.id())) {
            for (int i = 0; i < 400; i++) {
                int offset = random.nextInt(model.length);
                int length = random.nextInt(Math.min(model.length - offset, 1 << random.nextInt(18)) + 1);
                if (i % 8 == 0) {
                    device.writeZeroes(offset, length);
                    Arrays.fill(model, offset, offset + length, (byte) 0);
                } else {
                    byte[] data = new byte[length];
                    random.nextBytes(data);
                    device.write(ByteBuffer.wrap(data), offset);
                    System.arraycopy(data, 0, model, offset, length);
                }
            }
            assertThat(read(device, 0, model.length)).as("seed %d", seed).isEqualTo(ByteBuffer.wrap(model));
        }
        try (BlockDevice device = volumes().attach(volume.id())) {
            assertThat(read(device, 0, model.length)).as("seed %d", seed).isEqualTo(ByteBuffer.wrap(model));
        }
        assertThat(DISK.isHeldBy(engine, image)).isTrue();
    }

    @Test
    void wholePagesAreWrittenWithoutFetchingAnything() throws IOException {
        Volume volume = fromSnapshot();
        try (BlockDevice device = volumes().attach(volume.id())) {
            device.write(ByteBuffer.allocate(8192).putInt(0, 7), 4096);
            assertThat(device.extents(BlockDevice.HYDRATION, 0, SampleDisk.BLOCK, 10))
                    .containsExactly(
                            new Extent(0, 4096, false),
                            new Extent(4096, 8192, true),
                            new Extent(12288, SampleDisk.BLOCK - 12288, false));
        }
    }

    @Test
    void longLogIsFoldedWithoutASnapshotAndNothingChanges() throws Exception {
        reopen(SampleDisk.options().withLogBytes(4 << 20));
        Volume volume = fromSnapshot();
        byte[] model = Arrays.copyOf(bytes, 6 << 20);
        Random random = new Random(3);
        List<Snapshot> begun = new ArrayList<>();
        List<byte[]> states = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            try (BlockDevice device = volumes().attach(volume.id())) {
                for (int i = 0; i < 60; i++) {
                    byte[] data = new byte[random.nextInt(400_000)];
                    random.nextBytes(data);
                    int offset = random.nextInt(model.length - data.length);
                    device.write(ByteBuffer.wrap(data), offset);
                    System.arraycopy(data, 0, model, offset, data.length);
                    if (i % 20 == 0) {
                        device.trim(offset, 200_000);
                        Arrays.fill(model, offset, Math.min(model.length, offset + 200_000), (byte) 0);
                    }
                    assertThat(volumes().stats(volume.id()).logBytes()).isLessThanOrEqualTo(12 << 20);
                }
                assertThat(read(device, 0, model.length)).isEqualTo(ByteBuffer.wrap(model));
                begun.add(volumes().snapshot(volume.id(), SnapshotRequest.NEW));
                states.add(model.clone());
            }
        }
        for (int i = 0; i < begun.size(); i++) {
            Snapshot snapshot = await(begun.get(i));
            assertThat(snapshot.state()).isEqualTo(SnapshotState.COMPLETED);
            assertThat(content(snapshot, model.length)).isEqualTo(ByteBuffer.wrap(states.get(i)));
        }
        try (BlockDevice device = volumes().attach(volume.id())) {
            assertThat(read(device, 0, model.length)).isEqualTo(ByteBuffer.wrap(model));
        }
    }

    /** Random places of 2 MiB, 240 MiB in all: a log of 64 MiB at most, and not one chunk is written. */
    @Test
    void overwritingGoesRoundInTheLogWithoutAFold() throws Exception {
        reopen(SampleDisk.options().withLogBytes(64 << 20));
        Volume volume = volumes().create(VolumeRequest.NEW.withSizeGib(1));
        long chunks = engine.stats().chunks();
        byte[] model = new byte[2 << 20];
        Random random = new Random(5);
        ByteBuffer once = ByteBuffer.allocate(4096).putInt(0, 77);
        for (int round = 0; round < 3; round++) {
            try (BlockDevice device = volumes().attach(volume.id())) {
                device.write(once.clear(), (8L + round) << 20); // stays in the oldest segments
                device.writeZeroes((16L + round) << 20, 4096);
                for (int i = 0; i < 2000; i++) {
                    byte[] data = new byte[1 + random.nextInt(80_000)];
                    random.nextBytes(data);
                    int offset = random.nextInt(model.length - data.length);
                    device.write(ByteBuffer.wrap(data), offset);
                    System.arraycopy(data, 0, model, offset, data.length);
                    if (i % 200 == 0) {
                        assertThat(volumes().stats(volume.id()).logBytes()).isLessThan(128 << 20);
                        assertThat(read(device, 0, model.length)).isEqualTo(ByteBuffer.wrap(model));
                    }
                }
                assertThat(volumes().stats(volume.id()).foldFailure()).isNull();
            }
            assertThat(engine.stats().chunks()).isEqualTo(chunks);
        }
        try (BlockDevice device = volumes().attach(volume.id())) {
            assertThat(read(device, 0, model.length)).isEqualTo(ByteBuffer.wrap(model));
            for (int round = 0; round < 3; round++) {
                assertThat(read(device, (8L + round) << 20, 4096)).isEqualTo(once.clear());
            }
        }
    }

    /** 30 MiB over one: less than the 32 MiB from which on a log would have to be folded, and short all the same. */
    @Test
    void logIsShortenedBeforeItIsLongWhenMostOfItWasOverwritten() throws Exception {
        reopen(SampleDisk.options().withLogBytes(64 << 20));
        Volume volume = volumes().create(VolumeRequest.NEW.withSizeGib(1));
        try (BlockDevice device = volumes().attach(volume.id())) {
            for (int i = 0; i < 30; i++) {
                device.write(ByteBuffer.allocate(1 << 20).putInt(0, i), 0);
                awaitShort(volume, 12 << 20, 300); // so that no segment of 16 MiB is made
            }
            assertThat(awaitShort(volume, 24 << 20, 60_000)).isTrue();
            assertThat(read(device, 0, 4).getInt(0)).isEqualTo(29);
        }
    }

    private boolean awaitShort(Volume volume, long bytes, long millis) throws Exception {
        long deadline = System.nanoTime() + millis * 1_000_000;
        boolean isShort = volumes().stats(volume.id()).logBytes() <= bytes;
        while (!isShort && System.nanoTime() < deadline) {
            Thread.sleep(5);
            isShort = volumes().stats(volume.id()).logBytes() <= bytes;
        }
        return isShort;
    }

    @Test
    void whatASnapshotHasJustWrittenIsInTheCacheAlready() throws Exception {
        Volume volume = fromSnapshot();
        byte[] data = new byte[SampleDisk.BLOCK];
        new Random(9).nextBytes(data);
        try (BlockDevice device = volumes().attach(volume.id())) {
            device.write(ByteBuffer.wrap(data), 2L * SampleDisk.BLOCK);
            Snapshot snapshot = await(volumes().snapshot(volume.id(), SnapshotRequest.NEW));
            try (BlockDevice other = volumes().open(snapshot.id())) {
                assertThat(other.extents(BlockDevice.HYDRATION, 2L * SampleDisk.BLOCK, SampleDisk.BLOCK, 1))
                        .containsExactly(new Extent(2L * SampleDisk.BLOCK, SampleDisk.BLOCK, true));
            }
        }
    }

    @Test
    void layerIsWhatWasWrittenZeroedOrTrimmed() throws Exception {
        Volume volume = volumes().create(VolumeRequest.NEW.withSizeGib(1));
        try (BlockDevice device = volumes().attach(volume.id())) {
            assertThat(device.extents(BlockDevice.LAYER, 0, GIB, 10)).containsExactly(new Extent(0, GIB, false));
            device.write(ByteBuffer.allocate(4096), 8192);
            device.trim(12_288, 4096);
            device.writeZeroes(1 << 20, 1 << 20);
            assertThat(device.extents(BlockDevice.LAYER, 4096, GIB - 4096, 10))
                    .containsExactly(
                            new Extent(4096, 4096, false),
                            new Extent(8192, 8192, true),
                            new Extent(16_384, (1 << 20) - 16_384, false),
                            new Extent(1 << 20, 1 << 20, true),
                            new Extent(2 << 20, GIB - (2 << 20), false));
        }
    }

    @Test
    void largestVolumeIsTrimmedAndListedAtOnce() throws Exception {
        Volume volume = volumes().create(VolumeRequest.NEW.withSizeGib(16_384));
        long size = 16_384 * GIB;
        try (BlockDevice device = volumes().attach(volume.id())) {
            device.trim(0, size);
            device.write(ByteBuffer.allocate(4096).putInt(0, 1), 5 * GIB);
            device.trim(1 << 20, size - (2 << 20));
            device.write(ByteBuffer.allocate(4096).putInt(0, 1), 7 * GIB);
            assertThat(device.extents(BlockDevice.ALLOCATION, 0, size, 10))
                    .containsExactly(
                            new Extent(0, 7 * GIB, false),
                            new Extent(7 * GIB, 4096, true),
                            new Extent(7 * GIB + 4096, size - 7 * GIB - 4096, false));
            assertThat(read(device, 5 * GIB, 4096)).isEqualTo(ByteBuffer.allocate(4096));
            Snapshot snapshot = await(volumes().snapshot(volume.id(), SnapshotRequest.NEW));
            assertThat(snapshot.state()).isEqualTo(SnapshotState.COMPLETED);
            List<Extent> ofBlocks = List.of(
                    new Extent(0, 7 * GIB, false),
                    new Extent(7 * GIB, SampleDisk.BLOCK, true),
                    new Extent(7 * GIB + SampleDisk.BLOCK, size - 7 * GIB - SampleDisk.BLOCK, false));
            List<Extent> found = device.extents(BlockDevice.ALLOCATION, 0, size, 10);
            for (int i = 0; i < 1000 && !found.equals(ofBlocks); i++) {
                Thread.sleep(10); // the layer is dropped a moment after the snapshot is completed
                found = device.extents(BlockDevice.ALLOCATION, 0, size, 10);
            }
            assertThat(found).isEqualTo(ofBlocks);
        }
    }

    @Test
    void volumeNeedsNeitherImageNorSnapshotToStay() throws IOException {
        Volume volume = fromSnapshot();
        engine.images(SampleDisk.ACCOUNT, SampleDisk.REGION).deregisterWithSnapshots(image.id());
        try (BlockDevice device = volumes().attach(volume.id())) {
            assertThat(read(device, 0, bytes.length)).isEqualTo(ByteBuffer.wrap(bytes));
        }
    }

    @Test
    void blankVolumeOfAnySizeIsZerosAndGrows() throws IOException {
        Volume volume = volumes().create(VolumeRequest.NEW.withSizeGib(16_384));
        try (BlockDevice device = volumes().attach(volume.id())) {
            long far = device.sizeBytes() - 5000;
            device.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), far);
            assertThat(read(device, far - 1, 5)).isEqualTo(ByteBuffer.wrap(new byte[] {0, 1, 2, 3, 0}));
            device.trim(0, device.sizeBytes());
            assertThat(read(device, far - 1, 5)).isEqualTo(ByteBuffer.allocate(5));
        }
        Volume small = volumes().create(VolumeRequest.NEW.withSizeGib(1));
        assertThat(volumes().grow(small.id(), 3).sizeGib()).isEqualTo(3);
        assertThatThrownBy(() -> volumes().grow(small.id(), 2)).isInstanceOf(Ec2Exception.class);
        try (BlockDevice device = volumes().attach(small.id())) {
            assertThat(device.sizeBytes()).isEqualTo(3 * GIB);
        }
    }

    @Test
    void onlyOneMayHaveItOpen() throws IOException {
        Volume volume = fromSnapshot();
        BlockDevice device = volumes().attach(volume.id());
        assertThat(volumes().get(volume.id()).state()).isEqualTo(VolumeState.IN_USE);
        assertThatThrownBy(() -> volumes().attach(volume.id())).isInstanceOf(VolumeInUseException.class);
        assertThatThrownBy(() -> volumes().delete(volume.id()))
                .isInstanceOfSatisfying(
                        Ec2Exception.class, e -> assertThat(e.code()).isEqualTo("VolumeInUse"));
        device.close();
        device.close();
        assertThatThrownBy(() -> read(device, 0, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(device::flush).isInstanceOf(IllegalStateException.class);
        assertThat(volumes().get(volume.id()).state()).isEqualTo(VolumeState.AVAILABLE);
        volumes().delete(volume.id());
        assertThatThrownBy(() -> volumes().get(volume.id()))
                .isInstanceOfSatisfying(
                        Ec2Exception.class, e -> assertThat(e.code()).isEqualTo("InvalidVolume.NotFound"));
    }

    @Test
    void thousandVolumesAreMadeInOneStepOrNone() throws IOException {
        List<VolumeRequest> requests = Collections.nCopies(1000, VolumeRequest.NEW.withSnapshotId(snapshotId()));
        List<Volume> made = volumes().create(requests);
        assertThat(made.stream().map(Volume::id).distinct()).hasSize(1000);
        assertThat(volumes().list(VolumeQuery.ALL).volumes()).hasSize(1000);
        assertThatThrownBy(() -> volumes()
                        .create(List.of(
                                VolumeRequest.NEW.withSizeGib(1),
                                VolumeRequest.NEW.withSizeGib(1).withSnapshotId("snap-0000000000000beef"))))
                .isInstanceOf(Ec2Exception.class);
        assertThat(volumes()
                        .list(VolumeQuery.ALL.withFilter("snapshot-id", snapshotId()))
                        .volumes())
                .hasSize(1000);
        assertThat(volumes().list(VolumeQuery.ALL.withFilter("size", "7")).volumes())
                .isEmpty();
    }

    @Test
    void badRequestsAreRefusedInEc2sWords() throws IOException {
        assertRefused(VolumeRequest.NEW, "MissingParameter");
        assertRefused(VolumeRequest.NEW.withSizeGib(20_000), "InvalidParameterValue");
        assertRefused(VolumeRequest.NEW.withSizeGib(-1), "InvalidParameterValue");
        assertRefused(VolumeRequest.NEW.withSnapshotId("snap-xyz"), "InvalidSnapshotID.Malformed");
        assertRefused(VolumeRequest.NEW.withSizeGib(1).withId("vol-xyz"), "InvalidVolumeID.Malformed");
        assertRefused(VolumeRequest.NEW.withSizeGib(1).withId("i-0000000000000beef"), "InvalidParameterValue");
        Volume given = volumes().create(VolumeRequest.NEW.withSizeGib(1).withId("vol-0000000000000beef"));
        assertThat(given.id()).isEqualTo("vol-0000000000000beef");
        assertRefused(VolumeRequest.NEW.withSizeGib(1).withId(given.id()), "InvalidParameterValue");
    }

    private void assertRefused(VolumeRequest request, String code) {
        assertThatThrownBy(() -> volumes().create(request))
                .isInstanceOfSatisfying(
                        Ec2Exception.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    Snapshots snapshots() {
        return engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    Snapshot await(Snapshot begun) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (true) {
            Snapshot now = snapshots().get(begun.id());
            if (now.state() != SnapshotState.PENDING) {
                return now;
            }
            assertThat(System.nanoTime())
                    .as("%s is pending for too long", begun.id())
                    .isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    ByteBuffer content(Snapshot snapshot, int length) throws IOException {
        try (SnapshotReader disk = snapshots().open(snapshot.id())) {
            ByteBuffer dst = ByteBuffer.allocate(length);
            disk.read(dst, 0);
            return dst.flip();
        }
    }

    @Test
    void snapshotsAreTheVolumeAsItWasWhileItIsWrittenOn() throws Exception {
        long seed = Long.getLong("varve.seed", System.nanoTime());
        Random random = new Random(seed);
        byte[] model = Arrays.copyOf(bytes, bytes.length + 300_000);
        Volume volume = fromSnapshot();
        List<Snapshot> begun = new ArrayList<>();
        List<byte[]> models = new ArrayList<>();
        try (BlockDevice device = volumes().attach(volume.id())) {
            for (int i = 0; i < 12; i++) {
                for (int k = 0; k < 40; k++) {
                    change(device, model, random);
                }
                begun.add(volumes().snapshot(volume.id(), SnapshotRequest.NEW.withDescription("number " + i)));
                models.add(model.clone());
                if (i % 3 == 0) {
                    await(begun.get(random.nextInt(begun.size())));
                }
            }
            for (int i = 0; i < begun.size(); i++) {
                Snapshot snapshot = await(begun.get(i));
                assertThat(snapshot.state()).as("%s", snapshot).isEqualTo(SnapshotState.COMPLETED);
                assertThat(snapshot.volumeId()).isEqualTo(volume.id());
                assertThat(snapshot.sizeBytes()).isEqualTo(GIB);
                assertThat(snapshot.description()).isEqualTo("number " + i);
                assertThat(content(snapshot, model.length))
                        .as("seed %d, snapshot %d", seed, i)
                        .isEqualTo(ByteBuffer.wrap(models.get(i)));
            }
            assertThat(read(device, 0, model.length)).as("seed %d", seed).isEqualTo(ByteBuffer.wrap(model));
            change(device, model, random);
            assertThat(read(device, 0, model.length)).as("seed %d", seed).isEqualTo(ByteBuffer.wrap(model));
        }
        try (BlockDevice device = volumes().attach(volume.id())) {
            assertThat(read(device, 0, model.length)).as("seed %d", seed).isEqualTo(ByteBuffer.wrap(model));
        }
        Volume copy =
                volumes().create(VolumeRequest.NEW.withSnapshotId(begun.get(5).id()));
        try (BlockDevice device = volumes().attach(copy.id())) {
            assertThat(read(device, 0, model.length)).as("seed %d", seed).isEqualTo(ByteBuffer.wrap(models.get(5)));
        }
    }

    private static void change(BlockDevice device, byte[] model, Random random) throws IOException {
        int offset = random.nextInt(model.length);
        int length = random.nextInt(Math.min(model.length - offset, 1 << random.nextInt(19)) + 1);
        if (random.nextInt(6) == 0) {
            device.writeZeroes(offset, length);
            Arrays.fill(model, offset, offset + length, (byte) 0);
        } else {
            byte[] data = new byte[length];
            random.nextBytes(data);
            device.write(ByteBuffer.wrap(data), offset);
            System.arraycopy(data, 0, model, offset, length);
        }
    }

    @Test
    void volumeThatWasNeverWrittenHasSnapshotsToo() throws Exception {
        Snapshot same = await(volumes().snapshot(fromSnapshot().id(), SnapshotRequest.NEW));
        assertThat(content(same, bytes.length)).isEqualTo(ByteBuffer.wrap(bytes));
        assertThat(same.lineageId()).isEqualTo(snapshotId());
        Volume blank = volumes().create(VolumeRequest.NEW.withSizeGib(3));
        Snapshot zeros = await(volumes().snapshot(blank.id(), SnapshotRequest.NEW));
        assertThat(zeros.sizeBytes()).isEqualTo(3 * GIB);
        assertThat(content(zeros, 1000)).isEqualTo(ByteBuffer.allocate(1000));
    }

    @Test
    void snapshotsOfSeveralVolumesAreOfOneMoment() throws Exception {
        List<Volume> made = volumes().create(Collections.nCopies(3, VolumeRequest.NEW.withSizeGib(1)));
        List<String> ids = made.stream().map(Volume::id).toList();
        List<BlockDevice> devices = new ArrayList<>();
        for (String id : ids) {
            devices.add(volumes().attach(id));
        }
        AtomicBoolean stop = new AtomicBoolean();
        Thread writer = new Thread(() -> {
            for (long count = 1; !stop.get(); count++) { // each count is written to the first, then to the second ...
                for (BlockDevice device : devices) {
                    try {
                        device.write(ByteBuffer.allocate(8).putLong(0, count), 0);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            }
        });
        writer.start();
        List<List<Snapshot>> sets = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            sets.add(volumes().snapshot(ids, Collections.nCopies(3, SnapshotRequest.NEW)));
        }
        stop.set(true);
        writer.join();
        for (List<Snapshot> set : sets) {
            long[] counts = new long[3];
            for (int i = 0; i < 3; i++) {
                counts[i] = content(await(set.get(i)), 8).getLong();
            }
            assertThat(counts[0]).isBetween(counts[1], counts[1] + 1);
            assertThat(counts[1]).isBetween(counts[2], counts[2] + 1);
            assertThat(counts[0]).isBetween(counts[2], counts[2] + 1);
        }
        for (BlockDevice device : devices) {
            device.close();
        }
    }

    @Test
    void deletedVolumeLeavesItsSnapshots() throws Exception {
        Volume volume = fromSnapshot();
        Snapshot begun;
        try (BlockDevice device = volumes().attach(volume.id())) {
            device.write(ByteBuffer.wrap(new byte[] {9}), 5);
            begun = volumes().snapshot(volume.id(), SnapshotRequest.NEW);
        }
        volumes().delete(volume.id());
        assertThatThrownBy(() -> volumes().get(volume.id())).isInstanceOf(Ec2Exception.class);
        assertThat(volumes().list(VolumeQuery.ALL).volumes()).isEmpty();
        bytes[5] = 9;
        assertThat(content(await(begun), bytes.length)).isEqualTo(ByteBuffer.wrap(bytes));
    }

    @Test
    void changedBlocksOfSnapshotsAreThoseWrittenBetweenThem() throws Exception {
        Volume volume = fromSnapshot();
        try (BlockDevice device = volumes().attach(volume.id())) {
            Snapshot first = await(volumes().snapshot(volume.id(), SnapshotRequest.NEW));
            device.write(ByteBuffer.allocate(10), 3 << 20); // zeros over zeros are written, too
            device.write(ByteBuffer.wrap(new byte[] {1}), 700_000);
            Snapshot second = await(volumes().snapshot(volume.id(), SnapshotRequest.NEW));
            List<Long> changed = new ArrayList<>();
            snapshots().diffWriters(first.id(), second.id(), (offset, length) -> changed.add(offset));
            assertThat(changed).containsExactly(512L << 10, 3L << 20);
        }
    }
}
