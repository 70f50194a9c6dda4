package dev.varve.nbd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tlschannel.ServerTlsChannel;

/**
 * A socket that is used as it is until {@link #startTls}, and with TLS from then on. Its buffers have at most 3 x 17 KiB.
 *
 * <p>Who reads has one lock, and who writes another. Whoever closes takes both if they are free, to tell the client that
 * this is the end, and waits for neither: closing the socket wakes who is stuck.
 */
final class TlsLink implements Link {
    private static final Logger LOG = LoggerFactory.getLogger(TlsLink.class);

    /** What a client that is sent away may still send before it looks why. */
    private static final int MAX_DROPPED_BYTES = 64 << 10;

    /**
     * After so much from a client it is asked for new keys. JSSE itself asks after 128 GiB, with each record until they come,
     * which GnuTLS takes for an attack.
     */
    private static final long RENEWAL_BYTES = 1L << 34;

    private final SocketChannel channel;
    private final NbdTls tls;
    private final long renewalBytes;
    private final ReentrantLock reading = new ReentrantLock();
    private final ReentrantLock writing = new ReentrantLock();

    /** What all goes through once the client has shown who it is. */
    private volatile @Nullable ServerTlsChannel secured;

    /** What was read with the client's keys of now. */
    @GuardedBy("reading")
    private long readBytes;

    TlsLink(SocketChannel channel, NbdTls tls) {
        this(channel, tls, RENEWAL_BYTES);
    }

    TlsLink(SocketChannel channel, NbdTls tls, long renewalBytes) {
        this.channel = channel;
        this.tls = tls;
        this.renewalBytes = renewalBytes;
    }

    boolean isSecured() {
        return secured != null;
    }

    /**
     * Carries out the TLS handshake; nothing that the client has sent before it may be left.
     *
     * @throws IOException when it has failed, which the client has been told: nothing more can be sent
     */
    void startTls() throws IOException {
        SSLEngine engine = tls.engine();
        ServerTlsChannel made = ServerTlsChannel.newBuilder(channel, tls.context())
                .withEngineFactory(context -> engine)
                .withReleaseBuffers(false)
                .build();
        reading.lock();
        writing.lock();
        try {
            made.handshake();
            secured = made;
        } catch (SSLException e) {
            tellWhy(engine);
            throw e;
        } finally {
            writing.unlock();
            reading.unlock();
        }
    }

    /** Sends the alert that the engine has, and waits until the client has it: what is closed with bytes unread is reset. */
    private void tellWhy(SSLEngine engine) {
        try {
            ByteBuffer alert = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
            engine.wrap(Leader.NOTHING, alert);
            alert.flip();
            while (alert.hasRemaining()) {
                channel.write(alert);
            }
            channel.shutdownOutput();
            drop();
        } catch (IOException e) {
            LOG.debug("a client was not told why its handshake has failed", e);
        }
    }

    /** Reads what comes, until nothing does. */
    private void drop() throws IOException {
        ByteBuffer dropped = ByteBuffer.allocate(4096);
        for (int bytes = 0, read = 0; bytes <= MAX_DROPPED_BYTES && read >= 0; bytes += read) {
            read = channel.read(dropped.clear());
            if (read == 0) {
                return;
            }
        }
    }

    private ByteChannel through() {
        ServerTlsChannel by = secured;
        return by == null ? channel : by;
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        reading.lock();
        try {
            int read = through().read(dst);
            readBytes += Math.max(read, 0);
            if (readBytes >= renewalBytes) {
                renewKeys();
            }
            return read;
        } finally {
            reading.unlock();
        }
    }

    @GuardedBy("reading")
    private void renewKeys() throws IOException {
        readBytes = 0;
        ServerTlsChannel by = secured;
        if (by != null && by.getSslEngine().getSession().getProtocol().equals("TLSv1.3")) {
            by.getSslEngine().beginHandshake(); // which is a KeyUpdate; it goes with what is read or written next
        }
    }

    @Override
    public void write(ByteBuffer src) throws IOException {
        writing.lock();
        try {
            ByteChannel through = through();
            while (src.hasRemaining()) {
                if (through.write(src) == 0) {
                    throw new ClosedChannelException(); // TLS 1.2 ends both ways when the client ends one
                }
            }
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void endInput() throws IOException {
        channel.shutdownInput();
    }

    @Override
    public void close() throws IOException {
        try {
            ServerTlsChannel by = secured;
            if (by != null && reading.tryLock()) {
                try {
                    if (writing.tryLock()) {
                        try {
                            sayGoodbye(by);
                        } finally {
                            writing.unlock();
                        }
                    }
                } finally {
                    reading.unlock();
                }
            }
        } finally {
            channel.close();
        }
    }

    /** Ends TLS as far as that goes without waiting; nobody reads or writes. */
    private void sayGoodbye(ServerTlsChannel by) {
        try {
            channel.configureBlocking(false);
            by.shutdown();
            channel.shutdownOutput();
            drop();
        } catch (IOException e) {
            LOG.debug("a client was not told that this is the end", e);
        }
    }
}
