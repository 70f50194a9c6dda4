package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.varve.block.BlockDevice;
import dev.varve.catalog.Ec2Exception;
import dev.varve.image.BootMode;
import dev.varve.image.DeviceMapping;
import dev.varve.image.Image;
import dev.varve.image.ImageRequest;
import dev.varve.image.Images;
import dev.varve.image.VolumeType;
import dev.varve.instance.Attachment;
import dev.varve.instance.Instance;
import dev.varve.instance.InstancePage;
import dev.varve.instance.InstanceQuery;
import dev.varve.instance.Instances;
import dev.varve.instance.LaunchRequest;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotQuery;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeAttachment;
import dev.varve.volume.VolumeQuery;
import dev.varve.volume.VolumeState;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an instance is, whatever the store is made of. */
abstract class InstancesContractTest {
    private static final SampleDisk DISK = new SampleDisk(5, 20);
    private static final String ROOT = ImageRequest.ROOT_DEVICE_NAME;

    private final List<EngineEvent> events = new CopyOnWriteArrayList<>();

    Engine engine;
    Image image;

    abstract Engine open(EngineOptions options) throws IOException;

    @BeforeEach
    void importDisk() throws IOException {
        engine = open(SampleDisk.options().withEvents(events::add));
        image = DISK.importInto(engine);
    }

    @AfterEach
    void close() throws IOException {
        engine.close();
    }

