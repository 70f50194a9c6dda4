package dev.varve;

import static dev.varve.SampleDisk.ACCOUNT;
import static dev.varve.SampleDisk.REGION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.varve.block.BlockDevice;
import dev.varve.catalog.Ec2Exception;
import dev.varve.image.DeviceMapping;
import dev.varve.image.Image;
import dev.varve.image.ImageRequest;
import dev.varve.image.Images;
import dev.varve.instance.LaunchRequest;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotQuery;
import dev.varve.snapshot.SnapshotReader;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.snapshot.SnapshotWriter;
import dev.varve.snapshot.Snapshots;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeQuery;
import dev.varve.volume.VolumeRequest;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What was deleted comes back as it was, until its time of grace is over; whatever the store is made of. */
abstract class RestoreContractTest {
    private static final SampleDisk DISK = new SampleDisk(4, 20);
    private static final Duration GRACE = Duration.ofHours(1);

    private final List<EngineEvent> events = new CopyOnWriteArrayList<>();
    private final SetClock clock = new SetClock();

    Engine engine;
    Image image;
    String snapshotId;

    /** Opens the store, or makes it. */
    abstract Engine open(EngineOptions options) throws IOException;

    /** Closes the store and opens it, where it outlives that. */
    abstract void reopen(EngineOptions options) throws IOException;

    private static final class SetClock extends Clock {
        private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

        void pass(Duration time) {
            now = now.plus(time);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private EngineOptions options() {
        return SampleDisk.options().withClock(clock).withEvents(events::add);
    }

    @BeforeEach
    void importDisk() throws IOException {
        engine = open(options());
        image = DISK.importInto(engine);
        snapshotId = image.rootMapping().snapshotId();
    }

    @AfterEach
    void close() throws IOException {
        engine.close();
    }

    private Images images() {
        return engine.images(ACCOUNT, REGION);
    }

    private Snapshots snapshots() {
        return engine.snapshots(ACCOUNT, REGION);
    }

    Volumes volumes() {
        return engine.volumes(ACCOUNT, REGION);
    }

    private void collectAfter(Duration time) throws IOException {
        clock.pass(time);
        engine.collectGarbage(GRACE, false);
    }

    private List<String> restorable() throws IOException {
        return engine.restorable(ACCOUNT, REGION).stream().map(Restorable::id).toList();
    }

    private void assertSound() throws IOException {
        assertThat(engine.check(true, (done, total) -> {}).problems()).isEmpty();
    }

    private static void assertCode(String code, ThrowingCallable call) {
        assertThatExceptionOfType(Ec2Exception.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.code()).isEqualTo(code));
    }

    private ImageRequest sameName() {
        return ImageRequest.named(image.name())
                .withMapping(DeviceMapping.of(ImageRequest.ROOT_DEVICE_NAME, snapshotId));
    }

    @Test
    void aSnapshotComesBackAsItWas() throws IOException {
        images().deregister(image.id());
        Snapshot before = snapshots().get(snapshotId);
        snapshots().delete(snapshotId);
        assertCode("InvalidSnapshot.NotFound", () -> snapshots().get(snapshotId));
        assertThat(snapshots().list(SnapshotQuery.ALL).snapshots()).isEmpty();
        collectAfter(GRACE.minusMillis(1));
        assertSound();

        assertThat(snapshots().restore(snapshotId)).isEqualTo(before);

        assertThat(snapshots().get(snapshotId)).isEqualTo(before);
        assertThat(snapshots().list(SnapshotQuery.ALL.inOrderOfCreation()).snapshots())
                .containsExactly(before);
        assertThat(events.get(events.size() - 1))
                .isEqualTo(new EngineEvent(EngineEvent.What.RESTORED, "snapshot", ACCOUNT, REGION, snapshotId));
        collectAfter(GRACE.multipliedBy(3));
        collectAfter(GRACE.multipliedBy(3));
        assertThat(DISK.isHeldBy(engine, image)).isTrue();
        assertThat(engine.stats().alarms()).isZero();
        assertCode("InvalidSnapshot.NotFound", () -> snapshots().restore(snapshotId));
    }

