package dev.varve.bench;

import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
 * What does the first read of a chunk cost, beside its parts alone: positional read of the frame, CRC32C, LZ4, and one
 * positional write of the plain chunk?
 *
 * <p>Workload: a disk of 1,024 chunks of 64 KiB, opened with an empty cache whose file is new; 4 KiB of each chunk, in
 * random order, 64 a sample, one thread; the pack is in the page cache. The write goes to a new file, too.
 *
 * <pre>bench/run FirstRead</pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@Warmup(iterations = 160)
@Measurement(iterations = 160)
public class FirstReadBenchmark extends VarveBenchmark {
    private static final int CHUNKS = 1024;
    private static final int READS = 64;

    private final SampleStore sample = opened(() -> new SampleStore(CHUNKS));
    private final FrameWork parts = opened(() -> new FrameWork(sample));
    private final int[] order = Order.shuffled(CHUNKS);
    private final ByteBuffer page = ByteBuffer.allocateDirect(PAGE);
    private final ByteBuffer plain = ByteBuffer.allocateDirect(CHUNK);
    private Engine engine = opened(() -> Engine.open(sample.store(), EngineOptions.defaults()));
    private BlockDevice device = opened(this::device);
    private FileChannel file = opened(this::newFile);
    private int from = -READS;

    private BlockDevice device() throws IOException {
        return engine.volumes(SampleStore.ACCOUNT, SampleStore.REGION).open(sample.snapshotId);
    }

    private FileChannel newFile() throws IOException {
        Path path = sample.folder.resolve("bare");
        Files.deleteIfExists(path);
        return FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /** Goes on to other chunks; when there are none, empties the cache and begins again. */
    @Setup(Level.Iteration)
    public void advance() throws IOException {
        from += READS;
        if (from == CHUNKS) {
            from = 0;
            empty();
        }
    }

    private void empty() throws IOException {
        device.close();
        engine.close();
        Folders.delete(sample.store().resolve("cache"));
        System.gc(); // the old cache's pages are free when its mapping is collected, and the machine's warm ones are
        // few
        engine = Engine.open(sample.store(), EngineOptions.defaults());
        device = device();
        file.close();
        file = newFile();
    }

    /** Removes the store. */
    @TearDown
    public void close() throws IOException {
        device.close();
        engine.close();
        file.close();
        parts.close();
        sample.close();
    }

    /** Ours. */
    @Benchmark
    @OperationsPerInvocation(READS)
    public void firstRead() throws IOException {
        for (int i = from; i < from + READS; i++) {
            device.read(page.clear(), (long) order[i] * CHUNK + PAGE);
        }
    }

    /** Part: read the frame. */
    @Benchmark
    @OperationsPerInvocation(READS)
    public int positionalRead() throws IOException {
        int total = 0;
        for (int i = from; i < from + READS; i++) {
            total += parts.read(order[i]);
        }
        return total;
    }

    /** Part: check it. */
    @Benchmark
    @OperationsPerInvocation(READS)
    public long crc32c() {
        long total = 0;
        for (int i = from; i < from + READS; i++) {
            total += parts.checksum(order[i]);
        }
        return total;
    }

    /** Part: unpack it. */
    @Benchmark
    @OperationsPerInvocation(READS)
    public int lz4() {
        int total = 0;
        for (int i = from; i < from + READS; i++) {
            total += parts.decompress(order[i]);
        }
        return total;
    }

    /** Part: write the chunk. */
    @Benchmark
    @OperationsPerInvocation(READS)
    public void positionalWrite() throws IOException {
        for (int i = from; i < from + READS; i++) {
            file.write(plain.clear(), (long) i * CHUNK);
        }
    }
}
