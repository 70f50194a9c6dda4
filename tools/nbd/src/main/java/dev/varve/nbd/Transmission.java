package dev.varve.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests and replies of one connection.
 *
 * <p>One thread, the {@link Leader}, reads requests and carries them out one after the other, which is what quick ones cost
 * least. What is known to take a while is given to a helper if more requests have come. And when the leader is held up in a
 * request for a tick or two ({@link Watch}), another thread takes its place: it sends what replies the first has ready, takes
 * over what it has not looked at, and goes on; the first answers its request when it can, and ends. So requests overlap,
 * and nothing is handed to another thread while all is quick.
 *
 * <p>The connection ends when nobody is at work for it any more.
 */
final class Transmission {
    private static final Logger LOG = LoggerFactory.getLogger(Transmission.class);

    /** Of one connection at once, beside the leader. */
    private static final int MAX_HELPERS = 8;

    private final Session session;
    private final Link link;
    private final Sender sender;
    private final Commands commands;
    private final Buffers buffers;
    private final Helpers helpers;
    private final Runnable whenEnded;

    /** The leader while it carries out a request; nobody else has it. */
    private final AtomicReference<Leader> busy = new AtomicReference<>();

    /** Threads at work. */
    private final AtomicInteger workers = new AtomicInteger(1);

    private volatile boolean ended;

    /** Whether the client has ended, or is to: what only helps it later need not be done. */
    private volatile boolean leaving;

    Transmission(Session session, Link link, Buffers buffers, Helpers helpers, Runnable whenEnded) {
        this.session = session;
        this.link = link;
        this.buffers = buffers;
        this.helpers = helpers;
        this.whenEnded = whenEnded;
        sender = new Sender(link);
        commands = new Commands(session, () -> ended || leaving);
    }

    Commands commands() {
        return commands;
    }

    /** Serves with the caller's thread until the client ends, or another thread has taken over. */
    void lead(Incoming handshake) {
        Leader leader;
        try {
            if (!handshake.await(Protocol.REQUEST_BYTES)) { // buffers are for those who ask for something
                leave();
                return;
            }
            leader = leader(handshake.available());
        } catch (IOException | OutOfMemoryError e) {
            fail(e);
            leave();
            return;
        }
        leader.begin(handshake);
        leader.run();
    }

    private Leader leader(int restBytes) {
        ByteBuffer buffer = buffers.take();
        if (buffer.capacity() < restBytes) {
            buffer = ByteBuffer.allocate(restBytes);
        }
        return new Leader(this, new Incoming(link, buffer), outgoing());
    }

    private Outgoing outgoing() {
        return new Outgoing(sender, buffers.take(), session.isStructured());
    }

    /** A request begins that may take a while. */
    void begins(Leader leader) {
        busy.set(leader);
    }

    /** The request has ended; false if another leader has taken over. */
    boolean ends(Leader leader) {
        return busy.compareAndSet(leader, null);
    }

    /**
     * Has somebody take over if the leader has been at the same request for two ticks.
     *
     * @return whether there is a leader at a request
     */
    boolean relieve(long tick) {
        Leader leader = busy.get();
        if (leader == null) {
            return false;
        }
        if (leader.isHeldUp(tick) && workers.get() <= MAX_HELPERS && !sender.isSending()) {
            helpers.run(() -> takeOver(leader));
        }
        return true;
    }

    private void takeOver(Leader held) {
        if (!enter()) {
            helpers.release(); // nobody is there any more
            return;
        }
        if (ended || !busy.compareAndSet(held, null)) {
            leave(); // it goes on itself
            return;
        }
        Leader next = null;
        try {
            next = leader(held.in().available());
            next.takeOver(held);
        } catch (RuntimeException | OutOfMemoryError e) {
            fail(e);
        } finally {
            held.handOver();
        }
        if (next == null) {
            leave();
        } else {
            next.run();
        }
    }

    /** Begins to work for a connection, unless nobody does any more. */
    private boolean enter() {
        return workers.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
    }

    /** Carries out a request beside the leader, if there is anybody to do it. */
    boolean delegate(Request request) {
        if (workers.get() > MAX_HELPERS || sender.isSending()) {
            return false;
        }
        workers.incrementAndGet();
        boolean begun = helpers.run(() -> help(request));
        if (!begun) {
            workers.decrementAndGet(); // the leader is still there
        }
        return begun;
    }

    private void help(Request request) {
        Outgoing out = null;
        try {
            out = outgoing();
            commands.execute(request, Leader.NOTHING, out);
            out.send();
        } catch (Throwable e) {
            fail(e);
        } finally {
            if (out != null) {
                buffers.give(out.buffer());
            }
            leave();
        }
    }

    /** Ends the connection at once. */
    void fail(Throwable e) {
        if (!ended) {
            LOG.debug("{}: a connection ends", session.disk().export().name(), e);
        }
        ended = true;
        try {
            link.close();
        } catch (IOException closing) {
            LOG.debug("a connection was not closed", closing);
        }
    }

    /** A leader ends; nobody leads any more unless it was replaced. */
    void leave(Leader leader, boolean replaced) {
        leaving |= !replaced;
        buffers.give(leader.in().buffer());
        buffers.give(leader.out().buffer());
        leave();
    }

    private void leave() {
        if (workers.decrementAndGet() > 0) {
            helpers.release();
        } else {
            ended = true;
            try {
                link.close();
            } catch (IOException e) {
                LOG.debug("a connection was not closed", e);
            } finally {
                session.disk().leave();
                whenEnded.run();
            }
        }
    }
}
