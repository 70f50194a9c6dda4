package dev.varve.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.varve.catalog.Catalog;
import dev.varve.catalog.Ec2Exception;
import dev.varve.catalog.Fixture;
import dev.varve.manifest.Manifests;
import dev.varve.store.Store;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Copying disks into snapshots and out of them. */
class CopyTest {
    private final ExecutorService executor = Executors.newFixedThreadPool(4);
    private final Store store = Fixture.store(65_536);
    private final Catalog catalog = Fixture.catalog(store);
    private final Snapshots snapshots = registry(executor);

    private Snapshots registry(java.util.concurrent.Executor lent) {
        SnapshotRegistry registry = new SnapshotRegistry(catalog, new Manifests(store, 1 << 20), lent);
        return registry.in(Fixture.SCOPE.account(), Fixture.SCOPE.region());
    }

    @AfterEach
    void close() {
        executor.shutdown();
    }

    private Operation<Snapshot> importing(BlockSource source) {
        return snapshots.importFrom(SnapshotRequest.NEW, source);
    }

    private void requireNothingLeft() throws IOException {
        assertThat(store.records("", "", 10)).isEmpty();
        assertThat(store.stats().chunks()).isZero();
    }

    private byte[] content(String id) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        snapshots.exportTo(id, BlockSink.of(Channels.newChannel(bytes))).run();
        return bytes.toByteArray();
    }

    @ParameterizedTest
    @CsvSource({"1, 512", "1, 65536", "4, 65536", "2, 66048", "1, 1048576", "3, 5000192", "4, 9000448"})
    void disksComeBackByteForByteWhicheverWay(int workers, int sizeBytes) throws Exception {
        Random random = new Random(sizeBytes);
        for (int trial = 0; trial < 5; trial++) {
            MemoryDisk disk = MemoryDisk.random(random, sizeBytes);
            Snapshot fromDevice =
                    importing(BlockSource.of(disk)).workers(workers).run();
            Snapshot fromStream = importing(BlockSource.of(new TricklingStream(disk.bytes, random)))
                    .workers(workers)
                    .run();

            assertThat(fromDevice.sizeBytes()).isEqualTo(sizeBytes);
            assertThat(fromDevice.contentId()).isEqualTo(fromStream.contentId());
            assertThat(content(fromStream.id())).isEqualTo(disk.bytes);
            MemoryDisk blank = new MemoryDisk(sizeBytes);
            snapshots
                    .exportTo(fromDevice.id(), BlockSink.of(blank, true))
                    .workers(workers)
                    .run();
            assertThat(blank.bytes).isEqualTo(disk.bytes);
            MemoryDisk full = new MemoryDisk(sizeBytes);
            random.nextBytes(full.bytes);
            snapshots
                    .exportTo(fromDevice.id(), BlockSink.of(full, false))
                    .workers(workers)
                    .run();
            assertThat(full.bytes).isEqualTo(disk.bytes);
        }
    }

    /** Gives some bytes at a time, as pipes do. */
    private static final class TricklingStream extends InputStream {
        private final ByteArrayInputStream bytes;
        private final Random random;

        TricklingStream(byte[] bytes, Random random) {
            this.bytes = new ByteArrayInputStream(bytes);
            this.random = random;
        }

        @Override
        public int read() {
            return bytes.read();
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            return bytes.read(into, offset, Math.min(length, 1 + random.nextInt(100_000)));
        }
    }

    @Test
    void holesAreNotReadAndZerosNotWritten() throws Exception {
        MemoryDisk disk = new MemoryDisk(8 << 20);
        disk.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 5 << 20);
        disk.allocated.set(0, 256);
        disk.failAt(1 << 20);
        Snapshot made = importing(BlockSource.of(disk)).run();

        assertThat(store.stats().chunks()).isEqualTo(1);
        MemoryDisk target = new MemoryDisk(8 << 20);
        snapshots.exportTo(made.id(), BlockSink.of(target, true)).run();
        assertThat(target.bytes).isEqualTo(disk.bytes);
        assertThat(target.allocated.cardinality()).as("one page").isEqualTo(8);
    }

    @Test
    void importOverAParentStoresWhatDiffers() throws Exception {
        Random random = new Random(3);
        MemoryDisk disk = MemoryDisk.random(random, 3_000_320);
        Snapshot parent = importing(BlockSource.of(disk)).run();
        long chunks = store.stats().chunks();
        MemoryDisk next = new MemoryDisk(4_000_256);
        next.write(ByteBuffer.wrap(disk.bytes), 0);
        next.writeZeroes(1 << 20, 1 << 20);
        next.allocated.clear(2048, 3072);
        next.write(ByteBuffer.wrap(new byte[] {1}), 3_999_999);
        Snapshot child = snapshots
                .importFrom(SnapshotRequest.NEW.withParentId(parent.id()), BlockSource.of(next))
                .run();

        assertThat(content(child.id())).isEqualTo(next.bytes);
        assertThat(store.stats().chunks()).isLessThanOrEqualTo(chunks + 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 511, 513, 1_000_001})
    void sizesThatNoDiskHasAreRefused(int sizeBytes) throws Exception {
        byte[] bytes = new byte[sizeBytes];
        Arrays.fill(bytes, (byte) 1);
        MemoryDisk disk = new MemoryDisk(sizeBytes);
        disk.allocated.set(0, sizeBytes / 512 + 1);

        String message =
                sizeBytes == 0 ? "the disk is empty" : "the disk has " + sizeBytes + " bytes, not a multiple of 512";
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> importing(BlockSource.of(disk)).run())
                .withMessage(message);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> importing(BlockSource.of(new ByteArrayInputStream(bytes)))
                        .run())
                .withMessage(message);
        requireNothingLeft();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void failedReadFailsTheWholeAndLeavesNothing(int workers) throws Exception {
        MemoryDisk disk = MemoryDisk.random(new Random(1), 6 << 20);
        disk.allocated.set(0, disk.bytes.length / 512);
        disk.failAt(4_000_000);

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(
                        () -> importing(BlockSource.of(disk)).workers(workers).run())
                .withMessage("bad sector at 4000000");
        requireNothingLeft();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void failedWriteFailsTheExport(boolean ordered) throws Exception {
        Snapshot made = importing(BlockSource.of(MemoryDisk.random(new Random(1), 6 << 20)))
                .run();
        BlockSink broken = new BlockSink() {
            @Override
            public boolean isOrdered() {
                return ordered;
            }

            @Override
            public void write(ByteBuffer data, long offsetBytes) throws IOException {
                if (offsetBytes > 3 << 20) {
                    throw new IOException("No space left on device");
                }
            }

            @Override
            public void writeZeroes(long offsetBytes, long lengthBytes) {}
        };

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(
                        () -> snapshots.exportTo(made.id(), broken).workers(4).run())
                .withMessage("No space left on device");
    }

    @Test
    void cancelledImportLeavesNothing() throws Exception {
        MemoryDisk disk = MemoryDisk.random(new Random(1), 16 << 20);
        Operation<Snapshot> operation = importing(BlockSource.of(disk)).workers(2);
        operation.onProgress((done, total) -> operation.cancel());

        assertThatExceptionOfType(CancellationException.class).isThrownBy(operation::run);
        assertThat(operation.doneBytes()).isLessThan(disk.bytes.length);
        requireNothingLeft();
        assertThatIllegalStateException().isThrownBy(operation::run);
    }

    @Test
    void listenerThatThrowsEndsTheOperation() throws Exception {
        Operation<Snapshot> operation = importing(BlockSource.of(MemoryDisk.random(new Random(1), 4 << 20)))
                .onProgress((done, total) -> {
                    throw new IllegalStateException("enough");
                });

        assertThatIllegalStateException().isThrownBy(operation::run).withMessage("enough");
        requireNothingLeft();
    }

    @Test
    void progressGrowsAndEndsWithTheWhole() throws Exception {
        MemoryDisk disk = MemoryDisk.random(new Random(2), 16 << 20);
        AtomicLong last = new AtomicLong();
        Snapshot made = importing(BlockSource.of(disk))
                .workers(4)
                .onProgress((done, total) -> {
                    assertThat(total).isEqualTo(disk.bytes.length);
                    assertThat(done).isGreaterThan(last.getAndSet(done));
                })
                .run();

        assertThat(last).hasValue(disk.bytes.length);
        AtomicLong exported = new AtomicLong();
        snapshots
                .exportTo(made.id(), BlockSink.of(new MemoryDisk(disk.bytes.length), true))
                .onProgress((done, total) -> exported.set(done))
                .run();
        assertThat(exported).hasValue(disk.bytes.length);
    }

    @Test
    void startedOperationCompletesItsStage() throws Exception {
        MemoryDisk disk = MemoryDisk.random(new Random(2), 4 << 20);
        Snapshot made =
                importing(BlockSource.of(disk)).start().toCompletableFuture().get();
        assertThat(content(made.id())).isEqualTo(disk.bytes);

        disk.allocated.set(0);
        disk.failAt(0);
        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(() -> importing(BlockSource.of(disk))
                        .start()
                        .toCompletableFuture()
                        .join())
                .withCauseInstanceOf(IOException.class);
    }

    @Test
    void busyOrRefusingExecutorsOnlyMakeItSlower() throws Exception {
        MemoryDisk disk = MemoryDisk.random(new Random(4), 6 << 20);
        ExecutorService busy = Executors.newSingleThreadExecutor();
        CountDownLatch end = new CountDownLatch(1);
        busy.execute(() -> {
            try {
                end.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        Snapshot a = registry(busy)
                .importFrom(SnapshotRequest.NEW, BlockSource.of(disk))
                .workers(4)
                .run();
        end.countDown();
        busy.shutdown();
        Snapshot b = registry(task -> {
                    throw new RejectedExecutionException();
                })
                .importFrom(SnapshotRequest.NEW, BlockSource.of(disk))
                .workers(4)
                .run();

        assertThat(a.contentId()).isEqualTo(b.contentId());
    }

    @Test
    void interruptedCallerGoesOn() throws Exception {
        MemoryDisk disk = MemoryDisk.random(new Random(4), 6 << 20);
        Thread.currentThread().interrupt();
        Snapshot made = importing(BlockSource.of(disk)).workers(4).run();
        assertThat(Thread.interrupted()).isTrue();

        assertThat(content(made.id())).isEqualTo(disk.bytes);
    }

    @Test
    void unknownSnapshotIsNotExported() {
        assertThatExceptionOfType(Ec2Exception.class)
                .isThrownBy(() -> snapshots
                        .exportTo("snap-00000000000000abc", BlockSink.of(new MemoryDisk(512), true))
                        .run())
                .withMessage("The snapshot 'snap-00000000000000abc' does not exist.");
    }
}
