package dev.varve.nbd;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** Speaks the protocol word by word, also where the words are wrong. */
final class TestClient implements Closeable {
    /** One reply to an option. */
    record OptionReply(int option, int kind, ByteBuffer data) {
        String text() {
            return StandardCharsets.UTF_8.decode(data.duplicate()).toString();
        }
    }

    /** One chunk of a reply; of a simple reply the error and the data. */
    record Reply(boolean isStructured, int flags, int type, long cookie, int error, ByteBuffer data) {
        boolean isLast() {
            return !isStructured || (flags & Protocol.REPLY_FLAG_DONE) != 0;
        }
    }

    private final SocketChannel channel;
    DataInputStream in;
    DataOutputStream out;
    long sizeBytes;
    int transmissionFlags;
    private long cookies = 7;

    TestClient(SocketAddress address) throws IOException {
        channel = SocketChannel.open(address);
        in = new DataInputStream(Channels.newInputStream(channel));
        out = new DataOutputStream(Channels.newOutputStream(channel));
    }

    /** Reads the server's hello; its flags. */
    int readHello() throws IOException {
        if (in.readLong() != Protocol.NBDMAGIC || in.readLong() != Protocol.IHAVEOPT) {
            throw new IOException("no hello");
        }
        return in.readUnsignedShort();
    }

    TestClient hello() throws IOException {
        readHello();
        out.writeInt(Protocol.FLAG_FIXED_NEWSTYLE | Protocol.FLAG_NO_ZEROES);
        return this;
    }

    /** Goes on with TLS. */
    TestClient startTls(SSLContext tls, String... protocols) throws IOException {
        if (kindOf(Protocol.OPT_STARTTLS) != Protocol.REP_ACK) {
            throw new IOException("no TLS");
        }
        return handshake(tls, protocols);
    }

    /** The TLS handshake alone. */
    TestClient handshake(SSLContext tls, String... protocols) throws IOException {
        Socket plain = channel.socket();
        SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
        if (protocols.length > 0) {
            socket.setEnabledProtocols(protocols);
        }
        socket.startHandshake();
        in = new DataInputStream(socket.getInputStream());
        out = new DataOutputStream(socket.getOutputStream());
        return this;
    }

    void sendOption(int option, byte... data) throws IOException {
        out.write(ByteBuffer.allocate(16 + data.length)
                .putLong(Protocol.IHAVEOPT)
                .putInt(option)
                .putInt(data.length)
                .put(data)
                .array());
    }

    OptionReply readOptionReply() throws IOException {
        if (in.readLong() != Protocol.REPLY_MAGIC) {
            throw new IOException("no reply to an option");
        }
        int option = in.readInt();
        int kind = in.readInt();
        byte[] data = new byte[in.readInt()];
        in.readFully(data);
        return new OptionReply(option, kind, ByteBuffer.wrap(data).asReadOnlyBuffer());
    }

    /** Sends an option and reads all replies, the last of which is an acknowledgement or an error. */
    List<OptionReply> option(int option, byte... data) throws IOException {
        sendOption(option, data);
        List<OptionReply> replies = new ArrayList<>();
        do {
            replies.add(readOptionReply());
        } while (replies.get(replies.size() - 1).kind() > Protocol.REP_ACK);
        return replies;
    }

    /** The kind of the last reply to an option. */
    int kindOf(int option, byte... data) throws IOException {
        List<OptionReply> replies = option(option, data);
        return replies.get(replies.size() - 1).kind();
    }

