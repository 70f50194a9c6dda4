package dev.varve.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What a client has sent and nobody has looked at yet. One thread uses it at a time. */
final class Incoming {
    private final Link link;
    private final ByteBuffer buffer;

    /** Where it begins in the buffer, and where it ends. */
    private int start;

    private int end;

    Incoming(Link link, ByteBuffer buffer) {
        this.link = link;
        this.buffer = buffer;
    }

    ByteBuffer buffer() {
        return buffer;
    }

    /** Bytes that are there. */
    int available() {
        return end - start;
    }

    /** How many can be there at once. */
    int capacity() {
        return buffer.capacity();
    }

    /** Where what is there begins in {@link #buffer}. */
    int position() {
        return start;
    }

    /** Goes past what has been looked at. */
    void skip(int bytes) {
        start += bytes;
    }

    /**
     * Waits until so many bytes are there, at most {@link #capacity()}.
     *
     * @return false when the client has ended, and nothing at all is there
     * @throws EOFException when it has ended in the middle of them
     */
    boolean await(int bytes) throws IOException {
        if (start == end) {
            start = 0;
            end = 0;
        }
        if (start + bytes > buffer.capacity()) {
            ByteBuffer rest = buffer.duplicate().limit(end).position(start);
            end -= start;
            start = 0;
            buffer.clear().put(rest);
        }
        while (end - start < bytes) {
            buffer.limit(buffer.capacity()).position(end);
            int read = link.read(buffer);
            if (read < 0) {
                if (start == end) {
                    return false;
                }
                throw new EOFException("the client has gone in the middle of a message");
            }
            end += read;
        }
        return true;
    }

    /** As {@link #await}, where the client must not end. */
    void require(int bytes) throws IOException {
        if (!await(bytes)) {
            throw new EOFException("the client has gone in the middle of a message");
        }
    }

    /** The next bytes, which are there; good until the next call of {@link #await}. */
    ByteBuffer next(int bytes) {
        ByteBuffer next = buffer.duplicate().limit(start + bytes).position(start);
        start += bytes;
        return next;
    }

    /** Reads into an array. */
    void read(byte[] dst) throws IOException {
        for (int done = 0; done < dst.length; ) {
            require(1);
            int some = Math.min(available(), dst.length - done);
            next(some).get(dst, done, some);
            done += some;
        }
    }

    /** Reads and forgets. */
    void drop(long bytes) throws IOException {
        for (long left = bytes; left > 0; ) {
            require(1);
            int some = (int) Math.min(available(), left);
            skip(some);
            left -= some;
        }
    }

    int readInt() throws IOException {
        require(Integer.BYTES);
        return next(Integer.BYTES).getInt();
    }

    long readLong() throws IOException {
        require(Long.BYTES);
        return next(Long.BYTES).getLong();
    }

    /** Takes what another one has not looked at; it has to fit. */
    void takeOver(Incoming other) {
        ByteBuffer rest = other.buffer.duplicate().limit(other.end).position(other.start);
        start = 0;
        end = rest.remaining();
        buffer.clear().put(rest);
    }
}
