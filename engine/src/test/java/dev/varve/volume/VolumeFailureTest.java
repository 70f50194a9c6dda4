package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Failures of the files under a volume's log. */
@Timeout(120)
class VolumeFailureTest extends VolumeFixture {
    /** The folder was made, the sync of its parent failed, and nobody syncs it again. */
    @Test
    void folderIsDurableBeforeAFlushSucceeds() throws IOException {
        List<Long> lost = new ArrayList<>();
        for (long seed = 0; seed < 10; seed++) {
            Path own = Files.createDirectory(tmp.resolve("seed-" + seed));
            FaultyFiles faults = new FaultyFiles(seed, own.resolve("graves"));
            VolumeRig rig = VolumeRig.inFiles(() -> new FileIo(faults), own.resolve("logs"), SIZE);
            VolumeDevice device = rig.open();
            AtomicBoolean once = new AtomicBoolean();
            faults.failWhen((call, path) -> call == FaultyFiles.Call.SYNC_DIRECTORY && !once.getAndSet(true));
            VolumeDevice refused = device;
            assertThatThrownBy(() -> put(refused, 0, 1)).isInstanceOf(IOException.class);
            faults.failNever();
            put(device, 0, 1);
            device.flush();
            faults.losePower();
            if (!tryGet(rig, 0).equals("1")) {
                lost.add(seed);
            }
        }
        assertThat(lost).as("seeds whose flushed page was lost").isEmpty();
    }

    /** The same without any failure but a kill between the two calls. */
    @Test
    void folderIsDurableAlsoWhenItsMakerWasKilled() throws IOException {
        List<Long> lost = new ArrayList<>();
        for (long seed = 0; seed < 10; seed++) {
            Path own = Files.createDirectory(tmp.resolve("seed-" + seed));
            FaultyFiles faults = new FaultyFiles(seed, own.resolve("graves"));
            VolumeRig rig = VolumeRig.inFiles(() -> new FileIo(faults), own.resolve("logs"), SIZE);
            VolumeDevice killed = rig.open();
            faults.stopAt(1);
            assertThatThrownBy(() -> put(killed, 0, 1)).isInstanceOf(IOException.class);
            faults.killProcess();
            VolumeDevice device = rig.open();
            put(device, 0, 1);
            device.flush();
            faults.losePower();
            if (!tryGet(rig, 0).equals("1")) {
                lost.add(seed);
            }
        }
        assertThat(lost).as("seeds whose flushed page was lost").isEmpty();
    }

    /** An opening that fails gives nothing back: on a full disk, each attempt keeps what it took. */
    @Test
    void failedRecoveryGivesItsSegmentsBack() throws IOException {
        HookedSpace space = new HookedSpace(VolumeRig.fileSegments(io, tmp.resolve("logs")));
        VolumeRig rig = new VolumeRig(() -> space, SIZE);
        VolumeDevice device = rig.open();
        for (int i = 0; i < 16; i++) {
            put(device, 64 * (i % 16), 64, i); // 4 MiB, not flushed
        }
        int inUse = rig.entries().size();
        for (int i = 0; i < 3; i++) {
            int before = space.taken;
            space.beforeTake = taken -> {
                if (taken > before) {
                    throw new IOException("No space left on device");
                }
            };
            assertThatThrownBy(rig::open).isInstanceOf(IOException.class);
        }
        assertThat(space.taken - space.given).as("segments that are not free").isEqualTo(inUse);
    }

    /** A claim that failed counts as done: strays stay, and their numbers are in the way. */
    @Test
    void claimThatFailedIsNotDone() throws IOException {
        Path logs = Files.createDirectory(tmp.resolve("logs"));
        for (int i = 1; i <= 5; i++) {
            Files.write(logs.resolve(String.format("%08x.log", i)), new byte[10]);
        }
        FaultyFiles faults = new FaultyFiles(1, tmp.resolve("graves"));
        FileSegments space = VolumeRig.fileSegments(new FileIo(faults), logs);
        faults.failAt(0);
        assertThatThrownBy(() -> space.claim(java.util.Set.of(), true)).isInstanceOf(IOException.class);
        if (!space.isClaimed()) {
            space.claim(java.util.Set.of(), true); // what VolumeRegistry.space() does next time
        }
        space.take(1 << 20, SegmentSpace.Use.OFTEN_SYNCED).close();
        assertThat(logs.toFile().list()).hasSize(1);
    }

