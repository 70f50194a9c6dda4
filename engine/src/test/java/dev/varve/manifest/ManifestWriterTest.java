package dev.varve.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ManifestWriterTest {
    private static final int CHUNK = Disk.CHUNK;

    private final ProbeStore store = new ProbeStore(CHUNK);
    private final Manifests manifests = new Manifests(store, 1 << 20, 16);

    @Test
    void putsFromManyThreadsEndInTheTreeOfOne() throws Exception {
        int threads = 8;
        int each = 600;
        Random random = new Random(8);
        long[] blocks = random.longs(threads * (long) each, 0, 512 * 512 * 40L).toArray();
        Manifest concurrent;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try (ManifestWriter writer = writer(null)) {
            List<Future<?>> puts = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                long[] mine = Arrays.copyOfRange(blocks, t * each, (t + 1) * each);
                puts.add(pool.submit(() -> putAll(writer, mine)));
            }
            for (Future<?> put : puts) {
                put.get();
            }
            concurrent = commit(writer, 512 * 512 * 40L * CHUNK);
        } finally {
            pool.shutdown();
            assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
        try (ManifestWriter writer = writer(null)) {
            Arrays.sort(blocks);
            putAll(writer, blocks);
            assertThat(commit(writer, 512 * 512 * 40L * CHUNK)).isEqualTo(concurrent);
        }
    }

    @Test
    void lastBlockMayBeShortOrPadded() throws IOException {
        byte[] bytes = Arrays.copyOf(Disk.content(5), 100);
        Manifest shortened;
        try (ManifestWriter writer = writer(null)) {
            writer.put(3, ByteBuffer.wrap(bytes));
            shortened = commit(writer, 3 * CHUNK + 100);
        }
        try (ManifestWriter writer = writer(null)) {
            writer.put(3, ByteBuffer.wrap(Arrays.copyOf(bytes, CHUNK)));
            assertThat(commit(writer, 3 * CHUNK + 100)).isEqualTo(shortened);
        }
        ByteBuffer read = ByteBuffer.allocate(CHUNK);
        assertThat(manifests.reader(shortened).read(3, read)).isTrue();
        assertThat(read.array()).isEqualTo(Arrays.copyOf(bytes, CHUNK));
    }

    @Test
    void dataPastTheEndIsRefusedAndZerosThereAreDropped() throws IOException {
        try (ManifestWriter writer = writer(null)) {
            writer.put(1, ByteBuffer.wrap(Arrays.copyOf(Disk.content(5), CHUNK / 2)));
            writer.zero(200, 100);
            assertThatThrownBy(() -> writer.finish(CHUNK + CHUNK / 2 - 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("up to byte 6144");
            Manifest manifest = commit(writer, CHUNK + CHUNK / 2);
            assertThat(manifests.reader(manifest).writer(0)).isEqualTo(new WriterStamp("snap-1"));
            assertThat(manifest.writerBlockCount()).isEqualTo(1);
        }
    }

    @Test
    void onlyTheLastBlockMayBeShort() throws IOException {
        try (ManifestWriter writer = writer(null)) {
            writer.put(1, ByteBuffer.wrap(Disk.content(1), 0, 10));
            writer.put(2, ByteBuffer.wrap(Disk.content(1)));
            assertThatThrownBy(() -> writer.finish(3 * CHUNK))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("block 1 was put short");
            writer.put(1, ByteBuffer.wrap(Disk.content(1)));
            assertThat(commit(writer, 3 * CHUNK).sizeBytes()).isEqualTo(3 * CHUNK);
        }
        try (ManifestWriter writer = writer(null)) {
            writer.put(1, ByteBuffer.wrap(Disk.content(1), 0, 10));
            assertThatThrownBy(() -> writer.put(2, ByteBuffer.wrap(Disk.content(1), 0, 10)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void putLeavesTheBufferAsItIs() throws IOException {
        try (ManifestWriter writer = writer(null)) {
            ByteBuffer bytes =
                    ByteBuffer.allocateDirect(3 * CHUNK).position(CHUNK).limit(2 * CHUNK);
            bytes.put(CHUNK + 9, (byte) 1);
            writer.put(0, bytes);
            assertThat(bytes.position()).isEqualTo(CHUNK);
            assertThat(bytes.limit()).isEqualTo(2 * CHUNK);
            writer.put(1, bytes.limit(CHUNK + 10));
            assertThat(bytes.position()).isEqualTo(CHUNK);
            assertThat(bytes.limit()).isEqualTo(CHUNK + 10);
        }
    }

    @Test
    void zerosAreNotStoredButStamped() throws IOException {
        try (ManifestWriter writer = writer(null)) {
            writer.put(500, ByteBuffer.allocate(CHUNK));
            writer.zero(1000, 1);
            assertThat(store.chunkPuts.get()).isZero();
            Manifest manifest = commit(writer, 2000 * CHUNK);
            assertThat(manifest.content()).isEqualTo(Tree.EMPTY);
            assertThat(manifests.reader(manifest).writer(500 / 128)).isNotNull();
            assertThat(manifests.reader(manifest).writer(1000 / 128)).isNotNull();
            assertThat(manifests.reader(manifest).writer(0)).isNull();
        }
    }

    @Test
    void rewriteWithTheSameBytesChangesTheStampOnly() throws IOException {
        Manifest base;
        try (ManifestWriter writer = writer(null)) {
            writer.put(3, ByteBuffer.wrap(Disk.content(1)));
            writer.put(300, ByteBuffer.wrap(Disk.content(1)));
            base = commit(writer, 1000 * CHUNK);
        }
        try (ManifestWriter writer = manifests.writer("test", base, new WriterStamp("snap-2"))) {
            store.nodePuts.set(0);
            writer.put(3, ByteBuffer.wrap(Disk.content(1)));
            Manifest manifest = commit(writer, 1000 * CHUNK);
            assertThat(store.nodePuts.get()).as("the leaf of stamps").isEqualTo(1);
            assertThat(manifest.identity()).isEqualTo(base.identity());
            assertThat(manifests.reader(manifest).writer(0)).isEqualTo(new WriterStamp("snap-2"));
            assertThat(manifests.reader(manifest).writer(2)).isEqualTo(new WriterStamp("snap-1"));
            List<List<Long>> ranges = new ArrayList<>();
            manifests.diffWriters(base, manifest, (first, count) -> ranges.add(List.of(first, count)));
            assertThat(ranges).containsExactly(List.of(0L, 1L));
        }
    }

    @Test
    void baseThatWasZeroedDoesNotComeBackWhenTheTreeGrows() throws IOException {
        Manifest base;
        try (ManifestWriter writer = writer(null)) {
            writer.put(3, ByteBuffer.wrap(Disk.content(1)));
            base = commit(writer, 2000 * CHUNK);
        }
        try (ManifestWriter writer = writer(base)) {
            writer.zero(0, 512);
            writer.put(700, ByteBuffer.wrap(Disk.content(2)));
            ManifestReader reader = manifests.reader(commit(writer, 2000 * CHUNK));
            assertThat(reader.nextPresent(0, 2000)).isEqualTo(700);
        }
    }

    @Test
    void failedPutSpoilsTheWriterForGood() throws IOException {
        try (ManifestWriter writer = writer(null)) {
            writer.put(0, ByteBuffer.wrap(Disk.content(1)));
            store.beforePut = id -> {
                throw new IOException("disk full");
            };
            assertThatThrownBy(() -> writer.put(1, ByteBuffer.wrap(Disk.content(2))))
                    .hasMessage("disk full");
            store.beforePut = id -> {};
            assertThatThrownBy(() -> writer.put(1, ByteBuffer.wrap(Disk.content(2))))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("disk full");
            assertThatThrownBy(() -> writer.finish(CHUNK)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> writer.commit(Map.of(), Set.of())).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void unreadableBaseSpoilsTheWriterAndLeavesNothing() throws IOException {
        Manifest base;
        try (ManifestWriter writer = writer(null)) {
            writer.put(3, ByteBuffer.wrap(Disk.content(1)));
            writer.put(600, ByteBuffer.wrap(Disk.content(1)));
            base = commit(writer, 1000 * CHUNK);
        }
        Leaf lost = Objects.requireNonNull(manifests.reader(base).leaf(1));
        store.missing.add(lost.id());
        try (ManifestWriter writer = writer(base)) {
            writer.put(4, ByteBuffer.wrap(Disk.content(2)));
            assertThatThrownBy(() -> writer.put(601, ByteBuffer.wrap(Disk.content(2))))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(lost.id().toString());
            assertThatThrownBy(() -> writer.finish(1000 * CHUNK)).isInstanceOf(IOException.class);
        }
        store.missing.add(Objects.requireNonNull(base.content().root()));
        assertThatThrownBy(() -> writer(base)).isInstanceOf(IOException.class);
        assertThat(store.openLeases.get()).isZero();
    }

    @Test
    void failedFinishSpoilsTheWriter() throws IOException {
        Manifest base;
        try (ManifestWriter writer = writer(null)) {
            writer.put(3, ByteBuffer.wrap(Disk.content(1)));
            writer.put(600, ByteBuffer.wrap(Disk.content(1)));
            base = commit(writer, 1000 * CHUNK);
        }
        store.missing.add(Objects.requireNonNull(manifests.reader(base).leaf(1)).id());
        try (ManifestWriter writer = writer(base)) {
            assertThatThrownBy(() -> writer.finish(601 * CHUNK - 1)).isInstanceOf(IOException.class);
            store.missing.clear();
            assertThatThrownBy(() -> writer.finish(601 * CHUNK - 1))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("failed before");
        }
    }

    @Test
    void closeWithoutCommitLeavesNothing() throws IOException {
        try (ManifestWriter writer = writer(null)) {
            writer.put(3, ByteBuffer.wrap(Disk.content(1)));
            writer.finish(1000 * CHUNK);
        }
        assertThat(store.stats().chunks()).isZero();
        assertThat(store.stats().nodes()).isZero();
    }

    @Test
    void commitWritesTheRecords() throws IOException {
        try (ManifestWriter writer = writer(null)) {
            writer.put(3, ByteBuffer.wrap(Disk.content(1)));
            Manifest manifest = writer.finish(1000 * CHUNK);
            writer.commit(Map.of("snapshot/1", manifest.toString().getBytes(StandardCharsets.US_ASCII)), Set.of());
            assertThat(new String(store.record("snapshot/1"), StandardCharsets.US_ASCII))
                    .isEqualTo(manifest.toString());
        }
    }

    @Test
    void callsInTheWrongStateAreRefused() throws IOException {
        ManifestWriter writer = writer(null);
        assertThatThrownBy(() -> writer.commit(Map.of(), Set.of())).isInstanceOf(IllegalStateException.class);
        writer.finish(1);
        assertThatThrownBy(() -> writer.put(0, ByteBuffer.allocate(CHUNK))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> writer.zero(0, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> writer.finish(1)).isInstanceOf(IllegalStateException.class);
        writer.commit(Map.of(), Set.of());
        assertThatThrownBy(() -> writer.commit(Map.of(), Set.of())).isInstanceOf(IllegalStateException.class);
        writer.close();
        writer.close();
        assertThatThrownBy(() -> writer.zero(0, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void argumentsOutOfRangeAreRefusedAndHarmNothing() throws IOException {
        try (ManifestWriter writer = writer(null)) {
            ByteBuffer bytes = ByteBuffer.wrap(Disk.content(1));
            long blocks = Manifest.MAX_SIZE_BYTES / CHUNK;
            assertThatThrownBy(() -> writer.put(-1, bytes)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> writer.put(blocks, bytes)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> writer.zero(1, blocks)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> writer.put(0, ByteBuffer.allocate(CHUNK + 1)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> writer.put(0, ByteBuffer.allocate(0)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> writer.finish(0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> writer.finish(Manifest.MAX_SIZE_BYTES + 1))
                    .isInstanceOf(IllegalArgumentException.class);
            writer.put(blocks - 1, bytes);
            assertThat(commit(writer, Manifest.MAX_SIZE_BYTES).content().level())
                    .isEqualTo(Radix.MAX_LEVEL);
        }
        Manifest encrypted = new Manifest(CHUNK, 1, 5, Tree.EMPTY, Tree.EMPTY);
        assertThatThrownBy(() -> writer(encrypted)).isInstanceOf(IllegalArgumentException.class);
        Manifest otherChunks = new Manifest(2 * CHUNK, 1, 0, Tree.EMPTY, Tree.EMPTY);
        assertThatThrownBy(() -> writer(otherChunks)).isInstanceOf(IllegalArgumentException.class);
    }

    private ManifestWriter writer(@Nullable Manifest base) throws IOException {
        return manifests.writer("test", base, new WriterStamp("snap-1"));
    }

    private static Manifest commit(ManifestWriter writer, long sizeBytes) throws IOException {
        Manifest manifest = writer.finish(sizeBytes);
        writer.commit(Map.of(), Set.of());
        return manifest;
    }

    private static @Nullable Void putAll(ManifestWriter writer, long[] blocks) throws IOException {
        for (long block : blocks) {
            writer.put(block, ByteBuffer.wrap(Disk.content(block % 1000)));
        }
        return null;
    }
}
