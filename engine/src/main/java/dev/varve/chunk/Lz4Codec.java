package dev.varve.chunk;

import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/**
 * LZ4 block format through liblz4. Only its length-bounded decompressor is used: the others of the library are five
 * times slower or trust the input.
 */
public final class Lz4Codec implements Codec {
    /** The codec. */
    public static final Lz4Codec INSTANCE = new Lz4Codec();

    static final int NUMBER = 1;

    private Lz4Codec() {}

    /** Loaded on first use, so that a heap store needs no native library. */
    private static final class Native {
        static final LZ4Compressor COMPRESSOR = LZ4Factory.nativeInstance().fastCompressor();
        static final LZ4SafeDecompressor DECOMPRESSOR =
                LZ4Factory.nativeInstance().safeDecompressor();
    }

    @Override
    public int number() {
        return NUMBER;
    }

    @Override
    public int maxCompressedBytes(int plainBytes) {
        return plainBytes + plainBytes / 255 + 16;
    }

    @Override
    public void compress(ByteBuffer src, ByteBuffer dst) {
        int written =
                Native.COMPRESSOR.compress(src, src.position(), src.remaining(), dst, dst.position(), dst.remaining());
        dst.position(dst.position() + written);
    }

    @Override
    public void decompress(ByteBuffer src, ByteBuffer dst) {
        int found;
        try {
            found = Native.DECOMPRESSOR.decompress(
                    src, src.position(), src.remaining(), dst, dst.position(), dst.remaining());
        } catch (LZ4Exception e) {
            throw new IllegalArgumentException("not LZ4: " + e.getMessage(), e);
        }
        if (found != dst.remaining()) {
            throw new IllegalArgumentException("LZ4 payload holds " + found + " bytes, expected " + dst.remaining());
        }
        src.position(src.limit());
        dst.position(dst.limit());
    }
}
