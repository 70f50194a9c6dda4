package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.block.BlockDevice;
import dev.varve.catalog.Ec2Exception;
import dev.varve.image.Image;
import dev.varve.snapshot.Snapshot;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeQuery;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the first boot of an image reads is in the cache when a later one asks; the store of each engine is the same. */
@Timeout(120)
class PrefetchTest extends HookedEngine {
    private static final SampleDisk DISK = new SampleDisk(3, 60);

    /** Blocks in the order in which a boot reads them: some twice, one of zeros; five have content that differs. */
    private static final List<Integer> BOOT = List.of(40, 2, 10, 2, 5, 40, 8, 9);

    private static final int BOOT_CHUNKS = 5;

    private final AtomicInteger brought = new AtomicInteger();
    private final AtomicInteger readByUs = new AtomicInteger();
    private Image image;

    @BeforeEach
    void importDisk() throws IOException {
        try (Engine engine = engine()) {
            image = DISK.importInto(engine);
        }
        before = method -> {
            if (method.equals("get")) {
                (isPrefetch() ? brought : readByUs).incrementAndGet();
            }
        };
    }

    private static boolean isPrefetch() {
        return Thread.currentThread().getName().equals("varve-prefetch");
    }

    private Volume volume(Engine engine) throws IOException {
        return volume(engine, image.rootMapping().snapshotId());
    }

    private static Volume volume(Engine engine, String snapshotId) throws IOException {
        return volumes(engine).create(VolumeRequest.NEW.withSnapshotId(snapshotId));
    }

    private static void boot(BlockDevice device) throws IOException {
        byte[] expected = DISK.bytes();
        for (int block : BOOT) {
            ByteBuffer found = ByteBuffer.allocate(PAGE);
            device.read(found, (long) block * BLOCK + PAGE);
            assertThat(found.flip()).isEqualTo(ByteBuffer.wrap(expected, block * BLOCK + PAGE, PAGE));
        }
    }

    private void bootOnce() throws IOException {
        try (Engine engine = engine();
                BlockDevice device = volumes(engine).attach(volume(engine).id())) {
            boot(device);
        }
    }

