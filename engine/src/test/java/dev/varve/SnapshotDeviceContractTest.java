package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import dev.varve.image.Image;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a snapshot that was opened as a disk does, whatever the store and the cache are made of. */
abstract class SnapshotDeviceContractTest {
    static final SampleDisk DISK = new SampleDisk(5, 60);

    Engine engine;
    BlockDevice device;
    private final byte[] bytes = DISK.bytes();

    /** An engine whose cache holds a tenth of the disk. */
    abstract Engine open(EngineOptions options) throws IOException;

    @BeforeEach
    void importDisk() throws IOException {
        engine = open(SampleDisk.options().withBudgets(6L * SampleDisk.BLOCK, 1 << 20, 8 << 20));
        Image image = DISK.importInto(engine);
        device = engine.volumes(SampleDisk.ACCOUNT, SampleDisk.REGION)
                .open(image.rootMapping().snapshotId());
    }

    @AfterEach
    void close() throws IOException {
        device.close();
        engine.close();
    }

    private void assertReads(ByteBuffer dst, int offset, int length) throws IOException {
        dst.clear().position(3).limit(3 + length);
        device.read(dst, offset);
        assertThat(dst.position()).isEqualTo(dst.limit());
        assertThat(dst.position(3)).isEqualTo(ByteBuffer.wrap(bytes, offset, length));
    }

    @Test
    void everyRangeReadsAsItWasImported() throws IOException {
        long seed = Long.getLong("varve.seed", System.nanoTime());
        Random random = new Random(seed);
        ByteBuffer heap = ByteBuffer.allocate(bytes.length + 3);
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length + 3);
        assertReads(heap, 0, bytes.length);
        assertReads(direct, 0, bytes.length);
        assertReads(direct, bytes.length, 0);
        for (int i = 0; i < 300; i++) {
            int offset = random.nextInt(bytes.length);
            int length = random.nextInt(Math.min(bytes.length - offset, 200_000) + 1);
            assertReads(i % 2 == 0 ? heap : direct, offset, length);
        }
    }

    @Test
    void whatLiesOutsideIsRefusedWithoutEffect() {
        ByteBuffer dst = ByteBuffer.allocate(10);
        for (long offset : new long[] {-1, bytes.length - 9L, bytes.length + 1L, Long.MAX_VALUE - 3}) {
            assertThatThrownBy(() -> device.read(dst, offset)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThat(dst.position()).isZero();
        }
        assertThatThrownBy(() -> device.extents(BlockDevice.HYDRATION, -1, 5, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> device.extents("weather", 0, 5, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void itIsNeverWritten() throws IOException {
        assertThat(device.isReadOnly()).isTrue();
        assertThatThrownBy(() -> device.write(ByteBuffer.allocate(1), 0))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> device.trim(0, 1)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> device.writeZeroes(0, 1)).isInstanceOf(UnsupportedOperationException.class);
        device.flush();
    }

    @Test
    void extentsTellDataFromZerosAndWhatIsHydrated() throws IOException {
        List<Extent> allocated = device.extents(BlockDevice.ALLOCATION, 0, bytes.length, 1000);
        long at = 0;
        for (Extent extent : allocated) {
            assertThat(extent.offsetBytes()).isEqualTo(at);
            at = extent.endBytes();
            boolean zero = isZero((int) extent.offsetBytes(), (int) extent.lengthBytes());
            assertThat(zero).isEqualTo(!extent.set());
        }
        assertThat(at).isEqualTo(bytes.length);
        assertThat(device.extents(BlockDevice.HYDRATION, 0, SampleDisk.BLOCK, 10))
                .containsExactly(new Extent(0, SampleDisk.BLOCK, false));
        assertReads(ByteBuffer.allocate(10), 100, 5);
        assertThat(device.extents(BlockDevice.HYDRATION, 0, 2L * SampleDisk.BLOCK, 10))
                .containsExactly(
                        new Extent(0, SampleDisk.BLOCK, true), new Extent(SampleDisk.BLOCK, SampleDisk.BLOCK, false));
        assertThat(device.extents(BlockDevice.HYDRATION, 3L * SampleDisk.BLOCK, SampleDisk.BLOCK, 10))
                .as("zeros need no fetching")
                .containsExactly(new Extent(3L * SampleDisk.BLOCK, SampleDisk.BLOCK, true));
        assertThat(device.extents(BlockDevice.ALLOCATION, 0, bytes.length, 2)).hasSize(2);
    }

    private boolean isZero(int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    @Test
    void manyInterruptedReadersOfASmallCacheSeeEveryByteRight() throws Exception {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicInteger running = new AtomicInteger(8);
        List<Thread> readers = new ArrayList<>();
        long rounds = Boolean.getBoolean("varve.long") ? 60_000 : 600;
        for (int t = 0; t < 8; t++) {
            int seed = t;
            Thread reader = new Thread(() -> {
                Random random = new Random(seed);
                byte[] found = new byte[8192];
                try {
                    for (int i = 0; i < rounds && failure.get() == null; i++) {
                        int length = 1 + random.nextInt(found.length);
                        int offset = random.nextInt(bytes.length - length);
                        device.read(ByteBuffer.wrap(found, 0, length), offset);
                        if (!Arrays.equals(found, 0, length, bytes, offset, offset + length)) {
                            throw new AssertionError("wrong bytes at " + offset);
                        }
                    }
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                } finally {
                    running.decrementAndGet();
                }
            });
            readers.add(reader);
            reader.start();
        }
        Random random = new Random(99);
        while (running.get() > 0) {
            readers.get(random.nextInt(8)).interrupt();
            Thread.onSpinWait();
        }
        for (Thread reader : readers) {
            reader.join();
        }
        assertThat(failure.get()).isNull();
    }

    @Test
    void closeEndsTheDeviceAndTheEngineEndsAllOfThem() throws IOException {
        BlockDevice other = engine.volumes(SampleDisk.ACCOUNT, SampleDisk.REGION)
                .open(engine.images(SampleDisk.ACCOUNT, SampleDisk.REGION)
                        .list(dev.varve.image.ImageQuery.ALL)
                        .images()
                        .get(0)
                        .rootMapping()
                        .snapshotId());
        device.close();
        device.close();
        ByteBuffer dst = ByteBuffer.allocate(10);
        assertThatThrownBy(() -> device.read(dst, 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> device.extents(BlockDevice.HYDRATION, 0, 1, 1))
                .isInstanceOf(IllegalStateException.class);
        other.read(dst, 0);
        engine.close();
        assertThatThrownBy(() -> other.read(dst.clear(), 0)).isInstanceOf(IllegalStateException.class);
        assertThat(dst.position()).isZero();
    }

    @Test
    void warmReadAllocatesNothing() throws IOException {
        ByteBuffer dst = ByteBuffer.allocateDirect(4096);
        com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        long allocated = 0;
        for (int round = 0; round < 20; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 2000; i++) {
                device.read(dst.clear(), (i & 7) * 4096L);
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(allocated).as("bytes in 2,000 reads").isLessThan(2000);
    }
}
