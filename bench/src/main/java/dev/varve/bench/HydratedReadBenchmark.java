package dev.varve.bench;

import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What does a 4 KiB read of a hydrated disk cost, beside a bare copy from a mapped buffer and a positional read of a file?
 * And does it allocate, and do two threads get twice as far?
 *
 * <p>Workload: a disk of 256 MiB, all in the cache; pages at random; into direct memory; one and two threads. The file of
 * the baselines has the same content and was written in the same pieces and order as the cache's.
 *
 * <pre>bench/run HydratedRead</pre>
 */
@OutputTimeUnit(java.util.concurrent.TimeUnit.NANOSECONDS)
public class HydratedReadBenchmark extends VarveBenchmark {
    private static final int CHUNKS = 4096;
    private static final int READS = 64;
    private static final int PAGES = CHUNKS * (CHUNK / PAGE);

    /** The disk and the file, shared by all threads. */
    @State(Scope.Benchmark)
    public static class Disk {
        private final SampleStore sample = opened(() -> new SampleStore(CHUNKS));
        private final Engine engine = opened(() -> Engine.open(sample.store(), EngineOptions.defaults()));
        private final BlockDevice device = opened(
                () -> engine.volumes(SampleStore.ACCOUNT, SampleStore.REGION).open(sample.snapshotId));
        private final FileChannel file = opened(() -> FileChannel.open(
                sample.folder.resolve("bare"),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE));
        private final MappedByteBuffer mapped = opened(this::fill);

        /** Writes the file as the cache writes its own, maps it, and warms both. */
        private MappedByteBuffer fill() throws IOException {
            ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
            int[] order = Order.shuffled(CHUNKS);
            for (int i = 0; i < CHUNKS; i++) {
                device.read(chunk.clear(), (long) order[i] * CHUNK);
                file.write(chunk.flip(), (long) i * CHUNK);
            }
            for (int i = 0; i < PAGES; i++) {
                device.read(chunk.clear().limit(PAGE), (long) i * PAGE);
            }
            return file.map(FileChannel.MapMode.READ_ONLY, 0, (long) CHUNKS * CHUNK)
                    .load();
        }

        /** Removes both. */
        @TearDown
        public void close() throws IOException {
            device.close();
            engine.close();
            file.close();
            sample.close();
        }
    }

    /** Where a thread reads to, and where from next. */
    @State(Scope.Thread)
    public static class Reader {
        private final ByteBuffer page = ByteBuffer.allocateDirect(PAGE);
        private long random = System.nanoTime() | 1;

        long nextOffset() {
            random = Order.next(random);
            return (random >>> 16) % PAGES * PAGE;
        }
    }

    /** Ours. */
    @Benchmark
    @OperationsPerInvocation(READS)
    public ByteBuffer device(Disk disk, Reader reader) throws IOException {
        for (int i = 0; i < READS; i++) {
            disk.device.read(reader.page.clear(), reader.nextOffset());
        }
        return reader.page;
    }

    /** The least: a copy from a mapping. */
    @Benchmark
    @OperationsPerInvocation(READS)
    public ByteBuffer mapped(Disk disk, Reader reader) {
        for (int i = 0; i < READS; i++) {
            reader.page.put(0, disk.mapped, (int) reader.nextOffset(), PAGE);
        }
        return reader.page;
    }

    /** What whoever has a raw file does. */
    @Benchmark
    @OperationsPerInvocation(READS)
    public ByteBuffer fileChannel(Disk disk, Reader reader) throws IOException {
        for (int i = 0; i < READS; i++) {
            disk.file.read(reader.page.clear(), reader.nextOffset());
        }
        return reader.page;
    }
}
