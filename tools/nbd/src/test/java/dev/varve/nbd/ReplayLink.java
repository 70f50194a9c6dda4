package dev.varve.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;

/**
 * A client that says what it has to say in pieces, whatever it is told. Of what it is told it looks whether whole messages
 * come, and how many requests are answered.
 */
final class ReplayLink implements Link {
    private static final int HELLO_BYTES = 18;
    private static final int OPTION_REPLY_BYTES = 20;
    private static final int EXPORT_BYTES = 10;
    private static final int EXPORT_ZEROS = 124;

    private final byte[] input;
    private final int pieceBytes;
    private final long takenBytes;
    private int at;

    /** Bytes behind the input, of no matter what. */
    private long more;

    private boolean transmits;
    private boolean isStructured;
    private long sentBytes;
    private int answers;
    private boolean gone;
    private volatile boolean closed;

    /**
     * Begins with nothing said.
     *
     * @param pieceBytes what is said at once
     * @param takenBytes what can be sent before the client is gone
     */
    ReplayLink(byte[] input, int pieceBytes, long takenBytes) {
        this.input = input;
        this.pieceBytes = pieceBytes;
        this.takenBytes = takenBytes;
    }

    /** Where the input has been read to. */
    int position() {
        return at;
    }

    /** Says so many bytes more at the end. */
    void completes(long moreBytes) {
        more = moreBytes;
    }

    /** The handshake is over. */
    synchronized void transmits(boolean structured) {
        transmits = true;
        isStructured = structured;
    }

    boolean isClosed() {
        return closed;
    }

    /** Whether not all could be sent. */
    synchronized boolean isGone() {
        return gone;
    }

    synchronized long sentBytes() {
        return sentBytes;
    }

    /** Replies whose last part was sent; counted where each can be told from the next. */
    synchronized int answers() {
        return answers;
    }

    @Override
    public int read(ByteBuffer dst) throws ClosedChannelException {
        if (closed) {
            throw new ClosedChannelException();
        }
        int some = Math.min(pieceBytes, Math.min(input.length - at, dst.remaining()));
        if (some > 0) {
            dst.put(input, at, some);
            at += some;
            return some;
        }
        int rest = (int) Math.min(more, dst.remaining());
        more -= rest;
        dst.position(dst.position() + rest);
        return rest > 0 ? rest : -1;
    }

    @Override
    public synchronized void write(ByteBuffer src) throws IOException {
        if (closed) {
            throw new ClosedChannelException();
        }
        if (sentBytes + src.remaining() > takenBytes) {
            gone = true;
            throw new IOException("the client is gone");
        }
        if (!transmits) {
            checkHandshake(src);
        } else if (isStructured) {
            checkReplies(src);
        }
        sentBytes += src.remaining();
        src.position(src.limit());
    }

    private void checkHandshake(ByteBuffer src) {
        int from = src.position();
        int bytes = src.remaining();
        if (sentBytes == 0) {
            assertThat(bytes).isEqualTo(HELLO_BYTES);
            assertThat(src.getLong(from)).isEqualTo(Protocol.NBDMAGIC);
        } else if (bytes < OPTION_REPLY_BYTES || src.getLong(from) != Protocol.REPLY_MAGIC) {
            assertThat(bytes).isIn(EXPORT_BYTES, EXPORT_BYTES + EXPORT_ZEROS);
        } else if (src.getInt(from + 16) != bytes - OPTION_REPLY_BYTES) {
            throw new AssertionError("a reply to an option of " + bytes + " bytes says " + src.getInt(from + 16));
        }
    }

    private void checkReplies(ByteBuffer src) {
        int next = src.position();
        while (next < src.limit()) {
            int magic = src.getInt(next);
            if (magic == Protocol.SIMPLE_REPLY_MAGIC) {
                answers++;
                next += Protocol.SIMPLE_REPLY_BYTES;
            } else if (magic == Protocol.STRUCTURED_REPLY_MAGIC) {
                answers += src.getShort(next + 4) & Protocol.REPLY_FLAG_DONE;
                next += Protocol.CHUNK_BYTES + src.getInt(next + 16);
            } else {
                throw new AssertionError("no reply, but 0x" + Integer.toHexString(magic));
            }
        }
        if (next != src.limit()) {
            throw new AssertionError("a reply ends " + (next - src.limit()) + " bytes behind what is sent");
        }
    }

    @Override
    public void endInput() {
        throw new UnsupportedOperationException("the client ends by itself");
    }

    @Override
    public void close() {
        closed = true;
    }
}
