package dev.varve.chunk;

import java.nio.ByteBuffer;

/** Stores content as it is: for what does not shrink. */
public final class StoredCodec implements Codec {
    /** The codec. */
    public static final StoredCodec INSTANCE = new StoredCodec();

    static final int NUMBER = 0;

    private StoredCodec() {}

    @Override
    public int number() {
        return NUMBER;
    }

    @Override
    public int maxCompressedBytes(int plainBytes) {
        return plainBytes;
    }

    @Override
    public void compress(ByteBuffer src, ByteBuffer dst) {
        dst.put(src.duplicate());
    }

    @Override
    public void decompress(ByteBuffer src, ByteBuffer dst) {
        if (src.remaining() != dst.remaining()) {
            throw new IllegalArgumentException(
                    "stored payload of " + src.remaining() + " bytes, expected " + dst.remaining());
        }
        dst.put(src);
    }
}
