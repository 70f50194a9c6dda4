package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.file.FaultyFiles;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Folds beside failures, and what comes after them. */
@Timeout(120)
class VolumeFoldTest extends HookedEngine {
    /** The mark of a clean close has the sequence that the first record of the next handle gets; a fold sees the mark. */
    @Test
    void firstWriteOfTheSecondHandleIsFolded() throws Exception {
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        try (BlockDevice device = volumes(engine).attach(volume.id())) {
            put(device, 0, 1);
        }
        try (BlockDevice device = volumes(engine).attach(volume.id())) {
            put(device, 1, 2);
            put(device, 2, 3);
            device.flush();
            Snapshot done = end(engine, begin(engine, volume));
            Thread.sleep(200);
            assertThat(get(engine, done, 0)).isEqualTo(1);
            assertThat(get(engine, done, 2)).isEqualTo(3);
            assertThat("snapshot " + get(engine, done, 1) + ", volume " + get(device, 1))
                    .as("page 1, which was flushed")
                    .isEqualTo("snapshot 2, volume 2");
        }
    }

    /** 3/4 of the table is full: to forget finds the place in the rebuilt table, and looks there in the old one. */
    @Test
    void whatIsFoldedIsForgottenWhenTheTableIsFull() throws Exception {
        Engine engine = engine();
        List<String> wrong = new ArrayList<>();
        for (int first = 1; first < 40; first++) {
            Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
            try (BlockDevice device = volumes(engine).attach(volume.id())) {
                for (int i = first; i < first + 12; i++) {
                    put(device, 16L * i, 7);
                }
                end(engine, begin(engine, volume));
                long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);
                String found = tryGet(device, 16L * first);
                while (found.equals("7") && System.nanoTime() < deadline) {
                    found = tryGet(device, 16L * first);
                }
                if (!found.equals("7")) {
                    wrong.add("groups from " + first + ": " + found);
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** Two snapshots are pending. What the first fold can't fold goes to the log's end: the second has it not, and is "completed". */
    @Test
    void snapshotBehindOneThatFailedHasNoOldBytes() throws Exception {
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        BlockDevice device = volumes(engine).attach(volume.id());
        device.write(filled(BLOCK, 1), 0);
        device.write(filled(BLOCK, 1), BLOCK);
        Snapshot base = end(engine, begin(engine, volume));
        assertThat(base.state()).isEqualTo(SnapshotState.COMPLETED);
        device.close();
        engine.close(); // its cache has the chunk
        engine = engine();
        Engine other = engine;
        device = volumes(engine).attach(volume.id());
        AtomicBoolean bad = new AtomicBoolean(true);
        CountDownLatch go = new CountDownLatch(1);
        put(device, 0, 2); // block 0 in part: the rest comes from the base
        before = method -> {
            if (folds() && method.equals("get")) {
                await(go);
                if (bad.getAndSet(false)) {
                    throw corrupt();
                }
            }
        };
        Snapshot first = begin(engine, volume);
        put(device, 16, 3); // block 1
        Snapshot second = begin(engine, volume);
        go.countDown();
        first = end(other, first);
        second = end(other, second);
        assertThat(first.state()).isEqualTo(SnapshotState.ERROR);
        assertThat(get(device, 0)).isEqualTo(2);
        if (second.state() == SnapshotState.COMPLETED) {
            assertThat(get(engine, second, 16)).isEqualTo(3);
            assertThat(get(engine, second, 0))
                    .as("page 0 in a snapshot that is completed")
                    .isEqualTo(2);
        }
    }

    /** The commit of a fold has happened, the new base can't be opened: the next fold builds on the old one. */
    @Test
    void foldWhoseBaseCouldNotBeOpenedLosesNothing() throws Exception {
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        BlockDevice device = volumes(engine).attach(volume.id());
        put(device, 0, 1);
        device.flush();
        CountDownLatch refused = new CountDownLatch(1);
        cacheHook = method -> {
            refused.countDown();
            throw new IOException("No space left on device");
        };
        Snapshot begun = begin(engine, volume);
        await(refused);
        cacheHook = method -> {};
        assertThat(end(engine, begun).state()).isEqualTo(SnapshotState.COMPLETED);
        put(device, 100, 2);
        Snapshot second = end(engine, begin(engine, volume));
        assertThat(second.state()).isEqualTo(SnapshotState.COMPLETED);
        assertThat(get(engine, second, 100)).isEqualTo(2);
        Thread.sleep(200);
        assertThat(tryGet(device, 0)).as("page 0 of the volume").isEqualTo("1");
        assertThat(get(engine, second, 0)).as("page 0 of the snapshot").isEqualTo(1);
    }

    /** What can't be folded is half of the bound: it is folded for ever, and no other volume is. */
    @Test
    void longRestIsNotFoldedForEver() throws Exception {
        Engine engine = engine(SampleDisk.options().withLogBytes(4 << 20));
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        BlockDevice device = volumes(engine).attach(volume.id());
        for (int block = 0; block < 80; block++) {
            device.write(filled(BLOCK, block + 1), (long) block * BLOCK);
            if (block % 20 == 19) {
                assertThat(end(engine, begin(engine, volume)).state()).isEqualTo(SnapshotState.COMPLETED);
            }
        }
        assertThat(end(engine, begin(engine, volume)).state()).isEqualTo(SnapshotState.COMPLETED);
        device.close();
        engine.close();
        engine = engine(SampleDisk.options().withLogBytes(4 << 20));
        device = volumes(engine).attach(volume.id());
        before = method -> {
            if (method.equals("get")) {
                if (folds()) {
                    gets.incrementAndGet();
                }
                if (gets.get() > 3000) {
                    await(new CountDownLatch(1)); // proven
                }
                throw new IOException("bad sector");
            }
        };
        BlockDevice open = device;
        CompletableFuture<String> write = CompletableFuture.supplyAsync(() -> {
            try {
                for (int block = 0; block < 80; block++) {
                    for (int page = 0; page < 15; page++) {
                        put(open, 16 * block + page, 99); // all of a block but its last page
                    }
                }
                return "written";
            } catch (IOException e) {
                return e.toString();
            }
        });
        String told;
        try {
            told = write.get(20, TimeUnit.SECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
            told = "waits for ever";
        }
        assertThat(told).as("reads of bad blocks by the fold: %s", gets).isNotEqualTo("waits for ever");
    }

    /** The disk fails for a moment while a fold reads: pages that are whole are recorded as damaged, for ever. */
    @Test
    void readErrorThatPassesLosesNothing() throws Exception {
        faults = new FaultyFiles(1, tmp.resolve("graves"));
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        BlockDevice device = volumes(engine).attach(volume.id());
        put(device, 9, 9);
        end(engine, begin(engine, volume));
        Thread.sleep(200);
        put(device, 0, 1);
        device.flush();
        AtomicBoolean bad = new AtomicBoolean();
        after = method -> {
            if (folds() && method.equals("get")) {
                bad.set(true); // while the fold reads pages
            }
        };
        faults.failWhen((call, path) -> call == FaultyFiles.Call.READ && bad.get() && folds());
        end(engine, begin(engine, volume));
        Thread.sleep(300);
        faults.failNever();
        assertThat(tryGet(device, 0)).as("page 0, now that the disk is well").isEqualTo("1");
    }

    /** The first volume's log has failed, so that to leave it throws: the second is never left, and never deleted. */
    @Test
    void snapshotOfTwoThatFailsLeavesBoth() throws Exception {
        faults = new FaultyFiles(1, tmp.resolve("graves"));
        Engine engine = engine();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
            ids.add(volume.id());
            if (i == 0) {
                BlockDevice device = volumes(engine).attach(volume.id());
                put(device, 0, 1);
                device.flush();
            }
        }
        // the first is opened again, with a page behind the mark, by the snapshot itself
        engine.close();
        engine = engine();
        BlockDevice device = volumes(engine).attach(ids.get(0));
        put(device, 0, 2);
        CountDownLatch syncing = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        faults.failWhen((call, path) -> call == FaultyFiles.Call.SYNC);
        Engine open = engine;
        org.assertj.core.api.Assertions.assertThatThrownBy(device::flush).isInstanceOf(IOException.class);
        // somebody's snapshot has both volumes, then the handle is closed: the snapshot is the last to leave the first
        before = method -> {};
        AtomicBoolean once = new AtomicBoolean();
        before = method -> {
            if (method.equals("record")
                    && Thread.currentThread().getName().equals("snapshot")
                    && once.compareAndSet(false, true)) {
                syncing.countDown();
                await(go);
            }
        };
        Thread taker = new Thread(
                () -> {
                    try {
                        volumes(open).snapshot(ids, List.of(SnapshotRequest.NEW, SnapshotRequest.NEW));
                    } catch (IOException | RuntimeException e) {
                        // as it should
                    }
                },
                "snapshot");
        taker.start();
        await(syncing); // it has the first volume, and opens the second
        try {
            device.close();
        } catch (IOException e) {
            // its flush fails
        }
        go.countDown();
        taker.join();
        faults.failNever();
        volumes(open).delete(ids.get(1));
        Thread.sleep(500);
        assertThat(below.records("volume/", "", 10).stream()
                        .filter(each -> each.getKey().endsWith(ids.get(1))))
                .as("the record of the second volume, which was deleted")
                .isEmpty();
    }

    /** delete() while a snapshot is being taken: neither does the work, until the store is opened again. */
    @Test
    void volumeDeletedBesideASnapshotIsGone() throws Exception {
        Engine engine = engine();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
            ids.add(volume.id());
        }
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger reads = new AtomicInteger();
        before = method -> {
            if (Thread.currentThread().getName().equals("snapshot")
                    && method.equals("record")
                    && reads.incrementAndGet() == 4) { // what the first needs, then the second
                opening.countDown();
                await(go);
            }
        };
        Thread taker = new Thread(
                () -> {
                    try {
                        volumes(engine).snapshot(ids, List.of(SnapshotRequest.NEW, SnapshotRequest.NEW));
                    } catch (IOException | RuntimeException e) {
                        // it is not there any more
                    }
                },
                "snapshot");
        taker.start();
        await(opening);
        volumes(engine).delete(ids.get(0));
        Thread.sleep(200);
        go.countDown();
        taker.join();
        Thread.sleep(6000); // two rounds of what is tried again
        assertThat(below.records("volume/", "", 10))
                .extracting(each -> each.getKey())
                .as("records of volumes")
                .noneMatch(each -> each.endsWith(ids.get(0)));
    }

    /** Two records of a pending layer have rotted: the snapshot is neither completed nor failed, and the log only grows. */
    @Test
    void snapshotOfADamagedLayerEnds() throws Exception {
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        BlockDevice device = volumes(engine).attach(volume.id());
        for (int i = 0; i < 4; i++) {
            put(device, i, 1);
        }
        CountDownLatch go = new CountDownLatch(1);
        before = method -> {
            if (folds() && method.equals("record")) {
                await(go);
            }
        };
        Snapshot begun = begin(engine, volume);
        try (FileChannel file = FileChannel.open(
                tmp.resolve("volumes").resolve("00000001.log"), StandardOpenOption.WRITE, StandardOpenOption.READ)) {
            for (long at : new long[] {4160, 2 * 4160, (1 << 20) - 64}) {
                file.write(ByteBuffer.allocate(16), at);
            }
        }
        go.countDown();
        assertThat(end(engine, begun).state()).isNotEqualTo(SnapshotState.PENDING);
    }
}