    private void awaitBrought() throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (brought.get() < BOOT_CHUNKS && System.nanoTime() < end) {
            Thread.sleep(5);
        }
        Thread.sleep(50); // what is one too many would come now
        assertThat(brought).hasValue(BOOT_CHUNKS);
    }

    @Test
    void secondBootReadsNothingFromTheStore() throws Exception {
        bootOnce();
        assertThat(brought).hasValue(0);
        assertThat(readByUs).hasValue(BOOT_CHUNKS);
        try (Engine engine = engine();
                BlockDevice device = volumes(engine).attach(volume(engine).id())) {
            awaitBrought();
            boot(device);
            assertThat(readByUs).hasValue(BOOT_CHUNKS);
        }
    }

    @Test
    void volumeThatNobodyHasOpenedIsPrefetchedWhenAsked() throws Exception {
        bootOnce();
        try (Engine engine = engine()) {
            Volume volume = volume(engine);
            volumes(engine).prefetch(volume.id());
            awaitBrought();
            try (BlockDevice device = volumes(engine).attach(volume.id())) {
                boot(device);
            }
            assertThat(readByUs).hasValue(BOOT_CHUNKS);
            assertThatThrownBy(() -> volumes(engine).prefetch("vol-0123456789abcdef0"))
                    .isInstanceOf(Ec2Exception.class);
        }
    }

    @Test
    void imageThatDerivesFromItIsPrefetchedToo() throws Exception {
        bootOnce();
        Snapshot derived;
        try (Engine engine = engine(SampleDisk.options().withPrefetch(false))) {
            Volume volume = volume(engine);
            try (BlockDevice device = volumes(engine).attach(volume.id())) {
                put(device, 3, 7);
            }
            derived = end(engine, begin(engine, volume));
        }
        readByUs.set(0);
        try (Engine engine = engine();
                BlockDevice device =
                        volumes(engine).attach(volume(engine, derived.id()).id())) {
            awaitBrought();
            boot(device);
            assertThat(readByUs).hasValue(0);
            assertThat(get(device, 3)).isEqualTo(7);
        }
    }

    @Test
    void nothingIsNotedAndNothingBroughtWhereItIsOff() throws Exception {
        try (Engine engine = engine(SampleDisk.options().withPrefetch(false));
                BlockDevice device = volumes(engine).attach(volume(engine).id())) {
            boot(device);
        }
        assertThat(below.records("touch/", "", 10)).isEmpty();
        bootOnce();
        assertThat(below.records("touch/", "", 10)).hasSize(1);
        try (Engine engine = engine(SampleDisk.options().withPrefetch(false));
                BlockDevice device = volumes(engine).attach(volume(engine).id())) {
            boot(device);
            Thread.sleep(100);
        }
        assertThat(brought).hasValue(0);
    }

    @Test
    void noReadWaitsForIt() throws Exception {
        bootOnce();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        before = method -> {
            if (method.equals("get") && isPrefetch()) {
                begun.countDown();
                await(go);
            }
        };
        try (Engine engine = engine();
                BlockDevice device = volumes(engine).attach(volume(engine).id())) {
            await(begun);
            for (int block : BOOT) {
                if (block != BOOT.get(0)) { // which is being brought
                    device.read(ByteBuffer.allocate(PAGE), (long) block * BLOCK);
                }
            }
            go.countDown();
        }
    }

    @Test
    void itEndsWithTheVolume() throws Exception {
        bootOnce();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        before = method -> {
            if (method.equals("get") && isPrefetch()) {
                brought.incrementAndGet();
                begun.countDown();
                await(go);
            }
        };
        try (Engine engine = engine()) {
            BlockDevice device = volumes(engine).attach(volume(engine).id());
            await(begun);
            device.close();
            go.countDown();
        }
        assertThat(brought).hasValue(1);
    }

    @Test
    void orderThatHasRottedIsNotedAnew() throws Exception {
        bootOnce();
        String key = below.records("touch/", "", 10).get(0).getKey();
        byte[] whole = below.record(key);
        byte[] rotten = whole.clone();
        rotten[20] ^= 1;
        below.commit(Map.of(key, rotten), Set.of());
        bootOnce();
        assertThat(brought).hasValue(0);
        assertThat(below.record(key)).isEqualTo(whole);
    }

    @Test
    void chunkThatIsGoneIsPassedOver() throws Exception {
        bootOnce();
        AtomicInteger tried = new AtomicInteger();
        before = method -> {
            if (method.equals("get") && isPrefetch() && tried.incrementAndGet() == 2) {
                throw corrupt();
            }
        };
        try (Engine engine = engine();
                BlockDevice device = volumes(engine).attach(volume(engine).id())) {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (tried.get() < BOOT_CHUNKS && System.nanoTime() < end) {
                Thread.sleep(5);
            }
            assertThat(tried).hasValue(BOOT_CHUNKS);
            boot(device);
        }
    }

    @Test
    void orderGoesWithTheLastSnapshotAndVolumeOfItsLineage() throws Exception {
        bootOnce();
        String key = below.records("touch/", "", 10).get(0).getKey();
        try (Engine engine = engine()) {
            for (Volume each : volumes(engine).list(VolumeQuery.ALL).volumes()) {
                volumes(engine).delete(each.id());
            }
            engine.images(SampleDisk.ACCOUNT, SampleDisk.REGION).deregister(image.id());
            engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION)
                    .delete(image.rootMapping().snapshotId());
            engine.collectGarbage(Duration.ZERO, false);
            image = DISK.importInto(engine);
        }
        bootOnce();
        assertThat(below.records("touch/", "", 10)).hasSize(1);
        assertThat(below.record(key)).isNull();
    }

    /** Two volumes of one image are open, the first is closed: what the second will read is not brought any more. */
    @Test
    void prefetchGoesOnForTheSecondVolume() throws Exception {
        List<Integer> boot = List.of(40, 2, 10, 5, 8, 9);
        try (Engine engine = engine();
                BlockDevice device = volumes(engine).attach(volume(engine).id())) {
            for (int block : boot) {
                device.read(ByteBuffer.allocate(PAGE), (long) block * BLOCK);
            }
        }
        CountDownLatch bringing = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger brought = new AtomicInteger();
        before = method -> {
            if (method.equals("get") && isPrefetch()) {
                brought.incrementAndGet();
                bringing.countDown();
                await(go);
            }
        };
        Engine engine = engine();
        BlockDevice first = volumes(engine).attach(volume(engine).id());
        await(bringing);
        BlockDevice second = volumes(engine).attach(volume(engine).id());
        first.close();
        go.countDown();
        Thread.sleep(1000);
        second.close();
        assertThat(brought.get()).isGreaterThan(1);
    }

    /** The guest has read nothing: what a fold reads is no boot's order. */
    @Test
    void readsOfAFoldAreNotNoted() throws Exception {
        Engine engine = engine();
        Volume volume = volume(engine);
        try (BlockDevice device = volumes(engine).attach(volume.id())) {
            for (int block : List.of(40, 2, 10, 5, 8, 9)) {
                put(device, 16L * block, 1); // whole pages: nothing is read
            }
            end(engine, begin(engine, volume));
        }
        assertThat(below.records("touch/", "", 10)).isEmpty();
    }

    /** Somebody looks at one page of a new volume and closes it: that is the order of all boots to come. */
    @Test
    void shortLookIsNotTheOrderForEver() throws Exception {
        for (List<Integer> boot : List.of(List.of(40), List.of(40, 2, 10, 5, 8, 9))) {
            try (Engine engine = engine();
                    BlockDevice device = volumes(engine).attach(volume(engine).id())) {
                for (int block : boot) {
                    device.read(ByteBuffer.allocate(PAGE), (long) block * BLOCK);
                }
            }
        }
        assertThat(below.records("touch/", "", 10).get(0).getValue().length).isGreaterThan(8 + 32 + 4);
    }

    /** Two volumes of a lineage note at once; the one that is closed last has read one page. */
    @Test
    void lastToCloseDoesNotReplaceTheLongerOrder() throws Exception {
        Engine engine = engine();
        BlockDevice first = volumes(engine).attach(volume(engine).id());
        BlockDevice second = volumes(engine).attach(volume(engine).id());
        for (int block : List.of(40, 2, 10, 5, 8, 9)) {
            first.read(ByteBuffer.allocate(PAGE), (long) block * BLOCK);
        }
        second.read(ByteBuffer.allocate(PAGE), 40L * BLOCK);
        first.close();
        second.close();
        assertThat(below.records("touch/", "", 10).get(0).getValue().length).isGreaterThan(8 + 32 + 4);
    }
}
