package dev.varve;

import static dev.varve.SampleDisk.ACCOUNT;
import static dev.varve.SampleDisk.REGION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.block.BlockDevice;
import dev.varve.image.Image;
import dev.varve.snapshot.SnapshotReader;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is needed stays, and what is not goes. */
class CollectGarbageTest {
    private static final SampleDisk ONE = new SampleDisk(2, 40);
    private static final SampleDisk OTHER = new SampleDisk(3, 40);

    @TempDir
    Path folder;

    private Engine engine;

    @BeforeEach
    void create() throws IOException {
        engine = Engine.create(folder.resolve("store"), NewStore.DEFAULT, SampleDisk.options());
    }

    @AfterEach
    void close() throws IOException {
        engine.close();
    }

    /** Condemns and drops. */
    private GarbageReport collect() throws IOException {
        engine.collectGarbage(Duration.ZERO, false);
        return engine.collectGarbage(Duration.ZERO, false);
    }

    private void delete(Image image) throws IOException {
        engine.images(ACCOUNT, REGION).deregister(image.id());
        engine.snapshots(ACCOUNT, REGION).delete(image.rootMapping().snapshotId());
    }

    private void assertSound() throws IOException {
        CheckResult result = engine.check(true, (done, total) -> {});
        assertThat(result.problems()).isEmpty();
    }

    @Test
    void whatOneOfTwoImagesAloneHasGoes() throws IOException {
        Image one = ONE.importInto(engine);
        GarbageReport alone = engine.collectGarbage(Duration.ZERO, true);
        Image other = OTHER.importInto(engine);
        GarbageReport both = collect();
        assertThat(both.condemned().chunks() + both.dropped().chunks()).isZero();
        assertThat(both.roots()).isEqualTo(2);

        delete(other);
        assertThat(engine.collectGarbage(Duration.ofDays(1), true).condemned().chunks())
                .as("it can be restored")
                .isZero();
        GarbageReport dry = engine.collectGarbage(Duration.ZERO, true);
        assertThat(dry.forgotten()).isEqualTo(2);
        assertThat(dry.condemned().chunks())
                .isEqualTo(both.needed().chunks() - alone.needed().chunks())
                .isPositive();
        GarbageReport condemns = engine.collectGarbage(Duration.ZERO, false);
        assertThat(condemns.forgotten()).isEqualTo(2);
        assertThat(condemns.condemned()).isEqualTo(dry.condemned());
        assertThat(engine.collectGarbage(Duration.ofDays(1), false).waiting()).isEqualTo(dry.condemned());
        GarbageReport last = engine.collectGarbage(Duration.ZERO, false);

        assertThat(last.dropped()).isEqualTo(dry.condemned());
        assertThat(last.needed()).isEqualTo(alone.needed());
        assertThat(last.broughtBack().chunks()).isZero();
        assertThat(ONE.isHeldBy(engine, one)).isTrue();
        assertSound();
        assertThat(OTHER.isHeldBy(engine, OTHER.importInto(engine))).isTrue();
    }

    @Test
    void whatAVolumeNeedsOutlivesItsImage() throws IOException {
        Image one = ONE.importInto(engine);
        Volumes volumes = engine.volumes(ACCOUNT, REGION);
        Volume volume = volumes.create(
                VolumeRequest.NEW.withSnapshotId(one.rootMapping().snapshotId()));
        delete(one);
        OTHER.importInto(engine);

        assertThat(collect().dropped().chunks()).isZero();

        byte[] expected = ONE.bytes();
        try (BlockDevice disk = volumes.attach(volume.id())) {
            ByteBuffer found = ByteBuffer.allocate(expected.length);
            disk.read(found, 0);
            assertThat(Arrays.equals(found.array(), expected)).isTrue();
        }
        volumes.delete(volume.id());
        assertThat(collect().dropped().chunks()).isPositive();
        assertSound();
    }

    @Test
    void whoReadsASnapshotThatIsDeletedReadsOn() throws IOException {
        Image one = ONE.importInto(engine);
        try (SnapshotReader disk =
                engine.snapshots(ACCOUNT, REGION).open(one.rootMapping().snapshotId())) {
            delete(one);
            assertThat(collect().dropped().chunks()).isZero();
            ByteBuffer found = ByteBuffer.allocate(Math.toIntExact(disk.sizeBytes()));
            disk.read(found, 0);
            assertThat(Arrays.equals(found.array(), ONE.bytes())).isTrue();
        }
        GarbageReport last = collect();
        assertThat(last.needed().chunks()).isZero();
        assertThat(last.packs()).isPositive();
        assertThat(engine.stats().packBytes()).isZero();
    }

    /** What is not needed survives a process; so does what was condemned. */
    @Test
    void collectionGoesOnInTheNextProcess() throws IOException {
        Image one = ONE.importInto(engine);
        Image other = OTHER.importInto(engine);
        delete(other);
        GarbageReport first = engine.collectGarbage(Duration.ZERO, false);
        engine.close();
        engine = Engine.open(folder.resolve("store"), SampleDisk.options());
        assertThat(engine.collectGarbage(Duration.ZERO, false).dropped()).isEqualTo(first.condemned());
        assertThat(ONE.isHeldBy(engine, one)).isTrue();
        assertSound();
    }

    @Test
    void engineOnTheHeapCollects() throws IOException {
        try (Engine heap = Engine.ephemeral(SampleDisk.options())) {
            Image one = ONE.importInto(heap);
            Image other = OTHER.importInto(heap);
            heap.images(ACCOUNT, REGION).deregister(other.id());
            heap.snapshots(ACCOUNT, REGION).delete(other.rootMapping().snapshotId());
            heap.collectGarbage(Duration.ZERO, false);
            assertThat(heap.collectGarbage(Duration.ZERO, false).dropped().chunks())
                    .isPositive();
            assertThat(ONE.isHeldBy(heap, one)).isTrue();
        }
    }

    /** A second and a half, or so: the shortest round is a second. */
    @Test
    @Timeout(120)
    void inTheBackgroundWhatIsNotNeededGoesByItself() throws Exception {
        Image one = ONE.importInto(engine);
        engine.collectInBackground(Duration.ZERO);
        Image other = OTHER.importInto(engine);
        long before = engine.collectGarbage(Duration.ofDays(1), true).needed().chunks();
        delete(other);
        GarbageReport now = engine.collectGarbage(Duration.ZERO, true);
        while (now.condemned().chunks() + now.dropped().chunks() > 0) {
            Thread.sleep(50);
            now = engine.collectGarbage(Duration.ZERO, true);
        }
        assertThat(now.needed().chunks()).isLessThan(before);
        assertThat(ONE.isHeldBy(engine, one)).isTrue();
        assertSound();
        assertThat(engine.stats().alarms()).isZero();
        assertThatThrownBy(() -> engine.collectInBackground(Duration.ZERO)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void negativeGraceIsRefused() {
        assertThatThrownBy(() -> engine.collectGarbage(Duration.ofSeconds(-1), false))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> engine.collectInBackground(Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