    Instances instances() {
        return engine.instances(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    Volumes volumes() {
        return engine.volumes(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    private Images images() {
        return engine.images(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    private Instance launch() throws IOException {
        return instances().launch(LaunchRequest.of(image.id())).get(0);
    }

    /** An image with a device of each sort. */
    private Image devices() throws IOException {
        return images().register(ImageRequest.named("devices")
                .withBootMode(BootMode.UEFI)
                .withMapping(new DeviceMapping(ROOT, image.rootSnapshotId(), 3, VolumeType.GP3, true))
                .withMapping(new DeviceMapping("/dev/sdb", null, 2, VolumeType.GP2, false))
                .withMapping(DeviceMapping.ephemeral("/dev/sdc", "ephemeral0"))
                .withMapping(DeviceMapping.noDevice("/dev/sdd")));
    }

    private static void refused(ThrowingCallable call, String code, String message) {
        assertThatExceptionOfType(Ec2Exception.class)
                .isThrownBy(call)
                .withMessage(message)
                .satisfies(e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void devicesOfTheImageBecomeVolumesAndAttachments() throws IOException {
        Image devices = devices();
        Instance instance = instances()
                .launch(LaunchRequest.of(devices.id())
                        .withTags(Map.of("Name", "web"))
                        .withVolumeTags(Map.of("of", "web")))
                .get(0);

        assertThat(instances().get(instance.id())).isEqualTo(instance);
        assertThat(instance.id()).matches("i-[0-9a-f]{17}");
        assertThat(instance.reservationId()).matches("r-[0-9a-f]{17}");
        assertThat(instance.imageId()).isEqualTo(devices.id());
        assertThat(instance.bootMode()).isEqualTo(BootMode.UEFI);
        assertThat(instance.rootDeviceName()).isEqualTo(ROOT);
        assertThat(instance.tags()).isEqualTo(Map.of("Name", "web"));
        List<String> ids = instance.volumeIds();
        assertThat(instance.attachments())
                .containsExactly(
                        new Attachment(ROOT, ids.get(0), true, null),
                        new Attachment("/dev/sdb", ids.get(1), false, null),
                        new Attachment("/dev/sdc", null, false, "ephemeral0"),
                        new Attachment("/dev/sdd", null, false, null));
        Volume root = volumes().get(ids.get(0));
        assertThat(root.sizeGib()).isEqualTo(3);
        assertThat(root.snapshotId()).isEqualTo(image.rootSnapshotId());
        assertThat(root.state()).isEqualTo(VolumeState.IN_USE);
        assertThat(root.attachment()).isEqualTo(new VolumeAttachment(instance.id(), ROOT, true));
        assertThat(root.tags()).isEqualTo(Map.of("of", "web"));
        Volume blank = volumes().get(ids.get(1));
        assertThat(blank.sizeGib()).isEqualTo(2);
        assertThat(blank.snapshotId()).isNull();
        assertThat(read(ids.get(0))).isEqualTo(DISK.bytes());
        assertThat(read(ids.get(1))).containsOnly(0);
    }

    private byte[] read(String volumeId) throws IOException {
        try (BlockDevice device = volumes().attach(volumeId)) {
            ByteBuffer found = ByteBuffer.allocate(DISK.sizeBytes());
            device.read(found, 0);
            return found.array();
        }
    }

    @Test
    void thousandInstancesAreMadeInOneStep() throws IOException {
        List<Instance> launched =
                instances().launch(LaunchRequest.of(image.id()).withCount(1000));
        assertThat(launched).extracting(Instance::launchIndex).isSorted();
        assertThat(launched.stream().map(Instance::id).distinct()).hasSize(1000);
        assertThat(launched.stream().flatMap(each -> each.volumeIds().stream()).distinct())
                .hasSize(1000);
        assertThat(launched.stream().map(Instance::reservationId).distinct()).hasSize(1);
        assertThat(instances().list(InstanceQuery.ALL).instances()).containsExactlyInAnyOrderElementsOf(launched);
        assertThat(volumes().list(VolumeQuery.ALL).volumes()).hasSize(1000);
        assertThat(events.stream().filter(each -> each.resourceType().equals("instance")))
                .hasSize(1000);
    }

    @Test
    void oneBadInstanceAndThereIsNone() throws IOException {
        String taken = "i-0000000000000beef";
        LaunchRequest two = LaunchRequest.of(image.id()).withCount(2);
        instances().launch(LaunchRequest.of(image.id()).withIds(List.of(taken)));
        refused(
                () -> instances().launch(two.withIds(List.of("i-0000000000000cafe", taken))),
                "InvalidParameterValue",
                "The id 'i-0000000000000beef' is already in use.");
        assertThat(instances().list(InstanceQuery.ALL).instances()).hasSize(1);
        assertThat(volumes().list(VolumeQuery.ALL).volumes()).hasSize(1);
        assertThat(instances().launch(two.withIds(List.of("i-0000000000000cafe", "i-0000000a"))))
                .extracting(Instance::id)
                .containsExactly("i-0000000000000cafe", "i-0000000a");
    }

    @Test
    void badRequestsAreRefusedInEc2sWords() throws IOException {
        LaunchRequest request = LaunchRequest.of(image.id());
        refused(
                () -> instances().launch(request.withCount(0)),
                "InvalidParameterValue",
                "Value (0) for parameter count is invalid. Expected: 1 to 1000.");
        refused(
                () -> instances().launch(request.withCount(1001)),
                "InvalidParameterValue",
                "Value (1001) for parameter count is invalid. Expected: 1 to 1000.");
        refused(
                () -> instances().launch(request.withIds(List.of("i-0000000a", "i-0000000b"))),
                "InvalidParameterValue",
                "2 ids were given for 1 instances.");
        refused(
                () -> instances().launch(LaunchRequest.of("ami-0000000a")),
                "InvalidAMIID.NotFound",
                "The image id '[ami-0000000a]' does not exist");
        refused(
                () -> instances().launch(LaunchRequest.of("debian")),
                "InvalidAMIID.Malformed",
                "Invalid id: \"debian\" (expecting \"ami-...\")");
        refused(
                () -> instances().launch(request.withIds(List.of("i-1"))),
                "InvalidInstanceID.Malformed",
                "Invalid id: \"i-1\" (expecting \"i-...\")");
        refused(
                () -> instances().get("i-0000000a"),
                "InvalidInstanceID.NotFound",
                "The instance ID 'i-0000000a' does not exist");
        refused(
                () -> engine.instances(SampleDisk.ACCOUNT, "eu-west-1").launch(request),
                "InvalidAMIID.NotFound",
                "The image id '[" + image.id() + "]' does not exist");
        images().deregister(image.id());
        refused(
                () -> instances().launch(request),
                "InvalidAMIID.Unavailable",
                "The image ID '" + image.id() + "' is no longer available");
        assertThat(volumes().list(VolumeQuery.ALL).volumes()).isEmpty();
    }

    @Test
    void instanceAndVolumesOutliveImageAndSnapshot() throws IOException {
        Instance instance = launch();
        images().deregisterWithSnapshots(image.id());
        assertThat(engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION)
                        .list(SnapshotQuery.ALL)
                        .snapshots())
                .isEmpty();
        assertThat(read(instance.volumeIds().get(0))).isEqualTo(DISK.bytes());
        assertThat(instances().get(instance.id())).isEqualTo(instance);
    }

    @Test
    void volumeOfAnInstanceIsDeletedOnlyWithIt() throws IOException {
        Instance instance = launch();
        String volumeId = instance.volumeIds().get(0);
        refused(
                () -> volumes().delete(volumeId),
                "VolumeInUse",
                "Volume " + volumeId + " is currently attached to " + instance.id());
        assertThat(read(volumeId)).isEqualTo(DISK.bytes());
    }

    @Test
    void endOfAnInstanceDeletesWhatGoesWithItAndFreesTheRest() throws IOException {
        Instance instance = instances().launch(LaunchRequest.of(devices().id())).get(0);
        Instance other = launch();
        String root = instance.volumeIds().get(0);
        String data = instance.volumeIds().get(1);
        assertThat(instances().terminate(instance.id())).isEqualTo(instance);

        refused(() -> volumes().get(root), "InvalidVolume.NotFound", "The volume '" + root + "' does not exist.");
        Volume kept = volumes().get(data);
        assertThat(kept.state()).isEqualTo(VolumeState.AVAILABLE);
        assertThat(kept.attachment()).isNull();
        volumes().delete(data);
        refused(
                () -> instances().terminate(instance.id()),
                "InvalidInstanceID.NotFound",
                "The instance ID '" + instance.id() + "' does not exist");
        assertThat(instances().list(InstanceQuery.ALL).instances()).containsExactly(other);
        assertThat(volumes().list(VolumeQuery.ALL).volumes())
                .extracting(Volume::id)
                .containsExactlyElementsOf(other.volumeIds());
        assertThat(events)
                .filteredOn(each -> each.what() == EngineEvent.What.DELETED)
                .extracting(EngineEvent::id)
                .containsExactly(instance.id(), root, data);
    }

    @Test
    void instanceWhoseVolumeIsOpenDoesNotEndNorDoThoseAskedForWithIt() throws IOException {
        Instance first = launch();
        Instance second = launch();
        String volumeId = second.volumeIds().get(0);
        try (BlockDevice device = volumes().attach(volumeId)) {
            refused(
                    () -> instances().terminate(List.of(first.id(), second.id())),
                    "VolumeInUse",
                    "Volume " + volumeId + " is currently in use");
            assertThat(instances().list(InstanceQuery.ALL).instances()).hasSize(2);
            device.write(ByteBuffer.wrap(new byte[] {1}), 0);
        }
        assertThat(volumes().get(volumeId).state()).isEqualTo(VolumeState.IN_USE);
        instances().terminate(List.of(first.id(), second.id()));
        assertThat(volumes().list(VolumeQuery.ALL).volumes()).isEmpty();
    }

    @Test
    void pendingSnapshotIsCompletedAfterTheEndOfItsInstance() throws Exception {
        Instance instance = launch();
        String volumeId = instance.volumeIds().get(0);
        byte[] expected = DISK.bytes();
        Snapshot begun;
        try (BlockDevice device = volumes().attach(volumeId)) {
            byte[] data = new byte[1 << 20];
            Arrays.fill(data, (byte) 9);
            device.write(ByteBuffer.wrap(data), 5);
            System.arraycopy(data, 0, expected, 5, data.length);
            begun = volumes().snapshot(volumeId, SnapshotRequest.NEW);
        }
        instances().terminate(instance.id());
        var snapshots = engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION);
        while (snapshots.get(begun.id()).state() == SnapshotState.PENDING) {
            Thread.sleep(5);
        }
        ByteBuffer found = ByteBuffer.allocate(expected.length);
        try (BlockDevice disk = snapshots.open(begun.id())) {
            disk.read(found, 0);
        }
        assertThat(found.array()).isEqualTo(expected);
    }

    @Test
    void listsAreFilteredAndPaged() throws IOException {
        Instance tagged = instances()
                .launch(LaunchRequest.of(devices().id()).withTags(Map.of("Name", "web")))
                .get(0);
        instances().launch(LaunchRequest.of(image.id()).withCount(12));
        List<Instance> all = new ArrayList<>();
        InstanceQuery query = InstanceQuery.ALL.inOrderOfCreation().withMaxResults(5);
        for (InstancePage page = instances().list(query); ; page = instances().list(query)) {
            all.addAll(page.instances());
            String next = page.nextToken();
            if (next == null) {
                break;
            }
            query = query.after(next);
        }
        assertThat(all.stream().map(Instance::id).distinct()).hasSize(13);
        assertFilter("tag:Name", "w*", tagged);
        assertFilter("image-id", tagged.imageId(), tagged);
        assertFilter("instance-id", tagged.id(), tagged);
        assertFilter("block-device-mapping.volume-id", tagged.volumeIds().get(1), tagged);
        assertFilter("block-device-mapping.delete-on-termination", "false", tagged);
        assertFilter("reservation-id", tagged.reservationId(), tagged);
        assertFilter("launch-index", "12");
        refused(
                () -> instances().list(InstanceQuery.ALL.withFilter("colour", "red")),
                "InvalidParameterValue",
                "The filter 'colour' is invalid");
        assertThat(volumes()
                        .list(VolumeQuery.ALL
                                .withFilter("attachment.instance-id", tagged.id())
                                .withFilter("attachment.device", "/dev/sdb"))
                        .volumes())
                .extracting(Volume::id)
                .containsExactly(tagged.volumeIds().get(1));
    }

    private void assertFilter(String name, String value, Instance... expected) throws IOException {
        assertThat(instances().list(InstanceQuery.ALL.withFilter(name, value)).instances())
                .as(name)
                .containsExactly(expected);
    }
}
