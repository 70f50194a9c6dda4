package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.block.BlockDevice;
import dev.varve.file.FaultyFiles;
import dev.varve.image.Image;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotState;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Volumes that are closed, opened and deleted beside folds and snapshots. */
@Timeout(120)
class VolumeAttachTest extends HookedEngine {
    private static final SampleDisk DISK = new SampleDisk(3, 60);

    /** The volume grows while its snapshot is pending, and the process ends: the snapshot has the new length. */
    @Test
    void snapshotKeepsItsLengthWhenTheVolumeGrows() throws Exception {
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        try (BlockDevice device = volumes(engine).attach(volume.id())) {
            put(device, 0, 1);
        }
        before = method -> {
            if (folds()) {
                throw new IOException("not now");
            }
        };
        Snapshot begun = begin(engine, volume);
        assertThat(begun.volumeSizeGib()).isEqualTo(1);
        engine.close();
        before = method -> {};
        before = method -> {
            if (folds()) {
                throw new IOException("not now");
            }
        };
        Engine second = engine();
        volumes(second).grow(volume.id(), 3);
        second.close();
        before = method -> {};
        Engine third = engine();
        Snapshot ended = end(third, begun);
        assertThat(ended.state()).isEqualTo(SnapshotState.COMPLETED);
        assertThat(ended.volumeSizeGib()).as("GiB of the snapshot").isEqualTo(1);
    }

