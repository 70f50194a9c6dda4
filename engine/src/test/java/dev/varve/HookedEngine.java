package dev.varve;

import dev.varve.block.BlockDevice;
import dev.varve.cache.ChunkCache;
import dev.varve.chunk.ChunkCorruptException;
import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkKey;
import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
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
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.io.TempDir;

/** An engine whose store, cache and files a test can hold or fail. */
abstract class HookedEngine {
    static final int PAGE = 4096;
    static final int BLOCK = SampleDisk.BLOCK;

    interface Hook {
        void run(String method) throws IOException;
    }

    @TempDir
    Path tmp;

    volatile Hook after = method -> {};
    volatile Hook before = method -> {};
    final AtomicInteger gets = new AtomicInteger();
    FaultyFiles faults;
    volatile Hook cacheHook = method -> {};

    final HeapStore below = new HeapStore(new StoreProperties(UUID.randomUUID(), 1, BLOCK, Compression.STORED));

    Engine engine(EngineOptions options) throws IOException {
        Store store = (Store) Proxy.newProxyInstance(
                Store.class.getClassLoader(), new Class<?>[] {Store.class}, (proxy, method, args) -> {
                    if (method.getName().equals("close")) {
                        return null; // it is used again
                    }
                    try {
                        before.run(method.getName());
                        Object result = method.invoke(below, args);
                        after.run(method.getName());
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        FileIo io = faults == null ? new FileIo() : new FileIo(faults);
        return Engine.over(
                store,
                io,
                () -> {
                    cacheHook.run("cache");
                    return ChunkCache.onHeap(BLOCK, 8 << 20);
                },
                new VolumeRegistry.LogFolder(io, tmp.resolve("volumes")),
                options);
    }

    Engine engine() throws IOException {
        return engine(SampleDisk.options());
    }

    static Volumes volumes(Engine engine) {
        return engine.volumes(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    static void await(CountDownLatch latch) {
        try {
            if (!latch.await(50, TimeUnit.SECONDS)) {
                throw new IllegalStateException("waited in vain");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static boolean folds() {
        return Thread.currentThread().getName().equals("varve-fold");
    }

    interface Step {
        void run() throws Exception;
    }

    static Thread start(String name, Step step, AtomicReference<Throwable> failed) {
        Thread thread = new Thread(
                () -> {
                    try {
                        step.run();
                    } catch (Throwable e) {
                        failed.set(e);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    static boolean isThread(String name) {
        return Thread.currentThread().getName().equals(name);
    }

    static ByteBuffer filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    static void put(BlockDevice device, long page, int value) throws IOException {
        device.write(filled(PAGE, value), page * PAGE);
    }

    static int get(BlockDevice device, long page) throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(PAGE);
        device.read(dst, page * PAGE);
        return dst.get(0);
    }

    static String tryGet(BlockDevice device, long page) {
        try {
            return Integer.toString(get(device, page));
        } catch (IOException | RuntimeException e) {
            return e.toString();
        }
    }

    static Snapshot begin(Engine engine, Volume volume) throws IOException {
        return volumes(engine).snapshot(volume.id(), SnapshotRequest.NEW);
    }

    static Snapshot end(Engine engine, Snapshot begun) throws Exception {
        Snapshot now = begun;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (now.state() == SnapshotState.PENDING && System.nanoTime() < end) {
            Thread.sleep(5);
            now = engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).get(begun.id());
        }
        return now;
    }

    static int get(Engine engine, Snapshot snapshot, long page) throws IOException {
        try (SnapshotReader disk =
                engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).open(snapshot.id())) {
            ByteBuffer dst = ByteBuffer.allocate(PAGE);
            disk.read(dst, page * PAGE);
            return dst.get(0);
        }
    }

    static ChunkCorruptException corrupt() {
        return new ChunkCorruptException(
                ChunkKey.plain(new ChunkHasher().hash(filled(BLOCK, 0))), "a pack", "it has rotted");
    }
}