    /** The commit that names a segment fails, but has happened; the number is given to the next who asks. */
    @Test
    void segmentThatARecordMayNameIsNotGivenOut() throws IOException {
        FileSegments space = VolumeRig.fileSegments(io, tmp.resolve("logs"));
        space.claim(java.util.Set.of(), true);
        List<SegmentEntry> recorded = new ArrayList<>();
        LogJournal journal = new LogJournal() {
            @Override
            public void add(SegmentEntry segment) throws IOException {
                recorded.add(segment);
                throw new IOException("not known to be durable");
            }

            @Override
            public void remove(List<SegmentEntry> segments) {}

            @Override
            public void replace(List<SegmentEntry> segments) {}
        };
        VolumeLog log = log(space, journal, List.of());
        assertThatThrownBy(() -> log.append(0, ByteBuffer.allocate(Pages.BYTES), new Staging(), VolumeLog.ALWAYS))
                .isInstanceOf(IOException.class);
        SegmentFile other = space.take(1 << 20, SegmentSpace.Use.OFTEN_SYNCED);
        assertThat(recorded).extracting(SegmentEntry::number).doesNotContain(other.number());
    }

    /** As many segments as a log may have, the last with a page that was not flushed. */
    @Test
    void logOfTheMostSegmentsCanBeOpened() throws IOException {
        HeapSegments heap = new HeapSegments();
        SegmentFile empty = heap.take(1 << 20, SegmentSpace.Use.OFTEN_SYNCED);
        HookedSpace space = new HookedSpace(heap);
        VolumeRig rig = new VolumeRig(() -> space, SIZE);
        put(rig.open(), 0, 1);
        while (rig.entries().size() < PageWord.MAX_SLOTS - SegmentTable.RESERVED_SLOTS) {
            // each as an opening and one page leave it, but for the page: that would take too much heap here
            rig.entries().add(0, new SegmentEntry(empty.number(), 1 << 20, "00".repeat(16), 0));
        }
        assertThatCode(rig::open).doesNotThrowAnyException();
    }

    /** Opening and closing writes a mark, for which a segment is made: up to 64 MiB of zeros, and room it needs. */
    @Test
    void openingAndClosingNeedsNoRoom() throws IOException {
        HookedSpace space = new HookedSpace(VolumeRig.fileSegments(io, tmp.resolve("logs")));
        VolumeRig rig = new VolumeRig(() -> space, SIZE);
        VolumeDevice device = rig.open();
        put(device, 0, 1);
        device.close();
        space.beforeTake = taken -> {
            throw new IOException("No space left on device");
        };
        device = rig.open();
        assertThat(get(device, 0)).isEqualTo(1);
        device.close();
    }

    /** "A small log takes little": what counts is how often the volume was opened. */
    @Test
    void smallLogTakesLittle() throws IOException {
        HookedSpace space = new HookedSpace(new HeapSegments());
        VolumeRig rig = new VolumeRig(() -> space, SIZE);
        for (int i = 0; i < 10; i++) {
            VolumeDevice device = rig.open();
            put(device, i, 1);
            device.close();
        }
        assertThat(rig.entries().stream().mapToInt(SegmentEntry::sizeBytes).sum() >> 20)
                .as("MiB for ten pages")
                .isLessThan(16);
    }

    /** Else the record goes on naming it: an opening searches all of it, and a repair does not know the log's end. */
    @Test
    void segmentThatIsMadeBesideACloseGoesBack() throws Exception {
        HookedSpace space = new HookedSpace(new HeapSegments());
        VolumeRig rig = new VolumeRig(() -> space, SIZE);
        VolumeLog log = rig.openLog(LogState.Start.FIRST);
        log.append(0, ByteBuffer.allocate(Pages.BYTES), new Staging(), VolumeLog.ALWAYS);
        int used = rig.entries().size();
        CountDownLatch taking = new CountDownLatch(1);
        CountDownLatch goesOn = new CountDownLatch(1);
        space.beforeTake = taken -> {
            taking.countDown();
            await(goesOn);
        };
        FutureTask<?> maker = new FutureTask<>(() -> {
            log.prepareForFreeze();
            return null;
        });
        new Thread(maker).start();
        await(taking);
        FutureTask<?> closing = new FutureTask<>(() -> {
            log.close();
            return null;
        });
        Thread closer = new Thread(closing);
        closer.start();
        while (closer.isAlive() && closer.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        goesOn.countDown();
        assertThatThrownBy(maker::get).hasCauseInstanceOf(IllegalStateException.class);
        closing.get();
        assertThat(rig.entries()).hasSize(used);
        assertThat(space.taken - space.given).isEqualTo(used);
    }
}
