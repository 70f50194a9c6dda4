package dev.varve.bench;

import dev.varve.chunk.ChunkId;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestReader;
import dev.varve.manifest.ManifestWriter;
import dev.varve.manifest.Manifests;
import dev.varve.manifest.WriterStamp;
import dev.varve.store.Compression;
import dev.varve.store.HeapStore;
import dev.varve.store.StoreProperties;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What does it cost to find the chunk of a block, beside a flat array and a hash map?
 *
 * <p>Workload: a disk of 131,072 blocks without holes (8 GiB of 64 KiB chunks), its nodes in memory; random blocks, one
 * thread.
 *
 * <pre>bench/run ManifestLookup</pre>
 */
@State(Scope.Thread)
@OutputTimeUnit(java.util.concurrent.TimeUnit.NANOSECONDS)
public class ManifestLookupBenchmark extends VarveBenchmark {
    private static final int BLOCKS = 1 << 17;
    private static final int LOOKUPS = 256;
    private static final int DISTINCT = 1024;

    private final ManifestReader reader = opened(ManifestLookupBenchmark::disk);
    private final ChunkId[] array = new ChunkId[BLOCKS];
    private final Map<Long, ChunkId> map = new HashMap<>();
    private long random = 1;

    /** Makes the disk, of small chunks: only their ids matter. */
    private static ManifestReader disk() throws IOException {
        HeapStore store = new HeapStore(new StoreProperties(UUID.randomUUID(), 1, PAGE, Compression.STORED));
        Manifests manifests = new Manifests(store, Manifests.DEFAULT_NODE_CACHE_BYTES);
        try (ManifestWriter writer = manifests.writer("bench", null, new WriterStamp("snap-0123456789abcdef0"))) {
            ByteBuffer chunk = ByteBuffer.allocateDirect(PAGE);
            for (int i = 0; i < BLOCKS; i++) {
                writer.put(i, chunk.putInt(0, i % DISTINCT + 1));
            }
            Manifest manifest = writer.finish((long) BLOCKS * PAGE);
            writer.commit(Map.of("disk", new byte[1]), Set.of());
            return manifests.reader(manifest);
        }
    }

    /** Copies the ids out. */
    public ManifestLookupBenchmark() {
        for (int i = 0; i < BLOCKS; i++) {
            long block = i;
            array[i] = opened(() -> Objects.requireNonNull(reader.lookup(block)));
            map.put((long) i, array[i]);
        }
    }

    /** Ours. */
    @Benchmark
    @OperationsPerInvocation(LOOKUPS)
    public @Nullable ChunkId lookup() throws IOException {
        ChunkId last = null;
        for (int i = 0; i < LOOKUPS; i++) {
            last = reader.lookup(next(last));
        }
        return last;
    }

    /** The least. */
    @Benchmark
    @OperationsPerInvocation(LOOKUPS)
    public @Nullable ChunkId array() {
        ChunkId last = null;
        for (int i = 0; i < LOOKUPS; i++) {
            last = array[next(last)];
        }
        return last;
    }

    /** What one would write first. */
    @Benchmark
    @OperationsPerInvocation(LOOKUPS)
    public @Nullable ChunkId hashMap() {
        ChunkId last = null;
        for (int i = 0; i < LOOKUPS; i++) {
            last = map.get((long) next(last));
        }
        return last;
    }

    /** Each look-up waits for the one before, as it would with other work between them. */
    private int next(@Nullable ChunkId last) {
        random = Order.next(last == null ? random + 1 : random);
        return (int) (random >>> 32) & (BLOCKS - 1);
    }
}
