package dev.varve.bench;

import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkId;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.zip.CRC32C;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What does naming a chunk cost, beside the JDK's digest alone, a checksum and a copy?
 *
 * <p>Workload: one 64 KiB chunk in direct memory, again and again, one thread.
 *
 * <pre>bench/run ChunkHash</pre>
 */
@State(Scope.Thread)
public class ChunkHashBenchmark extends VarveBenchmark {
    private final ByteBuffer chunk = opened(() -> new SampleChunks(CHUNK).chunk(1));
    private final ByteBuffer copy = ByteBuffer.allocateDirect(CHUNK);
    private final ChunkHasher hasher = new ChunkHasher();
    private final MessageDigest digest = opened(() -> MessageDigest.getInstance("SHA-256"));
    private final CRC32C crc = new CRC32C();

    /** Ours. */
    @Benchmark
    public ChunkId hash() {
        return hasher.hash(chunk);
    }

    /** The digest alone. */
    @Benchmark
    public byte[] sha256() {
        digest.update(chunk.position(0));
        return digest.digest();
    }

    /** The checksum that every read computes. */
    @Benchmark
    public long crc32c() {
        crc.reset();
        crc.update(chunk.position(0));
        return crc.getValue();
    }

    /** Moving the same bytes. */
    @Benchmark
    public ByteBuffer copy() {
        return copy.put(0, chunk, 0, CHUNK);
    }
}