    @Test
    void afterTheTimeOfGraceNothingComesBackAndItsRoomDoes() throws IOException {
        images().deregisterWithSnapshots(image.id());
        assertThat(restorable()).containsExactlyInAnyOrder(image.id(), snapshotId);
        collectAfter(GRACE);
        assertThat(restorable()).isEmpty();
        assertCode("InvalidSnapshot.NotFound", () -> snapshots().restore(snapshotId));
        assertCode("InvalidAMIID.NotFound", () -> images().restore(image.id()));
        assertCode("InvalidAMIID.Unavailable", () -> images().get(image.id()));
        collectAfter(GRACE);
        assertThat(engine.stats().liveBytes()).isZero();
    }

    @Test
    void aDryRunForgetsNothing() throws IOException {
        images().deregisterWithSnapshots(image.id());
        clock.pass(GRACE);
        GarbageReport dry = engine.collectGarbage(GRACE, true);
        assertThat(dry.forgotten()).isEqualTo(2);
        assertThat(dry.condemned().chunks()).isPositive();
        images().restore(image.id());
        assertThat(engine.collectGarbage(GRACE, true).condemned().chunks()).isZero();
    }

    @Test
    void anImageComesWithItsSnapshots() throws IOException {
        images().deregisterWithSnapshots(image.id());
        assertThat(images().restore(image.id())).isEqualTo(image);
        assertThat(images().get(image.id())).isEqualTo(image);
        assertThat(restorable()).isEmpty();
        assertThat(DISK.isHeldBy(engine, image)).isTrue();
        assertCode("InvalidSnapshot.InUse", () -> snapshots().delete(snapshotId));
        assertCode("InvalidAMIName.Duplicate", () -> images().register(sameName()));
        engine.instances(ACCOUNT, REGION).launch(LaunchRequest.of(image.id()));
        assertSound();
    }

    @Test
    void anImageWhoseNameIsTakenStaysInTheBin() throws IOException {
        images().deregister(image.id());
        Image other = images().register(sameName());
        assertCode("InvalidAMIName.Duplicate", () -> images().restore(image.id()));
        assertThat(restorable()).containsExactly(image.id());
        images().deregister(other.id());
        assertThat(images().restore(image.id())).isEqualTo(image);
    }

    @Test
    void anImageDoesNotComeBackOverAnotherSnapshotOfTheSameId() throws IOException {
        images().deregisterWithSnapshots(image.id());
        clock.pass(Duration.ofSeconds(1));
        new SampleDisk(5, 20).importInto(engine, SnapshotRequest.NEW.withId(snapshotId));
        assertCode("InvalidSnapshotID.NotFound", () -> images().restore(image.id()));
        assertThat(restorable()).containsExactly(image.id());
    }

    @Test
    void aVolumeComesBackWithWhatWasWritten() throws IOException {
        Volume volume = volumes().create(VolumeRequest.NEW.withSnapshotId(snapshotId));
        write(volume.id(), 7);
        Volume before = volumes().get(volume.id());
        volumes().delete(volume.id());
        assertThat(volumes().list(VolumeQuery.ALL).volumes()).isEmpty();
        assertCode("InvalidVolume.NotFound", () -> volumes().attach(volume.id()));
        collectAfter(GRACE.minusMillis(1));
        assertSound();
        reopen(options());
        write(volumes().create(VolumeRequest.NEW.withSizeGib(1)).id(), 1); // now logs that nobody names are gone

        assertThat(volumes().restore(volume.id())).isEqualTo(before);
        assertThat(read(volume.id())).isEqualTo(7);
        assertCode("InvalidVolume.NotFound", () -> volumes().restore(volume.id()));
        assertSound();

        volumes().delete(volume.id());
        collectAfter(GRACE);
        assertCode("InvalidVolume.NotFound", () -> volumes().restore(volume.id()));
        assertSound();
    }

    @Test
    void aVolumeThatWentWithItsInstanceIsGone() throws IOException {
        String volume = engine.instances(ACCOUNT, REGION)
                .terminate(engine.instances(ACCOUNT, REGION)
                        .launch(LaunchRequest.of(image.id()))
                        .get(0)
                        .id())
                .volumeIds()
                .get(0);
        assertThat(restorable()).isEmpty();
        assertCode("InvalidVolume.NotFound", () -> volumes().restore(volume));
    }

