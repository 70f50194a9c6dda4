package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.varve.block.BlockDevice;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.Fixture;
import dev.varve.image.DeviceMapping;
import dev.varve.image.Image;
import dev.varve.image.ImageRegistry;
import dev.varve.image.ImageRequest;
import dev.varve.image.Images;
import dev.varve.instance.LaunchRequest;
import dev.varve.maintenance.Problem;
import dev.varve.maintenance.Scrubber;
import dev.varve.manifest.Manifests;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRegistry;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotWriter;
import dev.varve.snapshot.Snapshots;
import dev.varve.store.Store;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineCheckTest {
    private static final int BLOCK = 65_536;
    private static final EngineOptions OPTIONS = EngineOptions.defaults().withNativeFolder(Path.of("target", "native"));

    @TempDir
    Path folder;

    private static Snapshot snapshot(Snapshots snapshots, SnapshotRequest request, int... blocks) throws IOException {
        try (SnapshotWriter writer = snapshots.writer(request)) {
            for (int block : blocks) {
                byte[] data = new byte[BLOCK];
                new Random(block).nextBytes(data);
                writer.put(block, ByteBuffer.wrap(data));
            }
            return writer.complete(1000L * BLOCK);
        }
    }

    private static Image image(Images images, String name, Snapshot snapshot) throws IOException {
        return images.register(
                ImageRequest.named(name).withMapping(DeviceMapping.of(ImageRequest.ROOT_DEVICE_NAME, snapshot.id())));
    }

    @Test
    void damagedDataIsTracedToImagesAndOffsets() throws Exception {
        Path store = folder.resolve("store");
        Snapshot hit;
        Snapshot alsoHit;
        Image image;
        try (Engine engine = Engine.create(store, NewStore.DEFAULT, OPTIONS)) {
            EngineScope scope = engine.scope("123456789012", "eu-west-1");
            hit = snapshot(scope.snapshots(), SnapshotRequest.NEW, 7, 700);
            image = image(scope.images(), "one", hit);
            alsoHit = snapshot(scope.snapshots(), SnapshotRequest.NEW.withParentId(hit.id()), 8);
            snapshot(scope.snapshots(), SnapshotRequest.NEW, 9);
            assertThat(engine.check(true, (done, total) -> {}).isClean()).isTrue();
        }
        flip(store, 700);
        List<EngineEvent> events = new ArrayList<>();
        try (Engine engine = Engine.open(store, OPTIONS.withEvents(events::add))) {
            assertThat(engine.check(false, (done, total) -> {}).isClean())
                    .as("data is not read")
                    .isTrue();
            CheckResult result = engine.check(true, (done, total) -> {});
            assertThat(result.snapshotCount()).isEqualTo(3);
            assertThat(result.imageCount()).isEqualTo(1);
            assertThat(result.problemCount()).isEqualTo(2);
            assertThat(result.problems()).allSatisfy(problem -> {
                assertThat(problem.offsetBytes()).isEqualTo(700L * BLOCK);
                assertThat(problem.lengthBytes()).isEqualTo(BLOCK);
            });
            assertThat(result.problems())
                    .extracting(CheckProblem::snapshotId)
                    .containsExactlyInAnyOrder(hit.id(), alsoHit.id());
            assertThat(result.problems())
                    .filteredOn(problem -> hit.id().equals(problem.snapshotId()))
                    .allSatisfy(problem -> assertThat(problem.imageIds()).containsExactly(image.id()));
            assertThat(result.problems())
                    .allSatisfy(problem -> assertThat(problem.message()).contains(".pack at offset "));
            assertThat(engine.scrubStatus().problems()).isEqualTo(result.problems());
            assertThat(engine.check(false, (done, total) -> {}).problems())
                    .as("what is known to be damaged is looked at again")
                    .isEqualTo(result.problems());
            engine.tellDamage(new Problem("a test", hit.id(), List.of(image.id()), 0, 1));
            assertThat(events)
                    .extracting(EngineEvent::what, EngineEvent::resourceType, EngineEvent::id)
                    .containsExactly(
                            tuple(EngineEvent.What.DAMAGED, "snapshot", hit.id()),
                            tuple(EngineEvent.What.DAMAGED, "image", image.id()));
        }
    }

    /** Flips a bit in the middle of a block's data, which is random and so stored as it is. */
    private static void flip(Path store, int block) throws IOException {
        byte[] data = new byte[BLOCK];
        new Random(block).nextBytes(data);
        String wanted = new String(data, 30_000, 64, StandardCharsets.ISO_8859_1);
        try (Stream<Path> files = Files.walk(store)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                byte[] bytes = Files.readAllBytes(file);
                int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(wanted);
                if (at >= 0) {
                    bytes[at] ^= 1;
                    Files.write(file, bytes);
                    return;
                }
            }
        }
        throw new AssertionError("the block is in no file");
    }

    @Test
    void checkGoesOnPastDamagedRecordsAndManifests() throws Exception {
        Store store = Fixture.store(BLOCK);
        Catalog catalog = Fixture.catalog(store);
        Manifests manifests = new Manifests(store, 1 << 20);
        SnapshotRegistry registry = new SnapshotRegistry(catalog, manifests, Runnable::run);
        Snapshots snapshots = registry.in("123456789012", "eu-west-1");
        Images images = new ImageRegistry(catalog, registry).in("123456789012", "eu-west-1");
        Snapshot good = snapshot(snapshots, SnapshotRequest.NEW, 1);
        Snapshot rootless = snapshot(snapshots, SnapshotRequest.NEW, 2);
        Snapshot garbled = snapshot(snapshots, SnapshotRequest.NEW, 3);
        Snapshot dangling = snapshot(snapshots, SnapshotRequest.NEW, 4);
        Image image = image(images, "one", rootless);
        Image nameless = image(images, "two", good);
        assertThat(new Scrubber(store, catalog, manifests, volume -> List.of())
                        .checkData((d, t) -> {})
                        .problems())
                .isEmpty();
        String root = text(store.record("root/" + dangling.id()));
        store.commit(
                Map.of(
                        "root/" + garbled.id(),
                        "varve1;what".getBytes(StandardCharsets.US_ASCII),
                        "root/" + dangling.id(),
                        root.replaceFirst("content=0:........", "content=0:00000000")
                                .getBytes(StandardCharsets.US_ASCII),
                        "snapshot/123456789012/eu-west-1/snap-fffffffffffffffff",
                        new byte[] {'{'}),
                Set.of("root/" + rootless.id(), "name/image/123456789012/eu-west-1/two"));

        CheckResult result = CheckResult.of(new Scrubber(store, catalog, manifests, volume -> List.of()).check());

        assertThat(result.problems())
                .extracting(CheckProblem::snapshotId)
                .containsExactlyInAnyOrder(rootless.id(), garbled.id(), dangling.id(), null, null);
        assertThat(result.problems())
                .filteredOn(problem -> rootless.id().equals(problem.snapshotId()))
                .allSatisfy(problem -> assertThat(problem.imageIds()).containsExactly(image.id()));
        assertThat(result.problems())
                .filteredOn(problem -> dangling.id().equals(problem.snapshotId()))
                .allSatisfy(problem -> assertThat(problem.lengthBytes()).isPositive());
        assertThat(result.problems())
                .extracting(CheckProblem::message)
                .anyMatch(message -> message.contains("snap-fffffffffffffffff"))
                .anyMatch(message -> message.contains(nameless.id()));
    }

    @Test
    void volumeThatAnInstanceLacksIsNamedAndDevicesWithoutOneAreFine() throws Exception {
        try (Engine engine = Engine.ephemeral(OPTIONS)) {
            EngineScope scope = engine.scope("123456789012", "eu-west-1");
            Snapshot root = snapshot(scope.snapshots(), SnapshotRequest.NEW, 1);
            Image image = scope.images()
                    .register(ImageRequest.named("one")
                            .withMapping(DeviceMapping.of(ImageRequest.ROOT_DEVICE_NAME, root.id()))
                            .withMapping(DeviceMapping.blank("/dev/sdb", 1))
                            .withMapping(DeviceMapping.ephemeral("/dev/sdc", "ephemeral0"))
                            .withMapping(DeviceMapping.noDevice("/dev/sdd")));
            scope.instances().launch(LaunchRequest.of(image.id()));
            assertThat(engine.check(true, (done, total) -> {}).isClean()).isTrue();
        }
        Store store = Fixture.store(BLOCK);
        String record =
                "{\"version\":1,\"created\":\"2026-01-01T00:00:00Z\",\"attachments\":[{\"volume\":\"vol-0000000a\"}]}";
        store.commit(
                Map.of("instance/123456789012/eu-west-1/i-0000000a", record.getBytes(StandardCharsets.US_ASCII)),
                Set.of());
        Scrubber scrubber =
                new Scrubber(store, Fixture.catalog(store), new Manifests(store, 1 << 20), volume -> List.of());
        CheckResult result = CheckResult.of(scrubber.check());
        assertThat(result.problems())
                .extracting(CheckProblem::message)
                .containsExactly("volume vol-0000000a of instance i-0000000a is missing");
    }

    @Test
    void segmentOfALogThatIsGoneOrShortIsNamed() throws Exception {
        Path store = folder.resolve("store");
        List<String> volumes = new ArrayList<>();
        try (Engine engine = Engine.create(store, NewStore.DEFAULT, OPTIONS)) {
            EngineScope scope = engine.scope("123456789012", "eu-west-1");
            for (int i = 0; i < 4; i++) {
                volumes.add(
                        scope.volumes().create(VolumeRequest.NEW.withSizeGib(1)).id());
            }
            for (String volume : volumes.subList(0, 3)) {
                try (BlockDevice device = scope.volumes().attach(volume)) {
                    device.write(ByteBuffer.allocate(4096), 0);
                    assertThat(engine.check(false, (done, total) -> {}).isClean())
                            .isTrue();
                }
            }
        }
        Path logs = store.resolve("volumes");
        Files.delete(logs.resolve("00000001.log"));
        try (FileChannel file = FileChannel.open(logs.resolve("00000002.log"), StandardOpenOption.WRITE)) {
            file.truncate(4096);
        }
        try (Engine engine = Engine.open(store, OPTIONS)) {
            CheckResult result = engine.check(false, (done, total) -> {});
            assertThat(result.volumeCount()).isEqualTo(4);
            assertThat(result.problems())
                    .extracting(CheckProblem::snapshotId)
                    .containsExactlyInAnyOrder(volumes.get(0), volumes.get(1));
            assertThat(result.problems())
                    .extracting(CheckProblem::message)
                    .anyMatch(message -> message.endsWith("00000001.log is missing"))
                    .anyMatch(message -> message.endsWith("00000002.log has 4096 bytes, expected 1048576"));
        }
    }

    private static String text(byte[] record) {
        return new String(record, StandardCharsets.US_ASCII);
    }
}
