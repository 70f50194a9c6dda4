package dev.varve;

import static dev.varve.SampleDisk.ACCOUNT;
import static dev.varve.SampleDisk.REGION;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.image.DeviceMapping;
import dev.varve.image.Image;
import dev.varve.image.ImageRequest;
import dev.varve.image.SnapshotDeletion;
import dev.varve.instance.Instance;
import dev.varve.instance.LaunchRequest;
import dev.varve.snapshot.BlockSource;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What takes how much: it adds up, and what is said to become free is what does. */
abstract class SpaceContractTest {
    private static final int BLOCK = SampleDisk.BLOCK;

    abstract Engine open() throws IOException;

    /** A snapshot of a disk: each letter is a block, a dot is zeros. */
    private static Snapshot snapshot(Engine engine, String blocks) throws IOException {
        return engine.snapshots(ACCOUNT, REGION)
                .importFrom(SnapshotRequest.NEW, BlockSource.of(new ByteArrayInputStream(bytes(blocks))))
                .run();
    }

    private static byte[] bytes(String blocks) {
        ByteBuffer disk = ByteBuffer.allocate(blocks.length() * BLOCK);
        for (int i = 0; i < blocks.length(); i++) {
            if (blocks.charAt(i) != '.') {
                disk.put(i * BLOCK, block(blocks.charAt(i)));
            }
        }
        return disk.array();
    }

    /** Of some letters half compresses. */
    private static byte[] block(char letter) {
        byte[] block = new byte[BLOCK];
        byte[] random = new byte[BLOCK / (1 + letter % 2)];
        new Random(letter).nextBytes(random);
        System.arraycopy(random, 0, block, 0, random.length);
        return block;
    }

    private static Image register(Engine engine, String name, String... snapshots) throws IOException {
        ImageRequest request = ImageRequest.named(name);
        for (int i = 0; i < snapshots.length; i++) {
            String device = i == 0 ? ImageRequest.ROOT_DEVICE_NAME : "/dev/sd" + (char) ('a' + i);
            request = request.withMapping(DeviceMapping.of(device, snapshots[i]));
        }
        return engine.images(ACCOUNT, REGION).register(request);
    }

    private static Volume volume(Engine engine, String snapshot) throws IOException {
        return engine.volumes(ACCOUNT, REGION).create(VolumeRequest.NEW.withSnapshotId(snapshot));
    }

    private static void write(Engine engine, String volume, int block, char letter) throws IOException {
        try (BlockDevice disk = engine.volumes(ACCOUNT, REGION).attach(volume)) {
            disk.write(ByteBuffer.wrap(block(letter)), (long) block * BLOCK);
            disk.flush();
        }
    }

    private static SpaceReport space(Engine engine) throws IOException {
        SpaceReport report = engine.space((done, total) -> {});
        assertThat(report.problems()).isEmpty();
        assertThat(report.storedBytes() - report.logBytes())
                .as("what is counted is what the store has")
                .isEqualTo(engine.stats().liveBytes());
        assertThat(report.holders().stream()
                                .filter(holder -> !holder.resourceType().equals("image"))
                                .mapToLong(holder -> holder.use().uniqueBytes())
                                .sum()
                        + report.sharedBytes()
                        + report.restorableBytes()
                        + report.unneededBytes())
                .as("it adds up")
                .isEqualTo(report.storedBytes());
        return report;
    }

    private static SpaceUse use(SpaceReport report, String id) {
        return report.holder(id).orElseThrow().use();
    }

    private static void collect(Engine engine) throws IOException {
        engine.collectGarbage(Duration.ZERO, false);
        engine.collectGarbage(Duration.ZERO, false);
    }

    @Test
    void oneDiskHasAllAlone() throws IOException {
        try (Engine engine = open()) {
            Snapshot snapshot = snapshot(engine, "ab.b");
            SpaceReport report = space(engine);
            SpaceUse use = use(report, snapshot.id());
            assertThat(use.logicalBytes()).isEqualTo(4L * BLOCK);
            assertThat(use.dataBytes()).as("b twice").isEqualTo(3L * BLOCK);
            assertThat(use.uniqueBytes()).isEqualTo(report.storedBytes()).isPositive();
            assertThat(use.sharedBytes()).isZero();
            assertThat(use.isWhole()).isTrue();
            assertThat(report.holder("snap-00000000000000000")).isEmpty();
        }
    }

    @Test
    void sameContentIsSharedByAllWhoHaveIt() throws IOException {
        try (Engine engine = open()) {
            Snapshot one = snapshot(engine, "abc");
            Snapshot same = snapshot(engine, "abc");
            Volume volume = volume(engine, one.id());
            SpaceReport report = space(engine);
            for (String id : List.of(one.id(), same.id(), volume.id())) {
                assertThat(use(report, id).uniqueBytes()).isZero();
                assertThat(use(report, id).sharedBytes()).isEqualTo(report.sharedBytes());
                assertThat(engine.freedBy(List.of(id))).contains(exactly(0));
            }
            assertThat(use(report, volume.id()).logicalBytes()).isEqualTo(1L << 30);
            assertThat(engine.freedBy(List.of(one.id(), same.id(), volume.id())))
                    .contains(exactly(report.storedBytes()));
        }
    }

