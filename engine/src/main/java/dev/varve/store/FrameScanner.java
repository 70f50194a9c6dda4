package dev.varve.store;

import dev.varve.chunk.FrameCodec;
import dev.varve.chunk.FrameHeader;
import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Walks the frames of a pack from one end to the other and checks each. Where no intact frame starts it looks for the
 * next one byte by byte, so damage costs what it covers and no more. For one thread.
 */
final class FrameScanner {
    static final int WINDOW_BYTES = 1 << 20;

    private final FrameCodec codec;
    private final ByteBuffer window = ByteBuffer.allocateDirect(WINDOW_BYTES);
    private long windowStart;

    FrameScanner(int chunkSizeBytes) {
        codec = new FrameCodec(chunkSizeBytes);
    }

    /** Is told what a scan meets. */
    interface Visitor {
        /** An intact frame; the payload stands between position and limit. */
        void frame(FrameHeader header, long offsetBytes, ByteBuffer payload) throws IOException;

        /** Bytes that are no intact frame. */
        void gap(long fromBytes, long toBytes, String problem) throws IOException;
    }

    /** What is scanned. */
    interface Bytes {
        /** Reads as {@link PositionalFile#read} does: as many bytes as there are. */
        int read(ByteBuffer dst, long offsetBytes) throws IOException;
    }

    /** Walks the frames between two offsets, the first of which is the start of a frame. */
    void scan(PositionalFile file, long fromBytes, long toBytes, Visitor visitor) throws IOException {
        scan(file::read, fromBytes, toBytes, visitor);
    }

    /** The same of what a reader gives. */
    void scan(Bytes file, long fromBytes, long toBytes, Visitor visitor) throws IOException {
        window.limit(0);
        windowStart = fromBytes;
        long at = fromBytes;
        long gapStart = -1;
        String problem = "";
        while (at < toBytes) {
            ByteBuffer frame = frameAt(file, at, toBytes);
            FrameHeader header = null;
            try {
                header = codec.header(frame);
            } catch (IllegalArgumentException e) {
                problem = gapStart < 0 ? String.valueOf(e.getMessage()) : problem;
                gapStart = gapStart < 0 ? at : gapStart;
            }
            if (header == null) {
                at = nextMagic(file, at + 1, toBytes);
                continue;
            }
            if (gapStart >= 0) {
                visitor.gap(gapStart, at, problem);
                gapStart = -1;
            }
            visitor.frame(header, at, frame);
            at += header.frameBytes();
        }
        if (gapStart >= 0) {
            visitor.gap(gapStart, toBytes, problem);
        }
    }

    /** The bytes of the frame that starts at an offset, as far as its header can be believed. */
    private ByteBuffer frameAt(Bytes file, long at, long end) throws IOException {
        ByteBuffer head = bytes(file, at, (int) Math.min(FrameHeader.BYTES, end - at));
        int length = head.remaining();
        if (length == FrameHeader.BYTES && head.getInt(head.position()) == FrameHeader.MAGIC) {
            long payload = Integer.toUnsignedLong(head.getInt(head.position() + 16));
            length += (int) Math.min(payload, FrameHeader.MAX_PAYLOAD_BYTES);
        }
        return bytes(file, at, (int) Math.min(length, end - at));
    }

    private long nextMagic(Bytes file, long from, long end) throws IOException {
        for (long at = from; at + Integer.BYTES <= end; ) {
            ByteBuffer some = bytes(file, at, (int) Math.min(1 << 16, end - at));
            int last = some.limit() - Integer.BYTES;
            for (int i = some.position(); i <= last; i++) {
                if (some.getInt(i) == FrameHeader.MAGIC) {
                    return at + (i - some.position());
                }
            }
            at += Math.max(1, some.remaining() - Integer.BYTES + 1);
        }
        return end;
    }

    /** A view of the file, filled as far as the file goes. */
    private ByteBuffer bytes(Bytes file, long at, int length) throws IOException {
        if (at < windowStart || at + length > windowStart + window.limit()) {
            window.clear();
            windowStart = at;
            file.read(window, at);
            window.flip();
        }
        int start = (int) (at - windowStart);
        return window.duplicate()
                .limit(Math.min(start + length, window.limit()))
                .position(Math.min(start, window.limit()));
    }
}
