package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.varve.block.BlockDevice;
import dev.varve.cache.ChunkCache;
import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.store.Compression;
import dev.varve.store.HeapStore;
import dev.varve.store.Store;
import dev.varve.store.StoreProperties;
import dev.varve.volume.VolumeRegistry;
import dev.varve.volume.VolumeRequest;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the crash tests found of volumes that are folded, or whose logs are trimmed, while somebody works with them: each as
 * small as it gets.
 */
@Timeout(60)
class VolumeFoldCrashTest {
    private static final int PAGE = 4096;

    /** A log is looked at after each MiB. */
    private static final long LOG_BYTES = 16 << 20;

    /** A little less than the first segment has room for. */
    private static final int PAGES = 240;

    @TempDir
    Path tmp;

    private final HeapStore heap =
            new HeapStore(new StoreProperties(UUID.randomUUID(), 1, SampleDisk.BLOCK, Compression.STORED));
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);
    private FaultyFiles files;
    private volatile boolean holds;

    /** How many more records the fold's thread reads before it is held. */
    private final AtomicInteger records = new AtomicInteger();

    @BeforeEach
    void files() throws IOException {
        files = new FaultyFiles(1, tmp.resolve("graves"));
        Files.createDirectories(tmp.resolve("store"));
        Files.createDirectories(tmp.resolve("marker"));
    }

    private Engine open() throws IOException {
        FileIo io = new FileIo(files);
        Store cuttable = CuttableStore.over(heap, CuttableStore.Life.OF_ALL, files, tmp.resolve("marker"));
        Store store = (Store) Proxy.newProxyInstance(
                Store.class.getClassLoader(), new Class<?>[] {Store.class}, (proxy, method, args) -> {
                    if (method.getName().equals("write") && holds) {
                        hold();
                    }
                    try {
                        Object result = method.invoke(cuttable, args);
                        if (method.getName().equals("record") && isFold() && records.decrementAndGet() == 0) {
                            hold();
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        return Engine.over(
                store,
                io,
                () -> ChunkCache.onHeap(SampleDisk.BLOCK, 1 << 20),
                new VolumeRegistry.LogFolder(io, tmp.resolve("store/volumes")),
                SampleDisk.options().withLogBytes(LOG_BYTES));
    }

    private static boolean isFold() {
        return Thread.currentThread().getName().equals("varve-fold");
    }

    private void hold() {
        if (isFold()) {
            reached.countDown();
            try {
                go.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static Volumes volumes(Engine engine) {
        return engine.volumes(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    private static void put(BlockDevice device, int page, int value) throws IOException {
        byte[] bytes = new byte[PAGE];
        Arrays.fill(bytes, (byte) value);
        device.write(ByteBuffer.wrap(bytes), (long) page * PAGE);
    }

    private static int get(BlockDevice device, int page) throws IOException {
        ByteBuffer found = ByteBuffer.allocate(1);
        device.read(found, (long) page * PAGE + 77);
        return found.get(0);
    }

    private static Snapshot completed(Engine engine, Snapshot begun) throws Exception {
        Snapshot now = begun;
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (now.state() == SnapshotState.PENDING) {
            assertThat(System.nanoTime()).as("%s stays pending", begun.id()).isLessThan(until);
            Thread.sleep(2);
            now = engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).get(begun.id());
        }
        return now;
    }

    /** Has the commits of the fold's thread fail; opened when one has. */
    private CountDownLatch refuseCommits() {
        CountDownLatch refused = new CountDownLatch(1);
        files.failWhen((call, path) -> {
            boolean commits = path.endsWith("marker") && isFold();
            if (commits) {
                refused.countDown();
            }
            return commits;
        });
        return refused;
    }

    /** Until a fold is durable its layer stays: its segments are not used for what is written meanwhile. */
    @Test
    void foldThatDidNotCommitHasChangedNothing() throws Exception {
        Engine engine = open();
        String id = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1)).id();
        BlockDevice device = volumes(engine).attach(id);
        put(device, 0, 1);
        CountDownLatch refused = refuseCommits();
        Snapshot begun = volumes(engine).snapshot(id, SnapshotRequest.NEW);
        refused.await();
        for (int page = 1; page < 800; page++) { // more than two segments of 1 MiB
            put(device, page, 2);
        }
        device.flush();
        cutPower(engine);
        try (Engine next = open();
                BlockDevice found = volumes(next).attach(id)) {
            assertThat(get(found, 0)).isEqualTo(1);
            assertThat(get(found, 799)).isEqualTo(2);
            assertThat(completed(next, begun).state()).isEqualTo(SnapshotState.COMPLETED);
            assertThat(get(found, 0)).isEqualTo(1);
        }
    }

    /** The store commits, and says that it could not. */
    @Test
    void foldWhoseCommitWasMadeAlthoughItFailedIsNotForgotten() throws Exception {
        try (Engine engine = open()) {
            String id = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1)).id();
            try (BlockDevice device = volumes(engine).attach(id)) {
                put(device, 0, 1);
                holds = true;
                Snapshot first = volumes(engine).snapshot(id, SnapshotRequest.NEW);
                reached.await();
                AtomicInteger commits = new AtomicInteger();
                files.failWhen((call, path) -> path.endsWith("marker")
                        && isFold()
                        && commits.incrementAndGet() == 2); // before the commit, after it
                holds = false;
                go.countDown();
                assertThat(completed(engine, first).state()).isEqualTo(SnapshotState.COMPLETED);
                while (!files.hit()) {
                    Thread.sleep(1);
                }
                put(device, 1, 2);
                assertThat(completed(engine, volumes(engine).snapshot(id, SnapshotRequest.NEW))
                                .state())
                        .isEqualTo(SnapshotState.COMPLETED);
                assertThat(get(device, 0)).isEqualTo(1);
                assertThat(get(device, 1)).isEqualTo(2);
            }
        }
    }

    @Test
    void snapshotDeletedWhilePendingHindersNoFold() throws Exception {
        try (Engine engine = open()) {
            String id = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1)).id();
            BlockDevice device = volumes(engine).attach(id);
            put(device, 0, 1);
            holds = true;
            volumes(engine).snapshot(id, SnapshotRequest.NEW);
            reached.await();
            put(device, 1, 2);
            Snapshot given = volumes(engine).snapshot(id, SnapshotRequest.NEW);
            engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).delete(given.id());
            Snapshot last = volumes(engine).snapshot(id, SnapshotRequest.NEW);
            holds = false;
            go.countDown();
            assertThat(completed(engine, last).state()).isEqualTo(SnapshotState.COMPLETED);
            assertThat(get(device, 1)).isEqualTo(2);
            device.close();
        }
    }

    /** The last one out is told by its flush; who leaves a fold behind has to be told, too. */
    @Test
    void closingSaysThatAWriteHasFailedAlthoughAFoldHasTheVolumeOpen() throws Exception {
        try (Engine engine = open()) {
            String id = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1)).id();
            BlockDevice device = volumes(engine).attach(id);
            put(device, 0, 1);
            holds = true;
            volumes(engine).snapshot(id, SnapshotRequest.NEW);
            reached.await();
            put(device, 1, 2);
            files.failWhen((call, path) -> call == FaultyFiles.Call.SYNC);
            assertThatThrownBy(device::flush).isInstanceOf(IOException.class);
            files.failNever();
            Throwable told = catchThrowable(device::close);
            holds = false;
            go.countDown();
            assertThat(told).isInstanceOf(IOException.class).hasMessageContaining("a write has failed");
            try (BlockDevice again = volumes(engine).attach(id)) {
                assertThat(get(again, 0)).isEqualTo(1);
            }
        }
    }

    private static void putAll(BlockDevice device, int value) throws IOException {
        for (int page = 0; page < PAGES; page++) {
            put(device, page, value);
        }
    }

    private void cutPower(Engine engine) throws IOException {
        files.stopAt(0);
        try {
            engine.close();
        } catch (IOException e) {
            // it is dead
        }
        files.losePower();
        files.failNever();
    }

    /** The power goes when the segments are forgotten: what was flushed in them stands in others. */
    @Test
    void whatWasWrittenOverATrimmedHeadIsDurableBeforeTheHeadGoes() throws Exception {
        Engine engine = open();
        String id = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1)).id();
        BlockDevice device = volumes(engine).attach(id);
        putAll(device, 1);
        device.flush();
        CountDownLatch trimmed = new CountDownLatch(1);
        AtomicInteger commits = new AtomicInteger();
        files.failWhen((call, path) -> {
            boolean isOver = path.endsWith("marker") && isFold() && commits.incrementAndGet() == 2;
            if (isOver) {
                files.stopAt(0);
                trimmed.countDown();
            }
            return isOver;
        });
        int rounds = 1;
        try {
            while (trimmed.getCount() > 0) {
                rounds++;
                putAll(device, Math.min(rounds, 100));
            }
        } catch (IOException e) {
            trimmed.await();
        }
        cutPower(engine);
        try (Engine next = open();
                BlockDevice found = volumes(next).attach(id)) {
            int first = get(found, 0);
            assertThat(first).isBetween(1, 100);
            for (int page = 1; page < PAGES; page++) {
                assertThat(get(found, page)).isBetween(Math.max(1, first - 1), first);
            }
        }
    }

    /** Until a trim is durable the segments stay: they are not used for what is written meanwhile. */
    @Test
    void trimThatDidNotCommitHasChangedNothing() throws Exception {
        Engine engine = open();
        String id = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1)).id();
        BlockDevice device = volumes(engine).attach(id);
        CountDownLatch refused = refuseCommits();
        int rounds = 0;
        while (refused.getCount() > 0) {
            rounds++;
            putAll(device, Math.min(rounds, 100));
            Thread.sleep(20);
        }
        for (int page = PAGES; page < PAGES + 800; page++) { // more than two segments of 1 MiB
            put(device, page, 2);
        }
        device.flush();
        cutPower(engine);
        try (Engine next = open();
                BlockDevice found = volumes(next).attach(id)) {
            assertThat(get(found, 0)).isEqualTo(Math.min(rounds, 100));
            assertThat(get(found, PAGES - 1)).isEqualTo(Math.min(rounds, 100));
            assertThat(get(found, PAGES + 799)).isEqualTo(2);
        }
    }

    /** A snapshot that begins after it was seen that none is pending, and all of it is overwritten by then. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void trimLeavesWhatASnapshotIsToHave(long held) throws Exception {
        try (Engine engine = open()) {
            String id = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1)).id();
            BlockDevice device = volumes(engine).attach(id);
            records.set((int) held);
            for (int i = 0; i < 40 && reached.getCount() > 0; i++) {
                putAll(device, 1);
                reached.await(20, TimeUnit.MILLISECONDS);
            }
            assertThat(reached.getCount()).isZero();
            Snapshot begun = volumes(engine).snapshot(id, SnapshotRequest.NEW);
            for (int value = 2; value < 5; value++) {
                putAll(device, value);
            }
            go.countDown();
            assertThat(completed(engine, begun).state()).isEqualTo(SnapshotState.COMPLETED);
            try (BlockDevice snapshot = volumes(engine).open(begun.id())) {
                assertThat(get(snapshot, 0)).isEqualTo(1);
                assertThat(get(snapshot, PAGES - 1)).isEqualTo(1);
            }
            assertThat(get(device, PAGES - 1)).isEqualTo(4);
            device.close();
        }
    }
}