    @Test
    void anImageHasWhatOnlyItsSnapshotsHave() throws IOException {
        try (Engine engine = open()) {
            Snapshot root = snapshot(engine, "abc");
            Snapshot data = snapshot(engine, "bcd");
            Snapshot other = snapshot(engine, "ce");
            Image image = register(engine, "both", root.id(), data.id());
            SpaceReport report = space(engine);
            SpaceUse use = use(report, image.id());
            assertThat(use.storedBytes())
                    .as("b and c once")
                    .isEqualTo(report.storedBytes() - use(report, other.id()).uniqueBytes());
            assertThat(use.sharedBytes()).as("c").isEqualTo(engineBytes("c"));
            assertThat(use.dataBytes()).isEqualTo(6L * BLOCK);
            assertThat(report.byUnique().stream().map(SpaceHolder::id)).containsExactly(image.id(), other.id());

            Image second = register(engine, "second", data.id());
            report = space(engine);
            assertThat(use(report, second.id()).uniqueBytes())
                    .as("the first needs it, too")
                    .isZero();
            assertThat(use(report, image.id()).uniqueBytes())
                    .as("a")
                    .isEqualTo(use(report, root.id()).uniqueBytes());
            assertThat(engine.freedBy(List.of(image.id(), second.id()))).contains(exactly(use.uniqueBytes()));
        }
    }

    /** What blocks take in a store of their own. */
    private long engineBytes(String blocks) throws IOException {
        try (Engine alone = open()) {
            Snapshot unused = snapshot(alone, blocks);
            return alone.stats().liveBytes();
        }
    }

    @Test
    void whatWasWrittenToAVolumeIsItsOwn() throws Exception {
        try (Engine engine = open()) {
            Snapshot base = snapshot(engine, "abcdef");
            Volume volume = volume(engine, base.id());
            write(engine, volume.id(), 1, 'x');
            SpaceReport report = space(engine);
            SpaceUse written = use(report, volume.id());
            assertThat(written.logBytes()).isEqualTo(written.uniqueBytes()).isPositive();
            assertThat(report.logBytes()).isEqualTo(written.logBytes());

            Snapshot taken = engine.volumes(ACCOUNT, REGION).snapshot(volume.id(), SnapshotRequest.NEW);
            assertThat(HookedEngine.end(engine, taken).state()).isEqualTo(SnapshotState.COMPLETED);
            write(engine, volume.id(), 2, 'y');
            report = space(engine);
            assertThat(use(report, base.id()).uniqueBytes()).isEqualTo(engineBytes("b"));
            assertThat(use(report, taken.id()).uniqueBytes())
                    .as("the volume has it, too")
                    .isZero();
            assertThat(engine.freedBy(List.of(taken.id(), volume.id())))
                    .contains(
                            exactly(engineBytes("x") + use(report, volume.id()).logBytes()));
        }
    }

    @Test
    void whatWasDeletedIsNeededByNoneButCanBeRestored() throws IOException {
        try (Engine engine = open()) {
            Snapshot kept = snapshot(engine, "ab");
            Snapshot gone = snapshot(engine, "bc");
            long unique = use(space(engine), gone.id()).uniqueBytes();
            assertThat(unique).isEqualTo(engineBytes("c"));
            engine.snapshots(ACCOUNT, REGION).delete(gone.id());
            SpaceReport report = space(engine);
            assertThat(report.restorableBytes()).isEqualTo(unique);
            assertThat(report.unneededBytes()).isZero();
            assertThat(report.holders()).hasSize(1);
            assertThat(use(report, kept.id()).sharedBytes()).isZero();
            assertThat(engine.freedBy(List.of(kept.id()))).contains(exactly(engineBytes("ab")));

            engine.collectGarbage(Duration.ZERO, false);
            report = space(engine);
            assertThat(report.restorableBytes()).isZero();
            assertThat(report.unneededBytes()).isEqualTo(unique);
            collect(engine);
            assertThat(space(engine).unneededBytes()).isZero();
        }
    }

    @Test
    void theLogOfADeletedVolumeCanBeRestored() throws IOException {
        try (Engine engine = open()) {
            Volume volume = volume(engine, snapshot(engine, "ab").id());
            write(engine, volume.id(), 1, 'x');
            long logBytes = space(engine).logBytes();
            engine.volumes(ACCOUNT, REGION).delete(volume.id());
            SpaceReport report = space(engine);
            assertThat(report.logBytes()).isEqualTo(logBytes).isPositive();
            assertThat(report.restorableBytes()).isEqualTo(logBytes);
            collect(engine);
            assertThat(space(engine).logBytes()).isZero();
        }
    }

