package dev.varve.nbd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.block.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Replies that one thread makes, some at a time, in one buffer: {@code [0, sent)} has been sent, {@code [sent, complete)} may
 * be, and what is behind is being made. Another thread may send what is complete while a reply is made.
 */
final class Outgoing {
    /** From so many bytes on it is better sent than kept. */
    private static final int ENOUGH_BYTES = 64 << 10;

    private static final int MAX_TEXT_BYTES = 1024;
    private static final int DATA_HEADER_BYTES = Protocol.CHUNK_BYTES + Long.BYTES;

    private final Sender sender;
    private final ByteBuffer buffer;

    /** The same bytes, with a position of its own that only who sends moves. */
    private final ByteBuffer view;

    private final boolean isStructured;

    @GuardedBy("this")
    private int sent;

    @GuardedBy("this")
    private int complete;

    Outgoing(Sender sender, ByteBuffer buffer, boolean isStructured) {
        this.sender = sender;
        this.buffer = buffer;
        view = buffer.duplicate();
        this.isStructured = isStructured;
    }

    ByteBuffer buffer() {
        return buffer;
    }

    /** The most data that one piece of a reply can have. */
    int maxDataBytes() {
        return (buffer.capacity() - DATA_HEADER_BYTES) & -4096;
    }

    /** Sends what is complete; for its own thread, between replies. */
    synchronized void send() throws IOException {
        sendComplete();
        sent = 0;
        complete = 0;
        buffer.clear();
    }

    /** Sends what is complete; for any thread. */
    synchronized void sendComplete() throws IOException {
        if (sent < complete) {
            int from = sent;
            sent = complete;
            sender.send(view.clear().limit(complete).position(from));
        }
    }

    /** Has room for a piece, which begins at the returned place. */
    private synchronized int begin(int bytes) throws IOException {
        if (buffer.capacity() - complete < bytes) {
            send();
        }
        return complete;
    }

    private synchronized void end(int end) throws IOException {
        complete = end;
        buffer.limit(buffer.capacity()).position(end);
        if (complete - sent >= ENOUGH_BYTES) {
            send();
        }
    }

    /** Success, or failure without a word. */
    void simple(long cookie, int error) throws IOException {
        int at = begin(Protocol.SIMPLE_REPLY_BYTES);
        putSimple(at, cookie, error);
        end(at + Protocol.SIMPLE_REPLY_BYTES);
    }

    private void putSimple(int at, long cookie, int error) {
        buffer.putInt(at, Protocol.SIMPLE_REPLY_MAGIC).putInt(at + 4, error).putLong(at + 8, cookie);
    }

    private void putChunk(int at, int flags, int type, long cookie, int lengthBytes) {
        buffer.putInt(at, Protocol.STRUCTURED_REPLY_MAGIC)
                .putShort(at + 4, (short) flags)
                .putShort(at + 6, (short) type)
                .putLong(at + 8, cookie)
                .putInt(at + 16, lengthBytes);
    }

    /** Failure, with a word about it if the client can read it. */
    void error(long cookie, int error, String text) throws IOException {
        if (!isStructured) {
            simple(cookie, error);
            return;
        }
        ByteBuffer message = WireText.of(text, MAX_TEXT_BYTES);
        int length = 6 + message.remaining();
        int at = begin(Protocol.CHUNK_BYTES + length);
        putChunk(at, Protocol.REPLY_FLAG_DONE, Protocol.REPLY_ERROR, cookie, length);
        int body = at + Protocol.CHUNK_BYTES;
        buffer.putInt(body, error).putShort(body + 4, (short) message.remaining());
        buffer.position(body + 6).put(message);
        end(body + length);
    }

    /** The last chunk of a reply whose data is all there. */
    void done(long cookie) throws IOException {
        int at = begin(Protocol.CHUNK_BYTES);
        putChunk(at, Protocol.REPLY_FLAG_DONE, Protocol.REPLY_NONE, cookie, 0);
        end(at + Protocol.CHUNK_BYTES);
    }

