package dev.varve.nbd;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that do for all connections what one thread of each should not wait for; a limited number. */
final class Helpers implements AutoCloseable {
    private static final int IDLE_SECONDS = 10;

    private final AtomicInteger made = new AtomicInteger();
    private final ThreadPoolExecutor threads;

    Helpers(int limit) {
        threads = new ThreadPoolExecutor(
                0, limit, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), this::thread);
    }

    private Thread thread(Runnable work) {
        Thread thread = new Thread(null, work, "varve-nbd-helper-" + made.incrementAndGet(), NbdServer.STACK_BYTES);
        thread.setDaemon(true);
        return thread;
    }

    /** Has something done at once; false, and nothing is done, when all are at work. */
    boolean run(Runnable work) {
        try {
            threads.execute(work);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Takes nothing more; what was begun goes on. */
    @Override
    public void close() {
        threads.shutdown();
    }
}
