package dev.varve.bench;

import dev.varve.chunk.ChunkKey;
import dev.varve.store.PackStore;
import dev.varve.store.StoreOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a get from a pack that is not in memory cost, beside a positional read of the same frame?
 *
 * <p>Workload: a store of 2,048 chunks of 64 KiB; 64 of them got in random order, one thread, after the pack was dropped
 * from the page cache.
 *
 * <pre>bench/run PackGet</pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@Warmup(iterations = 100)
@Measurement(iterations = 60)
public class ColdPackGetBenchmark extends VarveBenchmark {
    private static final int CHUNKS = 2048;
    private static final int GETS = 64;

    private final SampleStore sample = opened(() -> new SampleStore(CHUNKS));
    private final FrameWork parts = opened(() -> new FrameWork(sample));
    private final PackStore store = opened(() -> PackStore.open(sample.store(), StoreOptions.defaults()));
    private final ChunkKey[] keys = new ChunkKey[CHUNKS];
    private final int[] order = Order.shuffled(CHUNKS);
    private final ByteBuffer plain = ByteBuffer.allocateDirect(CHUNK);

    /** Makes the store. */
    public ColdPackGetBenchmark() {
        for (int i = 0; i < CHUNKS; i++) {
            keys[i] = sample.key(i);
        }
    }

    /** Makes the pack cold. */
    @Setup(Level.Iteration)
    public void cool() throws IOException {
        PageCache.drop(sample.pack);
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
    @OperationsPerInvocation(GETS)
    public void get() throws IOException {
        for (int i = 0; i < GETS; i++) {
            store.get(keys[order[i]], plain.clear());
        }
    }

    /** Part: read the frame. */
    @Benchmark
    @OperationsPerInvocation(GETS)
    public int positionalRead() throws IOException {
        int total = 0;
        for (int i = 0; i < GETS; i++) {
            total += parts.read(order[i]);
        }
        return total;
    }
}