    /** A fold has the volume while it is closed, grown or healed, and opened again: it is the old one. */
    @Test
    void volumeThatIsOpenedAgainBesideAFoldIsTheNewOne() throws Exception {
        faults = new FaultyFiles(1, tmp.resolve("graves"));
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        BlockDevice device = volumes(engine).attach(volume.id());
        put(device, 0, 1);
        CountDownLatch folding = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        before = method -> {
            if (folds() && !method.startsWith("record")) {
                folding.countDown();
                await(go);
            }
        };
        begin(engine, volume);
        await(folding);
        put(device, 1, 1);
        faults.failWhen((call, path) -> call == FaultyFiles.Call.SYNC);
        assertThatThrownBy(device::flush).isInstanceOf(IOException.class);
        faults.failNever();
        assertThatThrownBy(device::close).isInstanceOf(IOException.class);
        volumes(engine).grow(volume.id(), 2);
        String found = "";
        new Thread(() -> {
                    try {
                        Thread.sleep(100); // the fold has the old one for a while
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    go.countDown();
                })
                .start();
        try (BlockDevice again = volumes(engine).attach(volume.id())) {
            found += (again.sizeBytes() >> 30) + " GiB";
            put(again, 0, 2);
            found += ", written";
        } catch (IOException e) {
            found += ", " + e.getMessage();
        } finally {
            go.countDown();
        }
        assertThat(found).isEqualTo("2 GiB, written");
    }

    /** Two snapshots are pending when the engine is closed: the first fold commits, its base can't be opened, the second goes on. */
    @Test
    void closingTheEngineBesideTwoFoldsLosesNothing() throws Exception {
        Engine engine = engine();
        Volume other = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        BlockDevice device = volumes(engine).attach(volume.id());
        put(device, 0, 1);
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch upkeep = new CountDownLatch(1);
        CountDownLatch folding = new CountDownLatch(1);
        CountDownLatch fold = new CountDownLatch(1);
        AtomicInteger begun = new AtomicInteger();
        CountDownLatch second = new CountDownLatch(1);
        before = method -> {
            String thread = Thread.currentThread().getName();
            if (thread.equals("varve-upkeep") && method.equals("commit")) {
                busy.countDown();
                await(upkeep); // it names a segment of the other volume, say
            }
            if (thread.equals("varve-fold") && method.equals("write")) {
                if (begun.incrementAndGet() == 1) {
                    folding.countDown();
                    await(fold);
                } else {
                    second.countDown();
                }
            }
        };
        BlockDevice large = volumes(engine).attach(other.id());
        large.write(filled(700 << 10, 1), 0);
        await(busy);
        Snapshot one = begin(engine, volume);
        await(folding);
        put(device, 100, 2);
        Snapshot two = begin(engine, volume);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(() -> {
            try {
                engine.close();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        Thread.sleep(300);
        fold.countDown();
        second.await(3, TimeUnit.SECONDS);
        Thread.sleep(300);
        upkeep.countDown();
        closing.join();
        before = method -> {};
        Engine again = engine();
        BlockDevice reopened = volumes(again).attach(volume.id());
        assertThat(get(again, end(again, one), 0)).isEqualTo(1);
        two = end(again, two);
        assertThat(get(again, two, 100)).isEqualTo(2);
        assertThat("snapshot " + get(again, two, 0) + ", volume " + get(reopened, 0))
                .as("page 0")
                .isEqualTo("snapshot 1, volume 1");
    }

    /** A fold has the volume, so that close() does nothing: neither flush nor mark. */
    @Test
    void whatWasWrittenBeforeCloseSurvivesLossOfPower() throws Exception {
        faults = new FaultyFiles(3, tmp.resolve("graves"));
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        BlockDevice device = volumes(engine).attach(volume.id());
        put(device, 0, 1);
        CountDownLatch folding = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        before = method -> {
            if (folds() && method.equals("write")) {
                folding.countDown();
                await(go);
                throw new IOException("dead");
            }
        };
        begin(engine, volume);
        await(folding);
        for (int i = 0; i < 20; i++) {
            put(device, 100 + i, 2);
        }
        device.close();
        faults.losePower();
        go.countDown();
        before = method -> {};
        BlockDevice again = volumes(engine()).attach(volume.id());
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            found.add(get(again, 100 + i));
        }
        assertThat(found).as("pages written before close()").containsOnly(2);
    }

    /** The volume is closed while the next segment of its log is being named. */
    @Test
    void closeWaitsForASegmentThatIsMade() throws Exception {
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        BlockDevice device = volumes(engine).attach(volume.id());
        put(device, 0, 1);
        device.flush();
        CountDownLatch naming = new CountDownLatch(1);
        CountDownLatch name = new CountDownLatch(1);
        before = method -> {
            if (Thread.currentThread().getName().equals("varve-upkeep") && method.equals("commit")) {
                naming.countDown();
                await(name);
            }
        };
        device.write(filled(700 << 10, 1), 0); // the next segment is wanted
        await(naming);
        AtomicReference<Throwable> failed = new AtomicReference<>();
        Thread closing = start("closing", device::close, failed);
        Thread.sleep(50);
        assertThat(closing.isAlive()).as("closing waits for the segment").isTrue();
        name.countDown();
        closing.join();
        assertThat(failed.get()).isNull();
        engine.close();
        volumes(engine()).attach(volume.id()).close(); // what no record names is deleted
        assertThat(tmp.resolve("volumes").toFile().list()).hasSize(1);
    }

    /** A write is in flight when its disk is closed; a fold keeps the volume; somebody else opens it. */
    @Test
    void writeOfAClosedDiskDoesNotLandInTheNext() throws Exception {
        Engine engine = engine(SampleDisk.options().withPrefetch(false));
        Image image = DISK.importInto(engine);
        Volume volume = volumes(engine)
                .create(VolumeRequest.NEW.withSnapshotId(image.rootMapping().snapshotId()));
        BlockDevice device = volumes(engine).attach(volume.id());
        put(device, 16 * 20, 1);
        CountDownLatch folding = new CountDownLatch(1);
        CountDownLatch fold = new CountDownLatch(1);
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch write = new CountDownLatch(1);
        before = method -> {
            if (folds() && method.equals("write")) {
                folding.countDown();
                await(fold);
            }
            if (isThread("stale") && method.equals("get")) {
                writing.countDown();
                await(write);
            }
        };
        begin(engine, volume);
        await(folding);
        AtomicReference<Throwable> failed = new AtomicReference<>();
        Thread stale = start("stale", () -> device.write(filled(3, 9), 16 * PAGE * 2 + 5), failed);
        await(writing);
        Thread closing = start("closing", device::close, failed);
        Thread.sleep(50);
        assertThat(closing.isAlive()).as("closing waits for the write").isTrue();
        write.countDown();
        stale.join();
        closing.join();
        BlockDevice again = volumes(engine).attach(volume.id());
        put(again, 32, 7);
        again.flush();
        ByteBuffer page = ByteBuffer.allocate(PAGE);
        again.read(page, 32 * PAGE);
        fold.countDown();
        assertThat(page.get(5)).as("a byte that the new disk wrote and flushed").isEqualTo((byte) 7);
    }

    /** An engine that closes while a volume is opened for the first time. */
    @Test
    void attachBesideCloseIsAnIllegalState() throws Exception {
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (BlockDevice device = volumes(engine).attach(volume.id())) {
            put(device, 0, 1);
        }
        engine.close();
        Engine again = engine();
        AtomicInteger reads = new AtomicInteger();
        before = method -> {
            if (isThread("attacher") && method.equals("record") && reads.incrementAndGet() == 2) {
                opening.countDown();
                await(go);
            }
        };
        AtomicReference<Throwable> failed = new AtomicReference<>();
        Thread attacher = start("attacher", () -> volumes(again).attach(volume.id()), failed);
        await(opening);
        again.close();
        go.countDown();
        attacher.join();
        assertThat(failed.get()).isInstanceOf(IllegalStateException.class);
    }
}
