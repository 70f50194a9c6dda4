package dev.varve.nbd;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves disks to NBD clients.
 *
 * <ul>
 *   <li><b>Where.</b> A Unix socket, which only its owner may use, or an address of the loopback interface, which all who are
 *       on the machine may; or any address, for those who have a certificate ({@link NbdTls}).
 *   <li><b>Threads.</b> One a connection, and some that all share; memory is bounded by {@link NbdOptions}.
 *   <li><b>Durability.</b> A flush covers what was answered on any connection before it came; a request with FUA is
 *       answered when what it wrote would survive loss of power.
 *   <li><b>Disks</b> are opened when the first client has chosen them, shared by all who do, and closed after the last.
 * </ul>
 *
 * <p>Closed by who has started it.
 */
public final class NbdServer implements AutoCloseable {
    static final long STACK_BYTES = 256 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(NbdServer.class);
    private static final int BACKLOG = 128;
    private static final int SOCKET_BUFFER_BYTES = 512 << 10;
    private static final long POLL_MILLIS = 10;
    private static final long REFUSED_PAUSE_MILLIS = 20;

    private final NbdOptions options;
    private final @Nullable NbdTls tls;
    private final ServerSocketChannel listener;
    private final SocketAddress address;
    private final AutoCloseable socketFile;
    private final OpenExports exports;
    private final Buffers buffers;
    private final Helpers helpers;
    private final Watch watch;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closing = new AtomicBoolean();

    private NbdServer(
            ExportSource source,
            NbdOptions options,
            @Nullable NbdTls tls,
            ServerSocketChannel listener,
            AutoCloseable socketFile,
            SocketAddress address) {
        this.options = options;
        this.tls = tls;
        this.listener = listener;
        this.socketFile = socketFile;
        this.address = address;
        exports = new OpenExports(source);
        buffers = new Buffers(options.largeBuffers());
        helpers = new Helpers(options.helpers());
        watch = new Watch(connections);
    }

    /**
     * Begins to serve.
     *
     * @param address a path, where a socket is made that nobody else may use; or an address of the loopback interface, with
     *     port 0 for any that is free
     * @param source the disks, by name
     * @param options what it may use
     * @return the server, to be closed
     * @throws IOException when that is in use, or can't be had
     * @throws IllegalArgumentException when others could reach it
     */
    public static NbdServer start(SocketAddress address, ExportSource source, NbdOptions options) throws IOException {
        if (address instanceof InetSocketAddress inet
                && (inet.getAddress() == null || !inet.getAddress().isLoopbackAddress())) {
            throw new IllegalArgumentException(address + " is not of the loopback interface: anybody could connect");
        }
        return open(address, source, options, null);
    }

    /**
     * Begins to serve with TLS only, to clients that show a certificate.
     *
     * @param address a path, where a socket is made that nobody else may use; or any address of this machine, with port 0 for
     *     any that is free
     * @param source the disks, by name
     * @param options what it may use
     * @param tls who the server is, and whose clients it takes
     * @return the server, to be closed
     * @throws IOException when that is in use, or can't be had
     */
    public static NbdServer start(SocketAddress address, ExportSource source, NbdOptions options, NbdTls tls)
            throws IOException {
        return open(address, source, options, Objects.requireNonNull(tls, "tls"));
    }

    private static NbdServer open(SocketAddress address, ExportSource source, NbdOptions options, @Nullable NbdTls tls)
            throws IOException {
        NbdServer server;
        if (address instanceof UnixDomainSocketAddress unix) {
            UnixSocket socket = UnixSocket.listen(unix.getPath(), BACKLOG);
            server = new NbdServer(source, options, tls, socket.channel(), socket, address);
        } else if (address instanceof InetSocketAddress inet && !inet.isUnresolved()) {
            ServerSocketChannel channel = ServerSocketChannel.open();
            boolean bound = false;
            try {
                channel.bind(address, BACKLOG);
                bound = true;
            } finally {
                if (!bound) {
                    channel.close();
                }
            }
            server = new NbdServer(source, options, tls, channel, () -> {}, channel.getLocalAddress());
        } else {
            throw new IllegalArgumentException(address + " is no address to listen at");
        }
        server.begin();
        return server;
    }

    private void begin() {
        thread("varve-nbd-accept", this::accept);
        thread("varve-nbd-watch", watch);
    }

    private static void thread(String name, Runnable work) {
        Thread thread = new Thread(null, work, name, STACK_BYTES);
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Where it listens.
     *
     * @return the address as it was given, but for a port that was left open
     */
    public SocketAddress address() {
        return address;
    }

    private void accept() {
        while (!closing.get()) {
            try {
                serve(listener.accept());
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                if (!closing.get()) {
                    LOG.warn("a client was not accepted", e); // for want of files or threads, for example
                    pause(REFUSED_PAUSE_MILLIS);
                }
            }
        }
    }

    private void serve(SocketChannel channel) throws IOException {
        boolean served = false;
        try {
            if (connections.size() < options.maxConnections() && !closing.get()) {
                channel.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER_BYTES);
                channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER_BYTES);
                if (channel.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
                    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                    channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
                }
                long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.handshakeMillis());
                Link link = tls == null ? new ChannelLink(channel) : new TlsLink(channel, tls);
                Connection connection = new Connection(this, link, deadline);
                connections.add(connection);
                try {
                    thread("varve-nbd-client", connection);
                    served = true;
                } finally {
                    if (!served) {
                        connections.remove(connection);
                    }
                }
                if (closing.get()) {
                    connection.endInput(); // who closes may not have seen it
                }
            } else {
                LOG.debug("a client was sent away: {} are there", connections.size());
            }
        } finally {
            if (!served) {
                channel.close();
            }
        }
    }

    OpenExports exports() {
        return exports;
    }

    Buffers buffers() {
        return buffers;
    }

    Helpers helpers() {
        return helpers;
    }

    boolean isClosing() {
        return closing.get();
    }

    void ended(Connection connection) {
        connections.remove(connection);
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Ends: takes no client and no request more, carries out those that have begun, within {@link NbdOptions#drainMillis},
     * and lets go of the disks. Does nothing when called again.
     */
    @Override
    public void close() throws IOException {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        listener.close();
        try {
            socketFile.close();
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        } finally {
            drain();
            watch.end();
            helpers.close();
        }
    }

    private void drain() {
        connections.forEach(Connection::endInput);
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.drainMillis());
        boolean interrupted = Thread.interrupted();
        while (!connections.isEmpty() && System.nanoTime() < end) {
            pause(POLL_MILLIS);
            interrupted |= Thread.interrupted(); // does not end it
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        connections.forEach(Connection::close);
    }
}
