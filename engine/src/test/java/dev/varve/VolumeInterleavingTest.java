package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import dev.varve.cache.ChunkCache;
import dev.varve.file.FileIo;
import dev.varve.image.Image;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotReader;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.store.Compression;
import dev.varve.store.HeapStore;
import dev.varve.store.Store;
import dev.varve.store.StoreProperties;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRegistry;
import dev.varve.volume.VolumeRequest;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Calls of an engine beside each other, held where they may do harm. */
@Timeout(120)
class VolumeInterleavingTest {
    private static final SampleDisk DISK = new SampleDisk(5, 4);

    /** Called after a method of the store. */
    private interface Hook {
        void after(String method);
    }

    /** Called before a method of the store. */
    private interface Failing {
        void before(String method) throws IOException;
    }

    @TempDir
    Path tmp;

    private volatile Hook hook = method -> {};
    private volatile Failing before = method -> {};

    private final HeapStore below =
            new HeapStore(new StoreProperties(UUID.randomUUID(), 1, SampleDisk.BLOCK, Compression.STORED));

    private Engine engine() throws IOException {
        Store store = (Store) Proxy.newProxyInstance(
                Store.class.getClassLoader(), new Class<?>[] {Store.class}, (proxy, method, args) -> {
                    try {
                        before.before(method.getName());
                        Object result = method.invoke(below, args);
                        hook.after(method.getName());
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        FileIo io = new FileIo();
        return Engine.over(
                store,
                io,
                () -> ChunkCache.onHeap(SampleDisk.BLOCK, 8 << 20),
                new VolumeRegistry.LogFolder(io, tmp.resolve("volumes")),
                SampleDisk.options());
    }

    private static Volumes volumes(Engine engine) {
        return engine.volumes(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("waited in vain");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A small write merges with the base while the whole group is trimmed: no word has changed, and the base is back. */
    @Test
    void trimBesideASmallWriteIsNotUndone() throws Exception {
        Engine engine = engine();
        Image image = DISK.importInto(engine);
        Volume volume = volumes(engine)
                .create(VolumeRequest.NEW.withSnapshotId(image.rootMapping().snapshotId()));
        BlockDevice device = volumes(engine).attach(volume.id());
        device.flush();
        CountDownLatch fetching = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        hook = method -> {
            if (method.equals("get")) {
                fetching.countDown();
                await(go);
            }
        };
        CompletableFuture<Void> write = CompletableFuture.runAsync(() -> {
            try {
                device.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 0);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        await(fetching);
        device.trim(0, SampleDisk.BLOCK);
        go.countDown();
        write.join();
        ByteBuffer page = ByteBuffer.allocate(4096);
        device.read(page, 0);
        ByteBuffer expected = ByteBuffer.allocate(4096);
        // the write is in, before the trim or after it; all else is zeros
        if (page.get(0) != 0) {
            expected.put(0, new byte[] {1, 2, 3});
        }
        assertThat(page.flip()).isEqualTo(expected);
    }

    /** attach() that is under way when the engine closes hands out a disk that works. */
    @Test
    void diskAttachedWhileTheEngineClosesIsClosed() throws Exception {
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        BlockDevice device = volumes(engine).attach(volume.id());
        device.write(ByteBuffer.allocate(4096).put(0, (byte) 7), 0);
        device.close();
        CountDownLatch committed = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        hook = method -> {
            if (method.equals("commit")) {
                committed.countDown();
                await(go);
            }
        };
        CompletableFuture<BlockDevice> attached = CompletableFuture.supplyAsync(() -> {
            try {
                return volumes(engine).attach(volume.id());
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        await(committed);
        engine.close();
        go.countDown();
        assertThatThrownBy(() -> attached.join().read(ByteBuffer.allocate(4096), 0))
                .as("a read after the engine was closed")
                .isNotNull();
    }

    /** One volume's record is bad: no volume that has a log can be attached, and none can be written first. */
    @Test
    void badRecordOfOneVolumeHarmsNoOther() throws Exception {
        Engine engine = engine();
        Volume good = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        Volume bad = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        for (Map.Entry<String, byte[]> entry : below.records("", "", 1000)) {
            if (entry.getKey().startsWith("volume/") && entry.getKey().endsWith(bad.id())) {
                below.commit(Map.of(entry.getKey(), new byte[] {1, 2, 3}), Set.of());
            }
        }
        assertThatThrownBy(() -> volumes(engine).get(bad.id())).isInstanceOf(IOException.class);
        try (BlockDevice device = volumes(engine).attach(good.id())) {
            device.write(ByteBuffer.allocate(4096), 0);
        }
    }

    /** A chunk of the base can't be read: the snapshot has an error, the volume loses nothing, and its log gets short. */
    @Test
    void blockThatCantBeFoldedStaysInTheLogAndTheRestIsFolded() throws Exception {
        try (Engine engine = engine()) {
            Image image = DISK.importInto(engine);
            Volume volume = volumes(engine)
                    .create(VolumeRequest.NEW.withSnapshotId(image.rootMapping().snapshotId()));
            AtomicBoolean bad = new AtomicBoolean(true);
            Set<Thread> folding = ConcurrentHashMap.newKeySet();
            before = method -> {
                if (method.equals("get")
                        && bad.get()
                        && Thread.currentThread().getName().equals("varve-fold")) {
                    folding.add(Thread.currentThread());
                    throw HookedEngine.corrupt();
                }
            };
            try (BlockDevice device = volumes(engine).attach(volume.id())) {
                ByteBuffer block = ByteBuffer.allocate(SampleDisk.BLOCK);
                new Random(1).nextBytes(block.array());
                device.write(block.duplicate(), SampleDisk.BLOCK);
                device.write(block.duplicate().limit(4096), 5 * 4096); // whole: nothing is fetched
                device.trim(7 * 4096, 4096);
                Snapshot failed = await(engine, volumes(engine).snapshot(volume.id(), SnapshotRequest.NEW));
                assertThat(folding).isNotEmpty();
                assertThat(failed.state()).isEqualTo(SnapshotState.ERROR);
                byte[] expected = Arrays.copyOf(DISK.bytes(), 2 * SampleDisk.BLOCK);
                System.arraycopy(block.array(), 0, expected, SampleDisk.BLOCK, SampleDisk.BLOCK);
                System.arraycopy(block.array(), 0, expected, 5 * 4096, 4096);
                Arrays.fill(expected, 7 * 4096, 8 * 4096, (byte) 0);
                assertThat(device.extents(BlockDevice.HYDRATION, 5 * 4096, 4096, 1))
                        .containsExactly(new Extent(5 * 4096, 4096, true));
                bad.set(false);
                assertThat(read(device, expected.length)).isEqualTo(ByteBuffer.wrap(expected));
                Snapshot whole = await(engine, volumes(engine).snapshot(volume.id(), SnapshotRequest.NEW));
                assertThat(whole.state()).isEqualTo(SnapshotState.COMPLETED);
                assertThat(read(device, expected.length)).isEqualTo(ByteBuffer.wrap(expected));
                try (SnapshotReader disk =
                        engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).open(whole.id())) {
                    assertThat(read(disk, expected.length)).isEqualTo(ByteBuffer.wrap(expected));
                }
            }
        }
    }

    /** A fold takes words away while the map is listed: what they said is in the new base, not in the one before it. */
    @Test
    void foldBesideAListOfExtentsHidesNothing() throws Exception {
        try (Engine engine = engine()) {
            Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
            try (BlockDevice device = volumes(engine).attach(volume.id())) {
                ByteBuffer block = ByteBuffer.allocate(SampleDisk.BLOCK).put(0, (byte) 7);
                device.write(block.duplicate(), 0);
                device.write(block.duplicate(), 40 << 20);
                Snapshot first = await(engine, volumes(engine).snapshot(volume.id(), SnapshotRequest.NEW));
                awaitFolded(device);
                String changed = BlockDevice.CHANGED_SINCE + first.id();
                assertThat(listedBesideAFold(engine, volume, device, BlockDevice.ALLOCATION, 50 << 20))
                        .containsExactly(
                                new Extent(0, SampleDisk.BLOCK, true),
                                new Extent(SampleDisk.BLOCK, (40 << 20) - SampleDisk.BLOCK, false),
                                new Extent(40 << 20, SampleDisk.BLOCK, true),
                                new Extent((40 << 20) + SampleDisk.BLOCK, (10 << 20) - SampleDisk.BLOCK, false),
                                new Extent(50 << 20, SampleDisk.BLOCK, true),
                                new Extent((50 << 20) + SampleDisk.BLOCK, (14 << 20) - SampleDisk.BLOCK, false));
                device.write(block.duplicate(), 1 << 20); // now the first leaf differs
                await(engine, volumes(engine).snapshot(volume.id(), SnapshotRequest.NEW));
                awaitFolded(device);
                assertThat(listedBesideAFold(engine, volume, device, changed, 52 << 20))
                        .contains(
                                new Extent(50 << 20, SampleDisk.BLOCK, true),
                                new Extent(52 << 20, SampleDisk.BLOCK, true));
            }
        }
    }

    /** What a map says when a block was written before, and was folded while the first leaf was fetched. */
    private List<Extent> listedBesideAFold(Engine engine, Volume volume, BlockDevice device, String map, long offset)
            throws Exception {
        device.extents(BlockDevice.ALLOCATION, 36 << 20, SampleDisk.BLOCK, 1); // the nodes that the fold needs
        device.write(ByteBuffer.allocate(SampleDisk.BLOCK).put(0, (byte) 7), offset);
        CountDownLatch fetching = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CompletableFuture<List<Extent>> listed = new CompletableFuture<>();
        Thread lister = new Thread(() -> {
            try {
                listed.complete(device.extents(map, 0, 64 << 20, 100));
            } catch (IOException | RuntimeException e) {
                listed.completeExceptionally(e);
            }
        });
        before = method -> {
            if (method.equals("node") && Thread.currentThread().equals(lister)) {
                fetching.countDown();
                await(go);
            }
        };
        lister.start();
        await(fetching);
        await(engine, volumes(engine).snapshot(volume.id(), SnapshotRequest.NEW));
        awaitFolded(device);
        go.countDown();
        return listed.get(60, TimeUnit.SECONDS);
    }

    /** Waits until nothing is in the log: the layer is dropped a moment after its snapshot is completed. */
    private static void awaitFolded(BlockDevice device) throws Exception {
        while (device.extents(BlockDevice.LAYER, 0, device.sizeBytes(), 2).size() > 1) {
            Thread.sleep(5);
        }
    }

    private static ByteBuffer read(BlockDevice device, int length) throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(length);
        device.read(dst, 0);
        return dst.flip();
    }

    private static Snapshot await(Engine engine, Snapshot begun) throws Exception {
        Snapshot now = begun;
        while (now.state() == SnapshotState.PENDING) {
            Thread.sleep(5);
            now = engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).get(begun.id());
        }
        return now;
    }
}
