package dev.varve.chunk;

import java.nio.ByteBuffer;

/**
 * A way to make chunks smaller. The family is closed: a frame names its codec by number, and every store reads them
 * all. Codecs hold no state and serve any number of threads.
 */
public sealed interface Codec permits StoredCodec, Lz4Codec, ZstdCodec {
    /**
     * The number that frames carry.
     *
     * @return 0 to 255, never reused
     */
    int number();

    /**
     * The largest result of {@link #compress}.
     *
     * @param plainBytes length of the input
     * @return room that always suffices
     */
    int maxCompressedBytes(int plainBytes);

    /**
     * Compresses the bytes between position and limit of {@code src}, which stay as they are, to the position of
     * {@code dst}, which moves past what was written.
     *
     * @param src heap or direct
     * @param dst direct, with room for {@link #maxCompressedBytes}
     */
    void compress(ByteBuffer src, ByteBuffer dst);

    /**
     * Undoes {@link #compress}: reads all bytes between position and limit of {@code src} and fills {@code dst} from
     * position to limit, exactly. Nothing outside that range is touched, whatever the input holds.
     *
     * @param src direct
     * @param dst heap or direct
     * @throws IllegalArgumentException when the input is not what {@link #compress} makes of so many bytes; {@code dst}
     *     then holds anything
     */
    void decompress(ByteBuffer src, ByteBuffer dst);

    /**
     * The codec with a number.
     *
     * @param number from a frame
     * @return the codec that reads it
     * @throws IllegalArgumentException when there is none
     */
    static Codec of(int number) {
        return switch (number) {
            case StoredCodec.NUMBER -> StoredCodec.INSTANCE;
            case Lz4Codec.NUMBER -> Lz4Codec.INSTANCE;
            case ZstdCodec.NUMBER -> ZstdCodec.INSTANCE;
            default -> throw new IllegalArgumentException("unknown codec " + number);
        };
    }
}
