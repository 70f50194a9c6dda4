package dev.varve.nbd;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client, from its first byte to its last. */
final class Connection implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private final NbdServer server;
    private final Link link;
    private final long deadlineNanos;
    private volatile @Nullable Transmission transmission;

    Connection(NbdServer server, Link link, long deadlineNanos) {
        this.server = server;
        this.link = link;
        this.deadlineNanos = deadlineNanos;
    }

    @Override
    public void run() {
        Session session = null;
        Incoming in = new Incoming(link, Buffers.ofHandshake());
        try {
            session = new Negotiation(link, in, server.exports(), server::isClosing).run();
        } catch (IOException | RuntimeException e) {
            LOG.debug("a handshake has failed", e);
        } finally {
            if (session == null) {
                close();
                server.ended(this);
            }
        }
        if (session != null) {
            transmit(session, in);
        }
    }

    private void transmit(Session session, Incoming in) {
        Transmission begun =
                new Transmission(session, link, server.buffers(), server.helpers(), () -> server.ended(this));
        transmission = begun;
        if (server.isClosing()) {
            endInput();
        }
        begun.lead(in);
    }

    /** Looks after it; true while it is at work. */
    boolean look(long tick, long nowNanos) {
        Transmission begun = transmission;
        if (begun != null) {
            return begun.relieve(tick);
        }
        if (nowNanos - deadlineNanos > 0) {
            close();
        }
        return false;
    }

    /** Takes nothing more from the client; what it has asked for is done. */
    void endInput() {
        try {
            link.endInput();
        } catch (IOException | UnsupportedOperationException e) {
            LOG.debug("a connection ends at once", e);
            close();
        }
    }

    void close() {
        try {
            link.close();
        } catch (IOException e) {
            LOG.debug("a connection was not closed", e);
        }
    }
}
