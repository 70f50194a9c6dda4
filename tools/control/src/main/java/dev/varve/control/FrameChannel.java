package dev.varve.control;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * A socket with messages on it. All numbers are big-endian.
 *
 * <pre>
 * hello   client   "VARVECTL" 8   oldest version 2   newest version 2
 *         server   "VARVECTL" 8   version 2, 0 for none in common   oldest 2   newest 2   process id 8
 * then    length of body 4   kind 1   call 4   body
 *
 * kind        from     body
 * 1 COMMAND   client   whether the error stream is watched, count of words, words
 * 2 CALL      server   {@link Call}, what it needs
 * 3 ANSWER    client   what the call has brought
 * 4 FAILURE   client   a text
 * 5 EXIT      server   exit code
 * 6 END       server   nothing: programs that the command has started are to end
 * </pre>
 *
 * One thread reads; many may write.
 */
final class FrameChannel implements Closeable {
    static final int VERSION = 1;

    static final int COMMAND = 1;
    static final int CALL = 2;
    static final int ANSWER = 3;
    static final int FAILURE = 4;
    static final int EXIT = 5;
    static final int END = 6;

    /** The most data of one call. */
    static final int MAX_DATA_BYTES = 1 << 20;

    /** The longest body: data, and what says where it belongs; or a command's words. */
    static final int MAX_BODY_BYTES = MAX_DATA_BYTES + 4096;

    static final int MAX_TEXT_BYTES = 64 << 10;

    /** Of one command. */
    static final int MAX_WORDS = 10_000;

    private static final long MAGIC =
            ByteBuffer.wrap("VARVECTL".getBytes(StandardCharsets.US_ASCII)).getLong();
    private static final int HEADER_BYTES = 9;

    private final SocketChannel channel;
    private final Object writing = new Object();

    FrameChannel(SocketChannel channel) {
        this.channel = channel;
    }

    /** What stands before a body. */
    record Header(int length, int kind, int call) {}

    /**
     * Says hello to a server.
     *
     * @return its process id
     */
    long greetServer(String socket) throws IOException {
        write(ByteBuffer.allocate(12)
                .putLong(MAGIC)
                .putShort((short) VERSION)
                .putShort((short) VERSION)
                .flip());
        ByteBuffer hello = read(22);
        if (hello.getLong() != MAGIC) {
            throw new IOException(socket + ": what serves there is not varve");
        }
        int version = hello.getShort();
        int oldest = hello.getShort();
        int newest = hello.getShort();
        long process = hello.getLong();
        if (version != VERSION) {
            throw new IOException(
                    socket + ": process " + process + " has the store open, and takes commands of version " + oldest
                            + " to " + newest + ", not " + VERSION + "; use its version of varve, or stop it");
        }
        return process;
    }

    /** Answers a client's hello; false when there is no version in common. */
    boolean greetClient() throws IOException {
        ByteBuffer hello = read(12);
        if (hello.getLong() != MAGIC) {
            throw new IOException("a client that is not varve");
        }
        boolean common = hello.getShort() <= VERSION && hello.getShort() >= VERSION;
        write(ByteBuffer.allocate(22)
                .putLong(MAGIC)
                .putShort((short) (common ? VERSION : 0))
                .putShort((short) VERSION)
                .putShort((short) VERSION)
                .putLong(ProcessHandle.current().pid())
                .flip());
        return common;
    }

    /** Reads what stands before the next body. */
    Header readHeader() throws IOException {
        ByteBuffer header = read(HEADER_BYTES);
        return new Header(header.getInt(), header.get(), header.getInt());
    }

    /** Reads the body, if it is not longer than it may be. */
    byte[] readBody(Header header, int mostBytes) throws IOException {
        if (header.length() < 0 || header.length() > mostBytes) {
            throw new IOException("a message of " + header.length() + " bytes; " + mostBytes + " are allowed");
        }
        return read(header.length()).array();
    }

    private ByteBuffer read(int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes) < 0) {
                throw new EOFException("the other side has gone");
            }
        }
        return bytes.flip();
    }

    void send(int kind, int call, byte[] body) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES)
                .putInt(body.length)
                .put((byte) kind)
                .putInt(call)
                .flip();
        write(header, ByteBuffer.wrap(body));
    }

    private void write(ByteBuffer... all) throws IOException {
        synchronized (writing) {
            boolean done = false;
            try {
                while (all[all.length - 1].hasRemaining() || all[0].hasRemaining()) {
                    channel.write(all);
                }
                done = true;
            } finally {
                if (!done) {
                    channel.close(); // what comes next would be taken for the rest of this
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