    static byte[] goData(String name, int... infos) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        ByteBuffer data = ByteBuffer.allocate(4 + bytes.length + 2 + 2 * infos.length)
                .putInt(bytes.length)
                .put(bytes)
                .putShort((short) infos.length);
        for (int info : infos) {
            data.putShort((short) info);
        }
        return data.array();
    }

    static byte[] contextData(String name, String... queries) {
        ByteBuffer data = ByteBuffer.allocate(1 << 16);
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        data.putInt(bytes.length).put(bytes).putInt(queries.length);
        for (String query : queries) {
            byte[] text = query.getBytes(StandardCharsets.UTF_8);
            data.putInt(text.length).put(text);
        }
        byte[] used = new byte[data.position()];
        data.flip().get(used);
        return used;
    }

    /** Ends the handshake. */
    TestClient go(String name) throws IOException {
        for (OptionReply reply : option(Protocol.OPT_GO, goData(name))) {
            if (reply.kind() == Protocol.REP_INFO && reply.data().getShort(0) == Protocol.INFO_EXPORT) {
                sizeBytes = reply.data().getLong(2);
                transmissionFlags = Short.toUnsignedInt(reply.data().getShort(10));
            } else if (reply.kind() < 0) {
                throw new IOException("refused: " + reply.text());
            }
        }
        return this;
    }

    /** With structured replies. */
    TestClient structured(String name, String... contexts) throws IOException {
        hello().option(Protocol.OPT_STRUCTURED_REPLY);
        if (contexts.length > 0) {
            option(Protocol.OPT_SET_META_CONTEXT, contextData(name, contexts));
        }
        return go(name);
    }

    /** With simple replies. */
    TestClient simple(String name) throws IOException {
        return hello().go(name);
    }

    long send(int flags, int type, long offset, long length, byte... payload) throws IOException {
        long cookie = cookies++;
        out.write(ByteBuffer.allocate(Protocol.REQUEST_BYTES + payload.length)
                .putInt(Protocol.REQUEST_MAGIC)
                .putShort((short) flags)
                .putShort((short) type)
                .putLong(cookie)
                .putLong(offset)
                .putInt((int) length)
                .put(payload)
                .array());
        return cookie;
    }

    /** Reads one simple reply or chunk; {@code dataBytes} is what comes with a simple one that tells no error. */
    Reply readReply(int dataBytes) throws IOException {
        int magic = in.readInt();
        if (magic == Protocol.SIMPLE_REPLY_MAGIC) {
            int error = in.readInt();
            long cookie = in.readLong();
            byte[] data = new byte[error == 0 ? dataBytes : 0];
            in.readFully(data);
            return new Reply(false, 0, 0, cookie, error, ByteBuffer.wrap(data));
        }
        if (magic != Protocol.STRUCTURED_REPLY_MAGIC) {
            throw new IOException("no reply: " + Integer.toHexString(magic));
        }
        int flags = in.readUnsignedShort();
        int type = in.readUnsignedShort();
        long cookie = in.readLong();
        ByteBuffer data = ByteBuffer.wrap(in.readNBytes(in.readInt()));
        return new Reply(true, flags, type, cookie, (type & 0x8000) != 0 ? data.getInt(0) : 0, data);
    }

    /** All chunks of the next reply. */
    List<Reply> readChunks() throws IOException {
        List<Reply> chunks = new ArrayList<>();
        do {
            chunks.add(readReply(0));
        } while (!chunks.get(chunks.size() - 1).isLast());
        return chunks;
    }

    /** Sends a request that has no data in its reply; the error that it is told. */
    int command(int flags, int type, long offset, long length, byte... payload) throws IOException {
        long cookie = send(flags, type, offset, length, payload);
        Reply reply = readReply(0);
        if (reply.cookie() != cookie) {
            throw new IOException("cookie " + reply.cookie() + " for " + cookie);
        }
        return reply.error();
    }

    int write(long offset, byte... payload) throws IOException {
        return command(0, Protocol.CMD_WRITE, offset, payload.length, payload);
    }

    /** Bytes of a range, by either kind of reply. */
    byte[] read(long offset, int length) throws IOException {
        send(0, Protocol.CMD_READ, offset, length);
        byte[] found = new byte[length];
        Reply reply;
        do {
            reply = readReply(length);
            if (reply.error() != 0) {
                throw new IOException("error " + reply.error());
            }
            if (!reply.isStructured()) {
                reply.data().get(found);
            } else if (reply.type() == Protocol.REPLY_OFFSET_DATA) {
                int at = (int) (reply.data().getLong() - offset);
                reply.data().get(found, at, reply.data().remaining());
            }
        } while (!reply.isLast());
        return found;
    }

    /** Whether the server has ended the connection; waits for what it sends. */
    boolean isEnded() {
        try {
            return in.read() < 0;
        } catch (IOException e) {
            return true;
        }
    }

    /** Sends no more. */
    void end() throws IOException {
        out.close();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
