package dev.varve.chunk;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;

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

    private static final ThreadLocal<ZstdCompressCtx> COMPRESSOR = ThreadLocal.withInitial(() -> new ZstdCompressCtx()
            .setLevel(LEVEL)
            .setChecksum(false)
            .setContentSize(false)
            .setMagicless(true));
    private static final ThreadLocal<ZstdDecompressCtx> DECOMPRESSOR =
            ThreadLocal.withInitial(() -> new ZstdDecompressCtx().setMagicless(true));

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
        int written = COMPRESSOR
                .get()
                .compressDirectByteBuffer(dst, dst.position(), dst.remaining(), in, in.position(), in.remaining());
        dst.position(dst.position() + written);
    }

    @Override
    public void decompress(ByteBuffer src, ByteBuffer dst) {
        ByteBuffer out = dst.isDirect() ? dst : ByteBuffer.allocateDirect(dst.remaining());
        int found;
        try {
            found = DECOMPRESSOR
                    .get()
                    .decompressDirectByteBuffer(
                            out, out.position(), out.remaining(), src, src.position(), src.remaining());
        } catch (ZstdException e) {
            throw new IllegalArgumentException("not zstd: " + e.getMessage(), e);
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
