package dev.varve.chunk;

import java.nio.ByteBuffer;

/**
 * The first 56 bytes of a chunk's frame in a pack. All numbers are big-endian.
 *
 * <pre>
 *  offset  bytes
 *       0      4  magic "VFR1"
 *       4      1  kind: 0 = chunk
 *       5      1  codec of the payload: 0 stored, 1 LZ4, 2 zstd
 *       6      1  cipher of the payload: 0 = none
 *       7      1  zero
 *       8      4  key domain: 0 = plain
 *      12      4  plain length in bytes
 *      16      4  payload length in bytes
 *      20     32  chunk id
 *      52      4  CRC32C of bytes 0 to 51 and the payload
 *      56         payload
 * </pre>
 *
 * Kind, cipher and domain are there so that directories of packs and encrypted domains come without a new format: a
 * reader that meets a number it does not know says so.
 *
 * @param codec number of the codec
 * @param key the chunk's name
 * @param plainBytes length of the content
 * @param payloadBytes length of what follows the header
 * @param crc checksum as stored
 */
public record FrameHeader(int codec, ChunkKey key, int plainBytes, int payloadBytes, int crc) {
    /** Length of the header. */
    public static final int BYTES = 56;

    /** First four bytes of a frame. */
    public static final int MAGIC = 0x56465231;

    /** No chunk and no payload is longer. */
    public static final int MAX_PAYLOAD_BYTES = 1 << 20;

    static final int CRC_OFFSET = 52;

    /**
     * Reads a header at the position of a buffer, which moves past it. Every number is checked for range, none for
     * truth: the checksum does that.
     *
     * @param frame with at least {@link #BYTES} bytes left
     * @return the header
     * @throws IllegalArgumentException when it can't be a frame of this format
     */
    public static FrameHeader read(ByteBuffer frame) {
        int magic = frame.getInt();
        if (magic != MAGIC) {
            throw new IllegalArgumentException(
                    "no frame starts here: found " + Integer.toHexString(magic) + ", expected 56465231");
        }
        int kind = frame.get();
        int codec = frame.get();
        int cipher = frame.get();
        int zero = frame.get();
        if (kind != 0 || cipher != 0 || zero != 0) {
            throw new IllegalArgumentException(
                    "frame of unknown kind " + kind + ", cipher " + cipher + ", reserved " + zero);
        }
        int domain = frame.getInt();
        int plainBytes = frame.getInt();
        int payloadBytes = frame.getInt();
        ChunkId id = ChunkId.read(frame);
        int crc = frame.getInt();
        if (plainBytes <= 0 || plainBytes > MAX_PAYLOAD_BYTES || payloadBytes <= 0 || payloadBytes > plainBytes) {
            throw new IllegalArgumentException(
                    "frame with impossible lengths: plain " + plainBytes + ", payload " + payloadBytes);
        }
        return new FrameHeader(codec, new ChunkKey(domain, id), plainBytes, payloadBytes, crc);
    }

    /**
     * Length of the whole frame.
     *
     * @return header and payload in bytes
     */
    public int frameBytes() {
        return BYTES + payloadBytes;
    }
}
