package dev.varve.bench;

import dev.varve.chunk.FrameHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/** The least that reading a chunk takes, part by part. For one thread. */
final class FrameWork implements AutoCloseable {
    private static final int FRAMES = 64;

    private final SampleStore store;
    private final FileChannel pack;
    private final ByteBuffer[] frames;
    private final ByteBuffer frame = ByteBuffer.allocateDirect(2 * VarveBenchmark.CHUNK);
    private final ByteBuffer plain = ByteBuffer.allocateDirect(VarveBenchmark.CHUNK);
    private final CRC32C crc = new CRC32C();
    private final LZ4SafeDecompressor decompressor = LZ4Factory.nativeInstance().safeDecompressor();

    FrameWork(SampleStore store) throws IOException {
        this.store = store;
        pack = FileChannel.open(store.pack);
        frames = store.frames(FRAMES);
    }

    /** Reads the frame of a block from the file. */
    int read(int block) throws IOException {
        return pack.read(frame.clear().limit(store.frameBytes[block]), store.frameOffsets[block]);
    }

    /** Checksum of a whole frame that is in memory. */
    long checksum(int block) {
        ByteBuffer one = frames[block % FRAMES];
        crc.reset();
        crc.update(one.position(0));
        return crc.getValue();
    }

    /** Unpacks a frame that is in memory. */
    int decompress(int block) {
        ByteBuffer one = frames[block % FRAMES];
        return decompressor.decompress(
                one, FrameHeader.BYTES, one.limit() - FrameHeader.BYTES, plain, 0, VarveBenchmark.CHUNK);
    }

    @Override
    public void close() throws IOException {
        pack.close();
    }
}
