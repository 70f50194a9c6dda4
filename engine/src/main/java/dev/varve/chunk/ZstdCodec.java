package dev.varve.chunk;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Zstandard frames (RFC 8878) without their own checksum and size: a chunk's frame has both. The level is chosen in
 * decision 0006; any level reads the same.
 */
public final class ZstdCodec implements Codec {
    /** The codec. */
    public static final ZstdCodec INSTANCE = new ZstdCodec();

    /** Compression level. */
    public static final int LEVEL = 6;

    static final int NUMBER = 2;

    private static final int IDLE_CONTEXTS = 16;

    /** Contexts nobody uses; they are native memory that no collector frees, so threads that end must not own them. */
    private static final ArrayBlockingQueue<ZstdCompressCtx> COMPRESSORS = new ArrayBlockingQueue<>(IDLE_CONTEXTS);

    private static final ArrayBlockingQueue<ZstdDecompressCtx> DECOMPRESSORS = new ArrayBlockingQueue<>(IDLE_CONTEXTS);

    private ZstdCodec() {}

    @Override
    public int number() {
        return NUMBER;
    }

    @Override
    public int maxCompressedBytes(int plainBytes) {
        return Math.toIntExact(Zstd.compressBound(plainBytes));
    }

    @Override
    public void compress(ByteBuffer src, ByteBuffer dst) {
        ByteBuffer in = direct(src);
        ZstdCompressCtx free = COMPRESSORS.poll();
        ZstdCompressCtx context = free == null
                ? new ZstdCompressCtx()
                        .setLevel(LEVEL)
                        .setChecksum(false)
                        .setContentSize(false)
                        .setMagicless(true)
                : free;
        try {
            int written = context.compressDirectByteBuffer(
                    dst, dst.position(), dst.remaining(), in, in.position(), in.remaining());
            dst.position(dst.position() + written);
        } finally {
            if (!COMPRESSORS.offer(context)) {
                context.close();
            }
        }
    }

    @Override
    public void decompress(ByteBuffer src, ByteBuffer dst) {
        ByteBuffer out = dst.isDirect() ? dst : ByteBuffer.allocateDirect(dst.remaining());
        ZstdDecompressCtx free = DECOMPRESSORS.poll();
        ZstdDecompressCtx context = free == null ? new ZstdDecompressCtx().setMagicless(true) : free;
        int found;
        try {
            found = context.decompressDirectByteBuffer(
                    out, out.position(), out.remaining(), src, src.position(), src.remaining());
        } catch (ZstdException e) {
            throw new IllegalArgumentException("not zstd: " + e.getMessage(), e);
        } finally {
            if (!DECOMPRESSORS.offer(context)) {
                context.close();
            }
        }
        if (found != dst.remaining()) {
            throw new IllegalArgumentException("zstd payload holds " + found + " bytes, expected " + dst.remaining());
        }
        src.position(src.limit());
        if (dst.isDirect()) {
            dst.position(dst.limit());
        } else {
            dst.put(out);
        }
    }

    private static ByteBuffer direct(ByteBuffer src) {
        return src.isDirect()
                ? src
                : ByteBuffer.allocateDirect(src.remaining())
                        .put(src.duplicate())
                        .flip();
    }
}
