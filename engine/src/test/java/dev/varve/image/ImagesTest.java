package dev.varve.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.varve.catalog.Catalog;
import dev.varve.catalog.Ec2Exception;
import dev.varve.catalog.Fixture;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.manifest.Manifests;
import dev.varve.snapshot.BlockSource;
import dev.varve.snapshot.MemoryDisk;
import dev.varve.snapshot.Operation;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotQuery;
import dev.varve.snapshot.SnapshotRegistry;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotWriter;
import dev.varve.snapshot.Snapshots;
import dev.varve.store.Store;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImagesTest {
    private static final String ACCOUNT = Fixture.SCOPE.account();
    private static final String REGION = Fixture.SCOPE.region();
    private static final String ROOT = ImageRequest.ROOT_DEVICE_NAME;

    private final Store store = Fixture.store();
    private final Catalog catalog = Fixture.catalog(store);
    private final SnapshotRegistry registry =
            new SnapshotRegistry(catalog, new Manifests(store, 1 << 20), Runnable::run);
    private final ImageRegistry imageRegistry = new ImageRegistry(catalog, registry);
    private final Snapshots snapshots = registry.in(ACCOUNT, REGION);
    private final Images images = imageRegistry.in(ACCOUNT, REGION);

    private Snapshot snapshot(long sizeBytes) throws IOException {
        try (SnapshotWriter writer = snapshots.writer(SnapshotRequest.NEW)) {
            return writer.complete(sizeBytes);
        }
    }

    private Image register(String name) throws IOException {
        return images.register(ImageRequest.named(name)
                .withMapping(DeviceMapping.of(ROOT, snapshot(512).id())));
    }

    private static void refused(ThrowingCallable call, String code, String message) {
        assertThatExceptionOfType(Ec2Exception.class)
                .isThrownBy(call)
                .withMessage(message)
                .satisfies(e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void registeredImageIsWhatWasAskedFor() throws Exception {
        Snapshot root = snapshot((8L << 30) + 512);
        Snapshot data = snapshot(512);
        Image image = images.register(ImageRequest.named("debian-12 (x) [y]/z.@'_-")
                .withId("ami-0123456789abcdef0")
                .withDescription("d")
                .withArchitecture(Architecture.ARM64)
                .withBootMode(BootMode.UEFI)
                .withRootDeviceName("/dev/sda1")
                .withTags(Map.of("k", "v"))
                .withMapping(DeviceMapping.of("/dev/sda1", root.id()))
                .withMapping(new DeviceMapping("/dev/sdb", data.id(), 20, VolumeType.GP3, false)));

        assertThat(images.get("ami-0123456789abcdef0")).isEqualTo(image);
        assertThat(image)
                .isEqualTo(new Image(
                        "ami-0123456789abcdef0",
                        ACCOUNT,
                        REGION,
                        "debian-12 (x) [y]/z.@'_-",
                        "d",
                        ImageState.AVAILABLE,
                        Architecture.ARM64,
                        VirtualizationType.HVM,
                        BootMode.UEFI,
                        "/dev/sda1",
                        List.of(
                                new DeviceMapping("/dev/sda1", root.id(), 9, VolumeType.GP2, true),
                                new DeviceMapping("/dev/sdb", data.id(), 20, VolumeType.GP3, false)),
                        Map.of("k", "v"),
                        Fixture.NOW));
        assertThat(image.rootMapping().snapshotId()).isEqualTo(root.id());
        assertThat(snapshots.usedBy(data.id())).containsExactly(image.id());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ab", "a\nb", "a*b", "äöü", "a+b"})
    void malformedNames(String name) {
        refused(
                () -> images.register(ImageRequest.named(name)),
                "InvalidAMIName.Malformed",
                "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, "
                        + "'(', ')', '.', '-', '/' and '_'");
        refused(
                () -> images.register(ImageRequest.named("x".repeat(129))),
                "InvalidAMIName.Malformed",
                "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, "
                        + "'(', ')', '.', '-', '/' and '_'");
    }

    @Test
    void namesAreUniqueAmongTheImagesOfAScope() throws Exception {
        Image first = register("name");

        refused(
                () -> register("name"),
                "InvalidAMIName.Duplicate",
                "AMI name name is already in use by AMI " + first.id());
        Images elsewhere = imageRegistry.in(ACCOUNT, "eu-west-2");
        Snapshot there;
        try (SnapshotWriter writer = registry.in(ACCOUNT, "eu-west-2").writer(SnapshotRequest.NEW)) {
            there = writer.complete(512);
        }
        elsewhere.register(ImageRequest.named("name").withMapping(DeviceMapping.of(ROOT, there.id())));
        images.deregister(first.id());
        assertThat(register("name").name()).isEqualTo("name");
    }

    @Test
    void mappingsHaveRules() throws Exception {
        Snapshot snapshot = snapshot((8L << 30) + 1024);
        SnapshotWriter pending = snapshots.writer(SnapshotRequest.NEW);
        ImageRequest request = ImageRequest.named("name");
        String missing = "snap-0123456789abcdef0";

        refused(
                () -> images.register(request),
                "InvalidBlockDeviceMapping",
                "No root snapshot specified in device mapping.");
        refused(
                () -> images.register(request.withMapping(DeviceMapping.of("/dev/sdb", snapshot.id()))),
                "InvalidBlockDeviceMapping",
                "No root snapshot specified in device mapping.");
        refused(
                () -> images.register(request.withMapping(DeviceMapping.of(ROOT, missing))),
                "InvalidSnapshotID.NotFound",
                "The snapshot ID 'snap-0123456789abcdef0' does not exist");
        refused(
                () -> images.register(request.withMapping(DeviceMapping.of(ROOT, "snap-x"))),
                "InvalidSnapshotID.Malformed",
                "Value ( snap-x ) for parameter SNAPSHOT is invalid. ");
        refused(
                () -> images.register(request.withMapping(DeviceMapping.of(ROOT, pending.id()))),
                "IncorrectState",
                "Snapshot is in invalid state - pending");
        refused(
                () -> images.register(
                        request.withMapping(new DeviceMapping(ROOT, snapshot.id(), 8, VolumeType.GP2, true))),
                "InvalidBlockDeviceMapping",
                "Volume of size 8GB is smaller than snapshot '" + snapshot.id() + "', expect size >= 9GB");
        refused(
                () -> imageRegistry
                        .in("210987654321", REGION)
                        .register(request.withMapping(DeviceMapping.of(ROOT, snapshot.id()))),
                "InvalidParameterValue",
                "Invalid value '" + snapshot.id() + "' for snapshotId. Snapshot does not belong to 210987654321");
        assertThatExceptionOfType(Ec2Exception.class)
                .isThrownBy(() -> images.register(request.withMapping(DeviceMapping.of(ROOT, snapshot.id()))
                        .withMapping(DeviceMapping.of(ROOT, snapshot.id()))));
        pending.close();
        assertThat(images.list(ImageQuery.ALL).images()).isEmpty();
        assertThat(snapshots.usedBy(snapshot.id())).isEmpty();
        assertThat(register("name").name()).isEqualTo("name");
    }

    @Test
    void deregisteredImageIsGoneAndItsSnapshotStays() throws Exception {
        Image image = register("name");
        String snapshot = image.rootMapping().snapshotId();
        images.deregister(image.id());

        refused(
                () -> images.get(image.id()),
                "InvalidAMIID.Unavailable",
                "The image ID '" + image.id() + "' is no longer available");
        refused(
                () -> images.deregister(image.id()),
                "InvalidAMIID.Unavailable",
                "The image ID '" + image.id() + "' is no longer available");
        refused(
                () -> images.get("ami-0123456789abcdef0"),
                "InvalidAMIID.NotFound",
                "The image id '[ami-0123456789abcdef0]' does not exist");
        refused(() -> images.get("x"), "InvalidAMIID.Malformed", "Invalid id: \"x\" (expecting \"ami-...\")");
        assertThat(images.list(ImageQuery.ALL).images()).isEmpty();
        snapshots.delete(snapshot);
    }

    @Test
    void devicesMayBeBlankVolumesDisksOfTheHostOrLeftOut() throws Exception {
        String root = snapshot(512).id();
        List<DeviceMapping> mappings = List.of(
                new DeviceMapping(ROOT, root, 1, VolumeType.GP2, true),
                DeviceMapping.blank("/dev/sdb", 5),
                DeviceMapping.ephemeral("/dev/sdc", "ephemeral0"),
                DeviceMapping.noDevice("/dev/sdd"));
        ImageRequest request = ImageRequest.named("devices");
        for (DeviceMapping mapping : mappings) {
            request = request.withMapping(mapping);
        }
        Image image = images.register(request);

        assertThat(images.get(image.id()).mappings()).isEqualTo(mappings);
        assertThat(image.snapshotIds()).containsExactly(root);
        assertThat(image.mappings()).extracting(DeviceMapping::isVolume).containsExactly(true, true, false, false);
        assertThat(names(ImageQuery.ALL.withFilter("block-device-mapping.volume-size", "5")))
                .containsExactly("devices");
        assertThat(names(ImageQuery.ALL.withFilter("block-device-mapping.device-name", "/dev/sdd")))
                .containsExactly("devices");
        refused(
                () -> images.register(ImageRequest.named("bad")
                        .withMapping(DeviceMapping.of(ROOT, root))
                        .withMapping(DeviceMapping.ephemeral("/dev/sdb", "ephemeral24"))),
                "InvalidBlockDeviceMapping",
                "Invalid virtual name ephemeral24");
        refused(
                () -> images.register(ImageRequest.named("bad").withMapping(DeviceMapping.blank(ROOT, 1))),
                "InvalidBlockDeviceMapping",
                "No root snapshot specified in device mapping.");
        assertThat(images.deregisterWithSnapshots(image.id())).hasSize(1);
        catalog.bin().deletedUntil(Instant.MAX, some -> {
            catalog.bin().forget(some);
            return true;
        });
        assertThat(store.records("", "", 100)).extracting(Map.Entry::getKey).containsExactly("id/" + image.id());
    }

    @ParameterizedTest
    @EnumSource(
            value = ImageState.class,
            names = {"FAILED", "DISABLED"})
    void imageThatIsNotAvailableCanNotBeLaunched(ImageState state) throws Exception {
        Image image = register("first");
        Image available = catalog.change(change -> images.launchable(change, image.id()));
        assertThat(available).isEqualTo(image);
        catalog.change(change -> {
            Resource record = Objects.requireNonNull(change.find(ResourceKind.IMAGE, Fixture.SCOPE, image.id()));
            record.document().set("state", state.toString());
            change.update(record);
            return record;
        });
        assertThat(images.get(image.id()).state()).isEqualTo(state);
        refused(
                () -> catalog.change(change -> images.launchable(change, image.id())),
                "InvalidAMIID.Unavailable",
                "The image ID '" + image.id() + "' is no longer available");
    }

    @Test
    void snapshotOfSeveralImagesNamesThemAll() throws Exception {
        Image first = register("first");
        String snapshot = first.rootMapping().snapshotId();
        Image second = images.register(ImageRequest.named("second").withMapping(DeviceMapping.of(ROOT, snapshot)));

        refused(
                () -> snapshots.delete(snapshot),
                "InvalidSnapshot.InUse",
                "The snapshot " + snapshot + " is currently in use by " + first.id() + ", " + second.id());
        assertThat(images.deregisterWithSnapshots(first.id()))
                .containsExactly(new SnapshotDeletion(snapshot, SnapshotDeletion.Result.SKIPPED));
        assertThat(images.deregisterWithSnapshots(second.id()))
                .containsExactly(new SnapshotDeletion(snapshot, SnapshotDeletion.Result.SUCCESS));
        assertThat(snapshots.list(SnapshotQuery.ALL).snapshots()).isEmpty();
    }

    @Test
    void importMakesSnapshotAndImageInOneStep() throws Exception {
        MemoryDisk disk = MemoryDisk.random(new Random(1), 3 << 20);
        Image image = images.importImage(
                        ImageRequest.named("debian-12"),
                        SnapshotRequest.NEW.withDescription("of debian"),
                        BlockSource.of(disk))
                .run();

        Snapshot snapshot = snapshots.get(image.rootMapping().snapshotId());
        assertThat(snapshot.sizeBytes()).isEqualTo(3 << 20);
        assertThat(snapshot.description()).isEqualTo("of debian");
        assertThat(image.rootMapping().volumeSizeGib()).isEqualTo(1);
        assertThat(snapshots.usedBy(snapshot.id())).containsExactly(image.id());
    }

    @Test
    void nameTakenBeforeAnImportIsToldBeforeItReads() throws Exception {
        Image image = register("debian-12");
        MemoryDisk unreadable = new MemoryDisk(512);
        unreadable.allocated.set(0);
        unreadable.failAt(0);

        refused(
                () -> images.importImage(
                        ImageRequest.named("debian-12"), SnapshotRequest.NEW, BlockSource.of(unreadable)),
                "InvalidAMIName.Duplicate",
                "AMI name debian-12 is already in use by AMI " + image.id());
    }

    @Test
    void nameTakenDuringAnImportLeavesNeitherSnapshotNorImage() throws Exception {
        MemoryDisk disk = MemoryDisk.random(new Random(1), 3 << 20);
        Operation<Image> operation =
                images.importImage(ImageRequest.named("debian-12"), SnapshotRequest.NEW, BlockSource.of(disk));
        Image image = register("debian-12");

        refused(
                operation::run,
                "InvalidAMIName.Duplicate",
                "AMI name debian-12 is already in use by AMI " + image.id());
        assertThat(snapshots.list(SnapshotQuery.ALL).snapshots())
                .extracting(Snapshot::id)
                .containsExactly(image.rootMapping().snapshotId());
        assertThat(images.list(ImageQuery.ALL).images()).containsExactly(image);
    }

    @Test
    void failedImportLeavesNothing() throws Exception {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> images.importImage(
                                ImageRequest.named("debian-12"),
                                SnapshotRequest.NEW,
                                BlockSource.of(new ByteArrayInputStream(new byte[1000])))
                        .run());
        assertThat(store.records("", "", 100)).isEmpty();
    }

    @Test
    void listsAreFilteredAndPaged() throws Exception {
        for (int i = 0; i < 12; i++) {
            register("image-" + (char) ('a' + i));
        }
        ImagePage first = images.list(ImageQuery.ALL.withMaxResults(5));
        ImagePage second = images.list(ImageQuery.ALL.withMaxResults(5).after(first.nextToken()));
        ImagePage third = images.list(ImageQuery.ALL.withMaxResults(5).after(second.nextToken()));

        assertThat(first.images()).hasSize(5);
        assertThat(third.images()).hasSize(2);
        assertThat(third.nextToken()).isNull();
        assertThat(names(ImageQuery.ALL.withFilter("name", "image-[", "*-b"))).containsExactly("image-b");
        assertThat(names(ImageQuery.ALL.withFilter("architecture", "arm64"))).isEmpty();
        assertThat(names(ImageQuery.ALL.withFilter("state", "available"))).hasSize(12);
        String snapshot = first.images().get(0).rootMapping().snapshotId();
        assertThat(names(ImageQuery.ALL.withFilter("block-device-mapping.snapshot-id", snapshot)))
                .hasSize(1);
        refused(
                () -> images.list(ImageQuery.ALL.withFilter("colour", "red")),
                "InvalidParameterValue",
                "The filter 'colour' is invalid");
    }

    private List<String> names(ImageQuery query) throws IOException {
        return images.list(query).images().stream().map(Image::name).toList();
    }
}
