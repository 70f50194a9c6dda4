package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.block.BlockDevice;
import dev.varve.image.Image;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.store.Store;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Volumes whose steps meet failures, damage, and one another at moments that once lost something. */
@Timeout(120)
class VolumeMeetingsTest extends HookedEngine {
    private static final SampleDisk DISK = new SampleDisk(3, 60);

    private boolean hasRecord(String id) throws IOException {
        return below.records("volume/", "", 10).stream()
                .anyMatch(each -> each.getKey().endsWith(id));
    }

    private static void damage(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.READ)) {
            for (long at : new long[] {4160, 2 * 4160, (1 << 20) - 64}) {
                channel.write(ByteBuffer.allocate(16), at);
            }
        }
    }

    /**
     * The layer has ended, its snapshot is not recorded yet; the fold before it leaves a block out, and commits. What it
     * left out is behind that layer.
     */
    @Test
    void snapshotBegunBesideAFoldThatLeavesABlockOut() throws Exception {
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        Volume other = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        BlockDevice device = volumes(engine).attach(volume.id());
        device.write(filled(BLOCK, 1), 0);
        device.write(filled(BLOCK, 1), BLOCK);
        end(engine, begin(engine, volume));
        device.close();
        engine.close();
        Engine again = engine();
        device = volumes(again).attach(volume.id());
        AtomicBoolean bad = new AtomicBoolean(true);
        CountDownLatch folding = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch growing = new CountDownLatch(1);
        CountDownLatch grown = new CountDownLatch(1);
        put(device, 0, 2);
        before = method -> {
            if (folds() && method.equals("get")) {
                folding.countDown();
                await(go);
                if (bad.getAndSet(false)) {
                    throw corrupt();
                }
            }
            if (isThread("grower") && method.equals("commit")) {
                growing.countDown();
                await(grown);
            }
        };
        Snapshot first = begin(again, volume);
        await(folding);
        put(device, 16, 3);
        AtomicReference<Throwable> failed = new AtomicReference<>();
        start("grower", () -> volumes(again).grow(other.id(), 2), failed);
        await(growing);
        AtomicReference<List<Snapshot>> taken = new AtomicReference<>();
        Thread taker = start(
                "taker",
                () -> taken.set(volumes(again)
                        .snapshot(List.of(volume.id(), other.id()), List.of(SnapshotRequest.NEW, SnapshotRequest.NEW))),
                failed);
        Thread.sleep(700); // both layers have ended
        assertThat(taken.get()).isNull();
        go.countDown();
        Thread.sleep(700); // the first fold commits
        Snapshot firstNow =
                again.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).get(first.id());
        grown.countDown();
        taker.join();
        assertThat(failed.get()).isNull();
        assertThat(end(again, firstNow).state()).isEqualTo(SnapshotState.ERROR);
        Snapshot second = end(again, taken.get().get(0));
        assertThat(get(device, 0)).isEqualTo(2);
        if (second.state() == SnapshotState.COMPLETED) {
            assertThat(get(again, second, 16)).isEqualTo(3);
            assertThat(get(again, second, 0))
                    .as("page 0 of a snapshot that is completed")
                    .isEqualTo(2);
        }
    }

    /** A volume that is open, and has two snapshots pending. */
    private record Pending(Engine engine, Volume volume, BlockDevice device, Snapshot first, Snapshot second) {}

    /** Two snapshots are pending, and the layer of the first is damaged before it is folded; the first has ended. */
    private Pending twoOverADamagedLayer() throws Exception {
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
        Snapshot first = begin(engine, volume);
        put(device, 100, 1);
        Snapshot second = begin(engine, volume);
        damage(tmp.resolve("volumes").resolve("00000001.log"));
        go.countDown();
        assertThat(end(engine, first).state()).isEqualTo(SnapshotState.ERROR);
        return new Pending(engine, volume, device, first, second);
    }

    @Test
    void snapshotBehindADamagedLayerEnds() throws Exception {
        Pending both = twoOverADamagedLayer();
        assertThat(end(both.engine, both.second).state()).as("the second").isNotEqualTo(SnapshotState.PENDING);
    }

    @Test
    void volumeWithADamagedLayerCanBeDeleted() throws Exception {
        Pending both = twoOverADamagedLayer();
        both.device.close();
        for (Snapshot each : List.of(both.first, both.second)) {
            both.engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).delete(each.id());
        }
        volumes(both.engine).delete(both.volume.id());
        for (int i = 0; i < 1_000 && hasRecord(both.volume.id()); i++) {
            Thread.sleep(20); // what fails is tried again every few seconds
        }
        assertThat(hasRecord(both.volume.id()))
                .as("the record of the volume that was deleted")
                .isFalse();
    }

    /** A snapshot is pending when the process ends; the log does not open any more. */
    @Test
    void pendingSnapshotOfALogThatDoesNotOpenEnds() throws Exception {
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        BlockDevice device = volumes(engine).attach(volume.id());
        for (int i = 0; i < 4; i++) {
            put(device, i, 1);
        }
        before = method -> {
            if (folds()) {
                throw new IOException("not now");
            }
        };
        Snapshot begun = begin(engine, volume);
        device.close();
        engine.close();
        before = method -> {};
        damage(tmp.resolve("volumes").resolve("00000001.log"));
        Engine again = engine();
        assertThatThrownBy(() -> volumes(again).attach(volume.id())).hasMessageContaining("damaged");
        Snapshot ended = end(again, begun);
        volumes(again).delete(volume.id());
        Thread.sleep(5000);
        again.close();
        Engine third = engine();
        Thread.sleep(2000);
        third.collectGarbage(Duration.ZERO, false);
        assertThat(ended.state() + ", record: " + hasRecord(volume.id()) + ", log: "
                        + Files.exists(tmp.resolve("volumes").resolve("00000001.log")))
                .isEqualTo("error, record: false, log: false");
        third.close();
    }

    /** The base can't be opened at the moment at which the engine opens: nobody tries again. */
    @Test
    void whatFailsWhenTheEngineOpensIsTriedAgain() throws Exception {
        Engine engine = engine();
        Image image = DISK.importInto(engine);
        Volume volume = volumes(engine)
                .create(VolumeRequest.NEW.withSnapshotId(image.rootMapping().snapshotId()));
        BlockDevice device = volumes(engine).attach(volume.id());
        put(device, 0, 1);
        before = method -> {
            if (folds()) {
                throw new IOException("not now");
            }
        };
        Snapshot begun = begin(engine, volume);
        device.close();
        engine.close();
        before = method -> {};
        AtomicInteger tries = new AtomicInteger();
        cacheHook = method -> {
            if (tries.incrementAndGet() == 1) {
                throw new IOException("No space left on device");
            }
        };
        Engine again = engine();
        assertThat(end(again, begun).state()).as("after %s tries", tries).isEqualTo(SnapshotState.COMPLETED);
    }

    /** One read of a record fails while a volume is attached. */
    @Test
    void attachThatFailsLeavesTheVolume() throws Exception {
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        List<String> found = new ArrayList<>();
        for (int i = 1; i < 8; i++) {
            AtomicInteger reads = new AtomicInteger();
            int fails = i;
            before = method -> {
                if (method.equals("record") && isThread("main") && reads.incrementAndGet() == fails) {
                    throw new IOException("bad sector");
                }
            };
            try {
                volumes(engine).attach(volume.id()).close();
            } catch (IOException e) {
                found.add(fails + " " + e.getMessage());
            } catch (RuntimeException e) {
                found.add(fails + " " + e);
            }
        }
        before = method -> {};
        volumes(engine).attach(volume.id()).close();
        assertThat(found).isNotNull();
    }

    /** A pending snapshot is deleted, and another made under its id. */
    @Test
    void snapshotWithAnIdThatWasUsedBeforeHasItsOwnBytes() throws Exception {
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        Volume other = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        BlockDevice device = volumes(engine).attach(volume.id());
        BlockDevice second = volumes(engine).attach(other.id());
        put(device, 0, 1);
        put(second, 0, 2);
        CountDownLatch folding = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        AtomicInteger writes = new AtomicInteger();
        before = method -> {
            if (folds() && method.equals("write")) {
                if (writes.incrementAndGet() == 1) {
                    folding.countDown();
                    await(go);
                } else {
                    await(never);
                }
            }
        };
        SnapshotRequest request = SnapshotRequest.NEW.withId("snap-0123456789abcdef0");
        Snapshot old = volumes(engine).snapshot(volume.id(), request);
        await(folding);
        engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).delete(old.id());
        Snapshot fresh = volumes(engine).snapshot(other.id(), request);
        go.countDown();
        Thread.sleep(1000);
        Snapshot now = engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).get(fresh.id());
        String told = now.state() + " " + now.volumeId().equals(other.id());
        if (now.state() == SnapshotState.COMPLETED) {
            told += " page 0: " + get(engine, now, 0);
        }
        never.countDown();
        assertThat(told).isIn("pending true", "completed true page 0: 2");
    }

    /** delete() comes while attach() opens the volume. */
    @Test
    void volumeIsNotAttachedAndDeleted() throws Exception {
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        try (BlockDevice device = volumes(engine).attach(volume.id())) {
            put(device, 0, 1);
        }
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger reads = new AtomicInteger();
        before = method -> {
            if (isThread("attacher") && method.equals("record") && reads.incrementAndGet() == 2) {
                opening.countDown();
                await(go);
            }
        };
        AtomicReference<BlockDevice> attached = new AtomicReference<>();
        AtomicReference<Throwable> failed = new AtomicReference<>();
        Thread attacher = start("attacher", () -> attached.set(volumes(engine).attach(volume.id())), failed);
        await(opening);
        AtomicReference<Throwable> refused = new AtomicReference<>();
        Thread deleter = start("deleter", () -> volumes(engine).delete(volume.id()), refused);
        Thread.sleep(300);
        go.countDown();
        deleter.join();
        attacher.join();
        String told = (attached.get() == null ? "not attached" : "attached") + ", "
                + (refused.get() == null ? "deleted" : "not deleted");
        if (attached.get() != null) {
            put(attached.get(), 0, 2);
            attached.get().flush();
            attached.get().close();
        }
        Thread.sleep(500);
        told += hasRecord(volume.id()) ? ", there" : ", gone";
        assertThat(told).isIn("attached, not deleted, there", "not attached, deleted, gone");
    }

    /** Nobody has the volume but a fold; it grows; then a snapshot of it is taken. */
    @Test
    void snapshotOfAVolumeThatHasGrownIsOfItsLength() throws Exception {
        Engine engine = engine();
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        CountDownLatch folding = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (BlockDevice device = volumes(engine).attach(volume.id())) {
            put(device, 0, 1);
            before = method -> {
                if (folds() && method.equals("write")) {
                    folding.countDown();
                    await(go);
                }
            };
            begin(engine, volume);
            await(folding);
        }
        volumes(engine).grow(volume.id(), 2);
        Snapshot second = begin(engine, volume);
        go.countDown();
        assertThat(second.volumeSizeGib()).isEqualTo(2);
    }

    /** An engine where a fold's commit fails once after it was made. */
    private Engine engineThatFails(AtomicBoolean once) throws IOException {
        Store store = (Store) Proxy.newProxyInstance(
                Store.class.getClassLoader(), new Class<?>[] {Store.class}, (proxy, method, args) -> {
                    Object result = call(below, method, args);
                    return method.getName().equals("write") && result != null
                            ? Proxy.newProxyInstance(
                                    Store.class.getClassLoader(),
                                    new Class<?>[] {dev.varve.store.WriteLease.class},
                                    (unused, step, with) -> {
                                        Object done = call(result, step, with);
                                        if (folds() && step.getName().equals("commit") && once.getAndSet(false)) {
                                            throw new IOException("not known to be durable");
                                        }
                                        return done;
                                    })
                            : result;
                });
        dev.varve.file.FileIo io = new dev.varve.file.FileIo();
        return Engine.over(
                store,
                io,
                () -> dev.varve.cache.ChunkCache.onHeap(BLOCK, 8 << 20),
                new dev.varve.volume.VolumeRegistry.LogFolder(io, tmp.resolve("volumes")),
                SampleDisk.options());
    }

    private static Object call(Object on, Method method, Object[] args) throws Throwable {
        try {
            return method.invoke(on, args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** A fold's commit fails and was made all the same. */
    @Test
    void commitThatFailedAndWasMadeLosesNothing() throws Exception {
        AtomicBoolean once = new AtomicBoolean(true);
        Engine engine = engineThatFails(once);
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        BlockDevice device = volumes(engine).attach(volume.id());
        put(device, 0, 1);
        end(engine, begin(engine, volume));
        assertThat(once).isFalse();
        put(device, 100, 2);
        Snapshot second = end(engine, begin(engine, volume));
        assertThat(second.state()).isEqualTo(SnapshotState.COMPLETED);
        assertThat(get(engine, second, 0)).isEqualTo(1);
        assertThat(get(engine, second, 100)).isEqualTo(2);
        assertThat(get(device, 0)).isEqualTo(1);
    }

    /** The same, of a layer that has a mark and nothing else: the base is the same before and after. */
    @Test
    void theSameOfALayerThatChangesNothing() throws Exception {
        AtomicBoolean once = new AtomicBoolean();
        Engine engine = engineThatFails(once);
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        BlockDevice device = volumes(engine).attach(volume.id());
        put(device, 0, 1);
        assertThat(end(engine, begin(engine, volume)).state()).isEqualTo(SnapshotState.COMPLETED);
        Thread.sleep(2500); // a mark comes
        once.set(true);
        Snapshot second = begin(engine, volume);
        second = end(engine, second);
        assertThat(once).isFalse();
        put(device, 100, 2);
        Snapshot third = end(engine, begin(engine, volume));
        assertThat(second.state() + " " + third.state()).isEqualTo("completed completed");
        assertThat(get(engine, third, 100)).isEqualTo(2);
    }

    private static List<String> wrong(BlockDevice device, int pages, IntFunction<String> expected) {
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < pages; i++) {
            String page = tryGet(device, i);
            if (!page.equals(expected.apply(i))) {
                wrong.add(i + ": " + page);
            }
        }
        return wrong;
    }

    /** The fold has read the record; the volume is deleted, and another made under its id, before it comes to it. */
    @Test
    void foldOfAVolumeThatIsGoneHarmsNotTheNextOfItsId() throws Exception {
        EngineOptions options = SampleDisk.options().withLogBytes(4 << 20);
        Engine engine = engine(options);
        VolumeRequest request = VolumeRequest.NEW.withSizeGib(1).withId("vol-0123456789abcdef0");
        Volume volume = volumes(engine).create(request);
        BlockDevice device = volumes(engine).attach(volume.id());
        CountDownLatch frozen = new CountDownLatch(1);
        before = method -> {
            if (folds() && method.equals("write")) {
                frozen.countDown();
                throw new IOException("not now");
            }
        };
        for (int i = 0; i < 12; i++) {
            device.write(filled(256 << 10, 1), (long) i * (256 << 10));
        }
        await(frozen);
        device.close();
        engine.close();
        before = method -> {};
        CountDownLatch found = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger reads = new AtomicInteger();
        after = method -> {
            if (folds() && method.equals("record") && reads.incrementAndGet() == 2) {
                found.countDown();
                await(go);
            }
        };
        Engine again = engine(options);
        await(found);
        volumes(again).delete(volume.id());
        volumes(again).create(request);
        device = volumes(again).attach(volume.id());
        for (int i = 0; i < 60; i++) {
            put(device, i, 2);
        }
        device.flush();
        go.countDown();
        Thread.sleep(1500);
        List<String> told = wrong(device, 60, i -> "2");
        try {
            put(device, 61, 3);
            device.flush();
        } catch (IOException | RuntimeException e) {
            told.add("a write: " + e);
        }
        try {
            device.close();
        } catch (IOException | RuntimeException e) {
            told.add("close: " + e);
        }
        again.close();
        after = method -> {};
        Engine third = engine(options);
        try (BlockDevice reopened = volumes(third).attach(volume.id())) {
            told.addAll(wrong(reopened, 62, i -> i < 60 ? "2" : i == 61 ? "3" : "0"));
        } catch (IOException e) {
            told.add("opened again: " + e);
        }
        assertThat(told).isEmpty();
    }
}