    /** The fold has not begun, has begun, or is over. */
    @Test
    void aVolumeOfWhichASnapshotIsPendingComesBackAndSoDoesTheSnapshot() throws IOException {
        for (int i = 1; i <= 20; i++) {
            Volume volume = volumes().create(VolumeRequest.NEW.withSnapshotId(snapshotId));
            write(volume.id(), i);
            Snapshot pending = volumes().snapshot(volume.id(), SnapshotRequest.NEW);
            volumes().delete(volume.id());
            volumes().restore(volume.id());
            assertThat(read(volume.id())).isEqualTo(i);
            while (snapshots().get(pending.id()).state() == SnapshotState.PENDING) {
                Thread.onSpinWait();
            }
            assertThat(snapshots().get(pending.id()).state()).isEqualTo(SnapshotState.COMPLETED);
            assertThat(read(volume.id())).isEqualTo(i);
        }
        assertSound();
    }

    @Test
    void whatIsInTheBinIsListedWithNameAndTimeInItsScope() throws IOException {
        images().deregister(image.id());
        clock.pass(Duration.ofSeconds(5));
        snapshots().delete(snapshotId);
        assertThat(engine.restorable(ACCOUNT, REGION))
                .containsExactly(
                        new Restorable(image.id(), image.name(), clock.now.minusSeconds(5)),
                        new Restorable(snapshotId, "", clock.now));
        assertThat(engine.restorable(ACCOUNT, "eu-west-1")).isEmpty();
        assertCode(
                "InvalidSnapshot.NotFound",
                () -> engine.snapshots(ACCOUNT, "eu-west-1").restore(snapshotId));
    }

    /** As callers do that make ids of their own. */
    @Test
    void whoGivesTheIdOfADeletedThingDoesNotWantItBack() throws IOException {
        String id = "vol-0123456789abcdef0";
        VolumeRequest request = VolumeRequest.NEW.withId(id).withSizeGib(1);
        volumes().create(request);
        write(id, 7);
        volumes().delete(id);
        assertCode(
                "InvalidParameterValue",
                () -> engine.volumes("999999999999", REGION).create(request));
        volumes().create(request);
        assertThat(read(id)).isZero();
        assertCode("InvalidVolume.NotFound", () -> volumes().restore(id));
        reopen(options());
        assertThat(read(id)).isZero();
        assertSound();
    }

    @Test
    void aVolumeOfAnIdThatIsInTheBinBeginsAsItsSnapshot() throws IOException {
        String id = "vol-0123456789abcdef0";
        VolumeRequest request = VolumeRequest.NEW.withId(id).withSnapshotId(snapshotId);
        volumes().create(request);
        int first = read(id);
        assertThat(first).isNotZero();
        write(id, first + 1);
        volumes().delete(id);
        volumes().create(request);
        assertThat(read(id)).isEqualTo(first);
        images().deregisterWithSnapshots(image.id());
        engine.collectGarbage(Duration.ZERO, false);
        engine.collectGarbage(Duration.ZERO, false);
        assertThat(read(id)).isEqualTo(first);
    }

    /** Nobody holds what the parent had but the one that was begun from it. */
    @Test
    void aSnapshotOfAnIdThatIsInTheBinHoldsItsParent() throws IOException {
        images().deregister(image.id());
        String id = "snap-0123456789abcdef0";
        SnapshotRequest request = SnapshotRequest.NEW.withId(id).withParentId(snapshotId);
        byte[] bytes = DISK.bytes();
        for (int i = 0; i < 2; i++) {
            try (SnapshotWriter writer = snapshots().writer(request.withSizeBytes(bytes.length))) {
                if (i == 1) {
                    snapshots().delete(snapshotId);
                    engine.collectGarbage(Duration.ZERO, false);
                    engine.collectGarbage(Duration.ZERO, false);
                }
                writer.complete(bytes.length);
            }
            if (i == 0) {
                snapshots().delete(id);
            }
        }
        try (SnapshotReader disk = snapshots().open(id)) {
            ByteBuffer found = ByteBuffer.allocate(bytes.length);
            disk.read(found, 0);
            assertThat(Arrays.equals(found.array(), bytes)).isTrue();
        }
        assertSound();
    }

    private void write(String volumeId, int value) throws IOException {
        try (BlockDevice device = volumes().attach(volumeId)) {
            device.write(ByteBuffer.wrap(new byte[] {(byte) value}), 0);
        }
    }

    private int read(String volumeId) throws IOException {
        ByteBuffer found = ByteBuffer.allocate(1);
        try (BlockDevice device = volumes().attach(volumeId)) {
            device.read(found, 0);
        }
        return found.get(0);
    }
}
