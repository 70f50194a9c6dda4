package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import dev.varve.image.Image;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotReader;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.snapshot.SnapshotWriter;
import dev.varve.snapshot.Snapshots;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What disks say of changes since a snapshot, whatever the store is made of. */
@Timeout(120)
abstract class ChangedSinceContractTest {
    private static final SampleDisk DISK = new SampleDisk(5, 40);
    private static final int BLOCK = SampleDisk.BLOCK;
    private static final int PAGE = 4096;
    private static final long GIB = 1L << 30;

    private Engine engine;
    private String imported;

    abstract Engine open() throws IOException;

    /** The same store in another engine, if it outlives one. */
    abstract Engine reopened(Engine engine) throws IOException;

    @BeforeEach
    void importDisk() throws IOException {
        engine = open();
        Image image = DISK.importInto(engine);
        imported = image.rootMapping().snapshotId();
    }

    @AfterEach
    void close() throws IOException {
        engine.close();
    }

    private Volumes volumes() {
        return engine.volumes(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    private Snapshots snapshots() {
        return engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    /** Takes a snapshot, and waits until it is completed and its layer has left the log. */
    private String snapshot(Volume volume, BlockDevice device) throws Exception {
        Snapshot now = volumes().snapshot(volume.id(), SnapshotRequest.NEW);
        while (now.state() == SnapshotState.PENDING) {
            Thread.sleep(2);
            now = snapshots().get(now.id());
        }
        while (device.extents(BlockDevice.LAYER, 0, device.sizeBytes(), 1)
                        .get(0)
                        .lengthBytes()
                < device.sizeBytes()) {
            Thread.sleep(2);
        }
        return now.id();
    }

    private static List<Extent> changed(BlockDevice device, String snapshotId) throws IOException {
        return device.extents(BlockDevice.CHANGED_SINCE + snapshotId, 0, device.sizeBytes(), 1000);
    }

    private static ByteBuffer data(int length) {
        byte[] data = new byte[length];
        Arrays.fill(data, (byte) 7);
        return ByteBuffer.wrap(data);
    }

    /** A snapshot of the model's volume. */
    private static final class Since {
        private final String id;
        private final byte[] bytes;

        /** Blocks that were written to after it. */
        private final BitSet touched = new BitSet();

        Since(String id, byte[] bytes) {
            this.id = id;
            this.bytes = bytes;
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void whatDiffersIsSetAndWhatNobodyHasTouchedIsNot(long seed) throws Exception {
        Random random = new Random(seed);
        byte[] model = Arrays.copyOf(DISK.bytes(), (DISK.blocks() + 30) * BLOCK);
        List<Since> known = new ArrayList<>(List.of(new Since(imported, model.clone())));
        Volume volume = volumes().create(VolumeRequest.NEW.withSnapshotId(imported));
        BlockDevice device = volumes().attach(volume.id());
        for (int round = 0; round < 40; round++) {
            for (int i = random.nextInt(4); i > 0; i--) {
                change(random, device, model, known);
            }
            if (random.nextInt(8) == 0) {
                known.add(new Since(snapshot(volume, device), model.clone()));
            }
            if (random.nextInt(10) == 0) {
                device.close();
                engine = reopened(engine);
                device = volumes().attach(volume.id());
            }
            for (Since since : known) {
                check(random, device, model, since);
            }
        }
        device.close();
        for (Since later : known) {
            try (BlockDevice disk = volumes().open(later.id);
                    SnapshotReader direct = snapshots().open(later.id)) {
                for (Since since : known) {
                    int length = (int) Math.min(disk.sizeBytes(), model.length);
                    assertDiffersIn(set(random, disk, 0, length, since), 0, length, later.bytes, since);
                    assertThat(changed(direct, since.id)).isEqualTo(changed(disk, since.id));
                }
            }
        }
    }

    private static void change(Random random, BlockDevice device, byte[] model, List<Since> known) throws IOException {
        int offset = random.nextInt(model.length);
        int length = 1 + random.nextInt(Math.min(model.length - offset, 1 << random.nextInt(18)));
        switch (random.nextInt(5)) {
            case 0 -> {
                device.trim(offset, length);
                Arrays.fill(model, offset, offset + length, (byte) 0);
            }
            case 1 -> { // what is there already
                byte[] same = Arrays.copyOfRange(model, offset, offset + length);
                device.write(ByteBuffer.wrap(same), offset);
            }
            default -> {
                byte[] data = new byte[length];
                random.nextBytes(data);
                device.write(ByteBuffer.wrap(data), offset);
                System.arraycopy(data, 0, model, offset, length);
            }
        }
        known.forEach(since -> since.touched.set(offset / BLOCK, (offset + length - 1) / BLOCK + 1));
    }

    private static void check(Random random, BlockDevice device, byte[] model, Since since) throws IOException {
        int from = random.nextInt(model.length);
        int to = from + 1 + random.nextInt(model.length - from);
        BitSet set = set(random, device, from, to, since);
        assertDiffersIn(set, from, to, model, since);
        for (int at = from; at < to; at = (at / BLOCK + 1) * BLOCK) {
            if (!since.touched.get(at / BLOCK)) {
                int next = set.nextSetBit(at);
                assertThat(next == -1 || next / BLOCK > at / BLOCK)
                        .as("nobody has written from %d on", at)
                        .isTrue();
            }
        }
    }

    private static void assertDiffersIn(BitSet set, int from, int to, byte[] bytes, Since since) {
        for (int at = set.nextClearBit(from); at < to; at = set.nextClearBit(at)) {
            int next = set.nextSetBit(at);
            int end = next < 0 ? to : Math.min(next, to);
            int differs = Arrays.mismatch(bytes, at, end, since.bytes, at, end);
            assertThat(differs).as("from byte %d on, since %s", at, since.id).isEqualTo(-1);
            at = end;
        }
    }

    /** The bytes that are set, asked for in pieces. */
    private static BitSet set(Random random, BlockDevice device, int from, int to, Since since) throws IOException {
        BitSet set = new BitSet();
        int limit = random.nextBoolean() ? 1000 : 1 + random.nextInt(4);
        for (long at = from; at < to; ) {
            long length = random.nextBoolean() ? to - at : 1 + random.nextLong(to - at);
            List<Extent> extents = device.extents(BlockDevice.CHANGED_SINCE + since.id, at, length, limit);
            long end = at;
            for (Extent extent : extents) {
                assertThat(extent.offsetBytes()).isEqualTo(end);
                end = extent.endBytes();
                set.set((int) extent.offsetBytes(), (int) end, extent.set());
            }
            assertThat(extents.size()).isBetween(1, limit);
            assertThat(end).isLessThanOrEqualTo(at + length);
            assertThat(end == at + length || extents.size() == limit).isTrue();
            at = end;
        }
        return set;
    }

    @Test
    void newVolumeDiffersFromItsSnapshotNowhereAndThenWhereItIsWritten() throws Exception {
        Volume volume = volumes().create(VolumeRequest.NEW.withSnapshotId(imported));
        try (BlockDevice device = volumes().attach(volume.id())) {
            assertThat(changed(device, imported)).containsExactly(new Extent(0, GIB, false));
            device.write(data(2 * PAGE), BLOCK + PAGE);
            assertThat(changed(device, imported))
                    .containsExactly(
                            new Extent(0, BLOCK + PAGE, false),
                            new Extent(BLOCK + PAGE, 2 * PAGE, true),
                            new Extent(BLOCK + 3 * PAGE, GIB - BLOCK - 3 * PAGE, false));
            String later = snapshot(volume, device);
            assertThat(changed(device, later)).containsExactly(new Extent(0, GIB, false));
            assertThat(changed(device, imported))
                    .as("at the grain of blocks")
                    .containsExactly(
                            new Extent(0, BLOCK, false),
                            new Extent(BLOCK, BLOCK, true),
                            new Extent(2 * BLOCK, GIB - 2 * BLOCK, false));
        }
    }

    @Test
    void pastTheEndOfTheSnapshotDataIsSetAndHolesAreNot() throws Exception {
        Volume volume = volumes().create(VolumeRequest.NEW.withSizeGib(1));
        String small;
        try (BlockDevice device = volumes().attach(volume.id())) {
            small = snapshot(volume, device);
        }
        volumes().grow(volume.id(), 3);
        List<Extent> expected = List.of(
                new Extent(0, 2 * GIB, false),
                new Extent(2 * GIB, BLOCK, true),
                new Extent(2 * GIB + BLOCK, GIB - BLOCK, false));
        try (BlockDevice device = volumes().attach(volume.id())) {
            assertThat(changed(device, small)).containsExactly(new Extent(0, 3 * GIB, false));
            device.write(data(BLOCK), 2 * GIB);
            assertThat(changed(device, small)).isEqualTo(expected);
            String large = snapshot(volume, device);
            assertThat(changed(device, small)).isEqualTo(expected);
            try (BlockDevice disk = volumes().open(large)) {
                assertThat(changed(disk, small)).isEqualTo(expected);
            }
            try (BlockDevice disk = volumes().open(small)) {
                assertThat(changed(disk, large)).containsExactly(new Extent(0, GIB, false));
            }
        }
    }

    @Test
    void anySnapshotMayBeAskedFor() throws Exception {
        Volume blank = volumes().create(VolumeRequest.NEW.withSizeGib(1));
        try (BlockDevice device = volumes().attach(blank.id());
                BlockDevice disk = volumes().open(imported)) {
            List<Extent> data = disk.extents(BlockDevice.ALLOCATION, 0, disk.sizeBytes(), 1000);
            List<Extent> found = device.extents(BlockDevice.CHANGED_SINCE + imported, 0, disk.sizeBytes(), 1000);
            assertThat(found).as("a volume of zeros without a log").isEqualTo(data);
            device.trim(0, 20L * BLOCK);
            assertThat(changed(device, imported).get(0)).isEqualTo(new Extent(0, 24L * BLOCK, true));
        }
    }

    @Test
    void snapshotThatIsPendingOrElsewhereIsNoMap() throws Exception {
        Volume volume = volumes().create(VolumeRequest.NEW.withSnapshotId(imported));
        try (BlockDevice device = volumes().attach(volume.id());
                BlockDevice disk = volumes().open(imported);
                SnapshotWriter pending = snapshots().writer(SnapshotRequest.NEW.withSizeBytes(GIB))) {
            Volume other = engine.volumes(SampleDisk.ACCOUNT, "eu-west-1").create(VolumeRequest.NEW.withSizeGib(1));
            Snapshot elsewhere =
                    engine.volumes(SampleDisk.ACCOUNT, "eu-west-1").snapshot(other.id(), SnapshotRequest.NEW);
            for (String id : List.of(pending.id(), elsewhere.id(), "snap-0123456789abcdef0", "", "snap", "vol-1")) {
                assertThatIllegalArgumentException().isThrownBy(() -> changed(device, id));
                assertThatIllegalArgumentException().isThrownBy(() -> changed(disk, id));
            }
            String later = snapshot(volume, device);
            assertThat(changed(device, later)).hasSize(1);
            snapshots().delete(later);
            assertThatIllegalArgumentException().isThrownBy(() -> changed(device, later));
        }
    }
}