    @Test
    void anInstanceFreesWhatItsVolumesHaveAlone() throws IOException {
        try (Engine engine = open()) {
            Image image = register(engine, "image", snapshot(engine, "ab").id());
            Instance instance = engine.instances(ACCOUNT, REGION)
                    .launch(LaunchRequest.of(image.id()))
                    .get(0);
            assertThat(engine.freedBy(List.of(instance.id()))).contains(exactly(0));
            write(engine, instance.volumeIds().get(0), 1, 'x');
            long logBytes = space(engine).logBytes();
            assertThat(engine.freedBy(List.of(instance.id()))).contains(exactly(logBytes));
            engine.instances(ACCOUNT, REGION).terminate(instance.id());
            assertThat(space(engine).logBytes()).isZero();
        }
    }

    /** Random histories; now and then something is deleted, and what has become free is what was said. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    @Timeout(120)
    void whatIsSaidToBecomeFreeDoes(long seed) throws Exception {
        Random random = new Random(seed);
        try (Engine engine = open()) {
            List<String> snapshots =
                    new ArrayList<>(List.of(snapshot(engine, "abcabc").id()));
            List<String> volumes = new ArrayList<>();
            List<String> images = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                snapshots.add(snapshot(engine, blocks(random)).id());
                String any = any(random, snapshots);
                switch (random.nextInt(volumes.isEmpty() ? 3 : 5)) {
                    case 0 -> snapshots.add(snapshot(engine, blocks(random)).id());
                    case 1 -> volumes.add(volume(engine, any).id());
                    case 2 ->
                        images.add(register(engine, "image-" + i, any, snapshots.get(random.nextInt(snapshots.size())))
                                .id());
                    case 3 -> write(engine, any(random, volumes), random.nextInt(600), letter(random));
                    default -> {
                        Snapshot begun =
                                engine.volumes(ACCOUNT, REGION).snapshot(any(random, volumes), SnapshotRequest.NEW);
                        snapshots.add(HookedEngine.end(engine, begun).id());
                    }
                }
                if (i % 6 == 1 && engine.snapshots(ACCOUNT, REGION).usedBy(any).isEmpty()) {
                    engine.snapshots(ACCOUNT, REGION).delete(any);
                    snapshots.remove(any);
                }
                if (i % 3 == 2) {
                    List<String> all = new ArrayList<>(volumes);
                    all.addAll(images);
                    all.addAll(snapshots);
                    delete(
                            engine,
                            any(random, all),
                            List.of(snapshots, volumes, images),
                            "seed " + seed + ", step " + i);
                }
            }
        }
    }

    private static String any(Random random, List<String> ids) {
        return ids.get(random.nextInt(ids.size()));
    }

    private static char letter(Random random) {
        return (char) ('a' + random.nextInt(20));
    }

    /** Letters come again, also elsewhere, and so often that small counters overflow. */
    private static String blocks(Random random) {
        StringBuilder blocks = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            blocks.append(random.nextInt(3) == 0 ? '.' : random.nextInt(3) == 0 ? 'z' : letter(random));
        }
        return blocks.toString();
    }

    /** Sometimes others were deleted just before, and what they had goes, too. */
    private static void delete(Engine engine, String id, List<List<String>> lists, String when) throws Exception {
        SpaceReport before;
        Optional<FreedSpace> freed;
        do {
            before = space(engine);
            freed = engine.freedBy(List.of(id));
        } while (!space(engine).equals(before)); // who has folded may still be giving segments of a log back
        SpaceUse use = use(before, id);
        assertThat(freed).as(when).contains(exactly(use.uniqueBytes()));

        List<String> gone = new ArrayList<>(List.of(id));
        if (id.startsWith("ami-")) {
            engine.images(ACCOUNT, REGION).deregisterWithSnapshots(id).stream()
                    .filter(each -> each.result() == SnapshotDeletion.Result.SUCCESS)
                    .forEach(each -> gone.add(each.snapshotId()));
        } else if (id.startsWith("vol-")) {
            engine.volumes(ACCOUNT, REGION).delete(id);
        } else if (engine.snapshots(ACCOUNT, REGION).usedBy(id).isEmpty()) {
            engine.snapshots(ACCOUNT, REGION).delete(id);
        } else {
            return;
        }
        lists.forEach(list -> list.removeAll(gone));
        collect(engine);
        SpaceReport after = space(engine);
        while (after.holders().stream().anyMatch(holder -> holder.id().equals(id))) {
            Thread.sleep(5); // a volume goes when the one who folds has left it
            collect(engine);
            after = space(engine);
        }
        assertThat(chunkBytes(before) - chunkBytes(after))
                .as(when)
                .isEqualTo(use.uniqueBytes() - use.logBytes() + before.restorableBytes() + before.unneededBytes());
    }

    private static FreedSpace exactly(long bytes) {
        return new FreedSpace(bytes, FreedSpace.Precision.EXACT);
    }

    private static long chunkBytes(SpaceReport report) {
        return report.storedBytes() - report.logBytes();
    }
}
