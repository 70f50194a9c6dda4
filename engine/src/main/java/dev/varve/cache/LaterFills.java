package dev.varve.cache;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes chunks into their slots on a thread of its own, so that who has loaded them need not wait: new page cache costs more
 * than to read and decompress what goes there. To wake a thread would cost a reader a system call, so this one looks every
 * millisecond while there is something to do, and is only woken when there was nothing for a while.
 */
final class LaterFills implements AutoCloseable, Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(LaterFills.class);
    private static final long NAP_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int NAPS = 100;

    private final ArrayBlockingQueue<Runnable> waiting;

    private volatile @Nullable Thread thread;
    private volatile boolean sleeps;
    private volatile boolean closed;

    LaterFills(int maxWaiting) {
        waiting = new ArrayBlockingQueue<>(maxWaiting);
    }

    /** Has a slot filled; false when too many wait, or there is no thread to be had. */
    boolean begin(Runnable fill) {
        Thread filler = thread;
        try {
            if (filler == null) {
                filler = start();
            }
        } catch (OutOfMemoryError e) { // of threads, rather
            return false;
        }
        if (!waiting.offer(fill)) {
            return false;
        }
        if (sleeps) { // it sees that something waits, or this sees that it sleeps
            LockSupport.unpark(filler);
        }
        return true;
    }

    private synchronized Thread start() {
        Thread made = thread;
        if (made == null) {
            made = new Thread(this, "varve-cache-fill");
            made.setDaemon(true);
            made.start();
            thread = made;
        }
        return made;
    }

    @Override
    public void run() {
        int naps = 0;
        while (!closed) {
            Runnable next = waiting.poll();
            if (next != null) {
                sleeps = false;
                naps = 0;
                run(next);
            } else if (sleeps) {
                LockSupport.park(this);
            } else if (++naps > NAPS) {
                sleeps = true;
            } else {
                LockSupport.parkNanos(this, NAP_NANOS);
            }
        }
    }

    private static void run(Runnable fill) {
        try {
            fill.run();
        } catch (Throwable e) { // of one; others wait for this thread
            LOG.warn("a chunk may not be in the cache", e);
        }
    }

    /** Ends when nothing waits any more. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
