package dev.varve.chunk;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Makes frames of chunks and chunks of frames, see {@link FrameHeader}. It owns the buffers it works in; one object
 * serves one thread at a time.
 *
 * <p>The checksum covers the id, so that a pointer to another chunk's frame is seen, and it is checked before a byte is
 * decompressed.
 */
public final class FrameCodec {
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer frame;

    /**
     * A codec for one thread.
     *
     * @param chunkSizeBytes the largest chunk it will see
     */
    public FrameCodec(int chunkSizeBytes) {
        int room = Math.max(
                Lz4Codec.INSTANCE.maxCompressedBytes(chunkSizeBytes), chunkSizeBytes + (chunkSizeBytes >> 8) + 512);
        frame = ByteBuffer.allocateDirect(FrameHeader.BYTES + room);
    }

    /**
     * Makes a frame. What does not shrink is stored as it is.
     *
     * @param key the chunk's name
     * @param plain its content between position and limit, which stay as they are
     * @param codec how to compress it
     * @return the frame between position and limit of a buffer that is this object's own, good until its next call
     */
    public ByteBuffer encode(ChunkKey key, ByteBuffer plain, Codec codec) {
        int plainBytes = plain.remaining();
        frame.clear().position(FrameHeader.BYTES);
        codec.compress(plain, frame);
        Codec used = codec;
        if (frame.position() - FrameHeader.BYTES >= plainBytes) {
            used = StoredCodec.INSTANCE;
            frame.position(FrameHeader.BYTES);
            used.compress(plain, frame);
        }
        frame.flip();
        frame.putInt(FrameHeader.MAGIC)
                .put((byte) 0)
                .put((byte) used.number())
                .put((byte) 0)
                .put((byte) 0);
        frame.putInt(key.domain()).putInt(plainBytes).putInt(frame.limit() - FrameHeader.BYTES);
        key.id().write(frame);
        frame.putInt(checksum(frame, 0));
        return frame.position(0);
    }

    /**
     * A buffer to read a frame into before {@link #decode}.
     *
     * @param frameBytes length of the frame, at most {@link #maxFrameBytes}
     * @return this object's own buffer, empty, with exactly that room
     */
    public ByteBuffer buffer(int frameBytes) {
        return frame.clear().limit(frameBytes);
    }

    /**
     * The longest frame that {@link #buffer} takes.
     *
     * @return bytes
     */
    public int maxFrameBytes() {
        return frame.capacity();
    }

    /**
     * Checks the frame between position 0 and limit of {@link #buffer} and unpacks it.
     *
     * @param expected the chunk that should be in it
     * @param dst takes exactly as many bytes as it has left; its position moves past them
     * @throws IllegalArgumentException when the frame is not a whole and intact frame of that chunk and length:
     *     expected and found; {@code dst} keeps its position and may hold anything
     */
    public void decode(ChunkKey expected, ByteBuffer dst) {
        FrameHeader header = header(frame.position(0));
        if (!header.key().equals(expected)) {
            throw new IllegalArgumentException("found chunk " + header.key());
        }
        if (header.plainBytes() != dst.remaining()) {
            throw new IllegalArgumentException("found " + header.plainBytes() + " bytes, expected " + dst.remaining());
        }
        Codec.of(header.codec()).decompress(frame, dst);
    }

    /**
     * Checks that a buffer holds one whole and intact frame, whichever chunk's.
     *
     * @param whole the frame between position and limit; the position then stands at its payload
     * @return its header
     * @throws IllegalArgumentException when it does not: expected and found
     */
    public FrameHeader header(ByteBuffer whole) {
        if (whole.remaining() < FrameHeader.BYTES) {
            throw new IllegalArgumentException("frame of " + whole.remaining() + " bytes");
        }
        int start = whole.position();
        FrameHeader header = FrameHeader.read(whole);
        if (header.frameBytes() != whole.limit() - start) {
            throw new IllegalArgumentException(
                    "frame of " + header.frameBytes() + " bytes, expected " + (whole.limit() - start));
        }
        int found = checksum(whole, start);
        if (found != header.crc()) {
            throw new IllegalArgumentException(String.format("CRC32C %08x, expected %08x", found, header.crc()));
        }
        return header;
    }

    /** CRC32C over the frame that starts at {@code start} and ends at the limit, but for the checksum itself. */
    private int checksum(ByteBuffer whole, int start) {
        ByteBuffer part = whole.duplicate();
        crc.reset();
        crc.update(part.limit(start + FrameHeader.CRC_OFFSET).position(start));
        crc.update(part.limit(whole.limit()).position(start + FrameHeader.BYTES));
        return (int) crc.getValue();
    }
}