    /** Where bytes come from. */
    interface Source {
        /**
         * Reads.
         *
         * @throws DeviceException when they can't be had
         */
        void read(ByteBuffer dst, long offsetBytes) throws DeviceException;
    }

    /**
     * A run of data in one piece: a whole simple reply, or one chunk.
     *
     * @param lengthBytes from 1 to {@link #maxDataBytes}
     * @throws DeviceException when it could not be read: nothing of it is sent
     */
    void data(Request request, long offsetBytes, int lengthBytes, boolean isLast, Source source)
            throws IOException, DeviceException {
        int header = isStructured ? DATA_HEADER_BYTES : Protocol.SIMPLE_REPLY_BYTES;
        int at = begin(header + lengthBytes);
        fill(at + header, lengthBytes, offsetBytes, source);
        if (isStructured) {
            int flags = isLast ? Protocol.REPLY_FLAG_DONE : 0;
            putChunk(at, flags, Protocol.REPLY_OFFSET_DATA, request.cookie(), Long.BYTES + lengthBytes);
            buffer.putLong(at + Protocol.CHUNK_BYTES, offsetBytes);
        } else {
            putSimple(at, request.cookie(), Protocol.OK);
        }
        end(at + header + lengthBytes);
    }

    private void fill(int at, int lengthBytes, long offsetBytes, Source source) throws DeviceException {
        boolean filled = false;
        try {
            buffer.limit(at + lengthBytes).position(at);
            source.read(buffer, offsetBytes);
            filled = true;
        } finally {
            if (!filled) {
                forget();
            }
        }
    }

    private synchronized void forget() {
        buffer.limit(buffer.capacity()).position(complete);
    }

    /** A run of zeros that are not sent. */
    void hole(long cookie, long offsetBytes, int lengthBytes, boolean isLast) throws IOException {
        int length = Long.BYTES + Integer.BYTES;
        int at = begin(Protocol.CHUNK_BYTES + length);
        putChunk(at, isLast ? Protocol.REPLY_FLAG_DONE : 0, Protocol.REPLY_OFFSET_HOLE, cookie, length);
        buffer.putLong(at + Protocol.CHUNK_BYTES, offsetBytes)
                .putInt(at + Protocol.CHUNK_BYTES + Long.BYTES, lengthBytes);
        end(at + Protocol.CHUNK_BYTES + length);
    }

    /**
     * A simple reply whose data has more than {@link #maxDataBytes}; it was all read before, and ought to be readable. What
     * fails on the way can't be told: the connection has to end.
     */
    synchronized void longData(Request request, Source source) throws IOException {
        send();
        sender.sendWhole(() -> {
            simple(request.cookie(), Protocol.OK);
            send();
            long at = request.offsetBytes();
            for (long end = at + request.lengthBytes(); at < end; ) {
                int some = (int) Math.min(end - at, maxDataBytes());
                try {
                    fill(0, some, at, source);
                } catch (DeviceException e) {
                    throw new IOException("a read has failed in the middle of a reply", e);
                }
                end(some);
                send();
                at += some;
            }
        });
    }

    /** How many runs {@link #status} can tell. */
    int maxExtents() {
        return (buffer.capacity() - Protocol.CHUNK_BYTES - Integer.BYTES) / (2 * Integer.BYTES);
    }

    /** Runs of one metadata context, at least one. */
    void status(long cookie, int contextId, List<Extent> extents, MetaContext context, boolean isLast)
            throws IOException {
        int length = Integer.BYTES + extents.size() * 2 * Integer.BYTES;
        int at = begin(Protocol.CHUNK_BYTES + length);
        putChunk(at, isLast ? Protocol.REPLY_FLAG_DONE : 0, Protocol.REPLY_BLOCK_STATUS, cookie, length);
        int next = at + Protocol.CHUNK_BYTES;
        buffer.putInt(next, contextId);
        next += Integer.BYTES;
        for (Extent extent : extents) {
            buffer.putInt(next, (int) extent.lengthBytes())
                    .putInt(next + Integer.BYTES, extent.set() ? context.setFlags() : context.unsetFlags());
            next += 2 * Integer.BYTES;
        }
        end(next);
    }
}
