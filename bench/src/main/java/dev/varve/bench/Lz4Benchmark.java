package dev.varve.bench;

import dev.varve.chunk.Lz4Codec;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What does our codec add to liblz4?
 *
 * <p>Workload: 64 chunks of 64 KiB of machine code and classes in direct memory, in turn, one thread.
 *
 * <pre>bench/run Lz4</pre>
 */
@State(Scope.Thread)
public class Lz4Benchmark extends VarveBenchmark {
    private static final int CHUNKS = 64;

    private final ByteBuffer[] plain = new ByteBuffer[CHUNKS];
    private final ByteBuffer[] packed = new ByteBuffer[CHUNKS];
    private final ByteBuffer out = ByteBuffer.allocateDirect(Lz4Codec.INSTANCE.maxCompressedBytes(CHUNK));
    private final LZ4Compressor compressor = LZ4Factory.nativeInstance().fastCompressor();
    private int turn;
    private final LZ4SafeDecompressor decompressor = LZ4Factory.nativeInstance().safeDecompressor();

    /** Reads and compresses the chunks. */
    public Lz4Benchmark() {
        SampleChunks samples = opened(() -> new SampleChunks(CHUNK));
        for (int i = 0; i < CHUNKS; i++) {
            plain[i] =
                    ByteBuffer.allocateDirect(CHUNK).put(samples.chunk(i * 13)).flip();
            Lz4Codec.INSTANCE.compress(plain[i], out.clear());
            packed[i] =
                    ByteBuffer.allocateDirect(out.position()).put(out.flip()).flip();
        }
    }

    /** Ours. */
    @Benchmark
    public void compress() {
        Lz4Codec.INSTANCE.compress(next(plain), out.clear());
    }

    /** The library alone. */
    @Benchmark
    public int compressBare() {
        return compressor.compress(next(plain), 0, CHUNK, out, 0, out.capacity());
    }

    /** Ours. */
    @Benchmark
    public void decompress() {
        Lz4Codec.INSTANCE.decompress(next(packed).position(0), out.clear().limit(CHUNK));
    }

    /** The library alone. */
    @Benchmark
    public int decompressBare() {
        ByteBuffer chunk = next(packed);
        return decompressor.decompress(chunk, 0, chunk.limit(), out, 0, CHUNK);
    }

    private ByteBuffer next(ByteBuffer[] chunks) {
        turn = (turn + 1) % CHUNKS;
        return chunks[turn];
    }
}
