package dev.varve.bench;

import dev.varve.chunk.ChunkKey;
import dev.varve.store.PackStore;
import dev.varve.store.StoreOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What does a get from a pack cost, beside its parts alone: positional read, CRC32C, LZ4? (The rest is the index.)
 *
 * <p>Workload: a store of 2,048 chunks of 64 KiB in the page cache, got in random order, one thread.
 *
 * <pre>bench/run PackGet</pre>
 */
@State(Scope.Thread)
public class PackGetBenchmark extends VarveBenchmark {
    static final int CHUNKS = 2048;

    private final SampleStore sample = opened(() -> new SampleStore(CHUNKS));
    private final FrameWork parts = opened(() -> new FrameWork(sample));
    private final PackStore store = opened(() -> PackStore.open(sample.store(), StoreOptions.defaults()));
    private final ChunkKey[] keys = new ChunkKey[CHUNKS];
    private final int[] order = Order.shuffled(CHUNKS);
    private final ByteBuffer plain = ByteBuffer.allocateDirect(CHUNK);
    private int turn;

    /** Makes the store. */
    public PackGetBenchmark() {
        for (int i = 0; i < CHUNKS; i++) {
            keys[i] = sample.key(i);
        }
    }

    /** Removes the store. */
    @TearDown
    public void close() throws IOException {
        store.close();
        parts.close();
        sample.close();
    }

    /** Ours. */
    @Benchmark
    public void get() throws IOException {
        store.get(keys[next()], plain.clear());
    }

    /** Part: read the frame. */
    @Benchmark
    public int positionalRead() throws IOException {
        return parts.read(next());
    }

    /** Part: check it. */
    @Benchmark
    public long crc32c() {
        return parts.checksum(next());
    }

    /** Part: unpack it. */
    @Benchmark
    public int lz4() {
        return parts.decompress(next());
    }

    private int next() {
        turn = (turn + 1) % CHUNKS;
        return order[turn];
    }
}
