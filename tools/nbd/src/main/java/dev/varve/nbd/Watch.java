package dev.varve.nbd;

import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after connections from tick to tick: sends those away who do not end their handshake, and has those relieved who are
 * held up in a request. A tick is a millisecond while anybody is at a request, and longer when nobody has been for a while.
 */
final class Watch implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
    private static final long TICK_NANOS = 1_000_000;
    private static final int QUIET_TICKS = 100;
    private static final long QUIET_NANOS = 20_000_000;

    private final Set<Connection> connections;
    private volatile boolean ended;

    Watch(Set<Connection> connections) {
        this.connections = connections;
    }

    @Override
    public void run() {
        int quiet = 0;
        for (long tick = 1; !ended; tick++) {
            boolean isQuiet = true;
            long now = System.nanoTime();
            for (Connection connection : connections) {
                try {
                    isQuiet &= !connection.look(tick, now);
                } catch (RuntimeException | Error e) { // of one; the others still need it
                    LOG.warn("a connection was not looked after", e);
                }
            }
            quiet = isQuiet ? quiet + 1 : 0;
            LockSupport.parkNanos(quiet > QUIET_TICKS ? QUIET_NANOS : TICK_NANOS);
        }
    }

    void end() {
        ended = true;
    }
}
