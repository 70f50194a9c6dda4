package dev.varve.nbd;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads that do for all connections what one thread of each should not wait for. There is a limited number more than
 * connections: a turn is taken for each, and given back when a connection has one thread less.
 */
final class Helpers implements AutoCloseable {
    private static final int IDLE_SECONDS = 10;

    private final Semaphore turns;
    private final ExecutorService threads;

    Helpers(int limit) {
        this(limit, threads());
    }

    /** With given threads, which it ends. */
    Helpers(int limit, ExecutorService threads) {
        turns = new Semaphore(limit);
        this.threads = threads;
    }

    private static ExecutorService threads() {
        AtomicInteger made = new AtomicInteger();
        return new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), work -> {
                    String name = "varve-nbd-helper-" + made.incrementAndGet();
                    Thread thread = new Thread(null, work, name, NbdServer.STACK_BYTES);
                    thread.setDaemon(true);
                    return thread;
                });
    }

    /** Has something done at once, by who takes a turn; false, and nothing is done, when all turns are taken. */
    boolean run(Runnable work) {
        if (!turns.tryAcquire()) {
            return false;
        }
        boolean begun = false;
        try {
            threads.execute(work);
            begun = true;
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            begun = false; // it ends, or no thread can be made
        } finally {
            if (!begun) {
                turns.release();
            }
        }
        return begun;
    }

    /** Gives a turn back. */
    void release() {
        turns.release();
    }

    /** Turns that nobody has. */
    int free() {
        return turns.availablePermits();
    }

    /** Takes nothing more; what was begun goes on. */
    @Override
    public void close() {
        threads.shutdown();
    }
}
