package dev.varve;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The engine's own threads for long operations: as many as there are processors, gone when idle, never interrupted. */
final class WorkerThreads implements AutoCloseable {
    private static final int QUEUED_TASKS = 1024;
    private static final int IDLE_SECONDS = 5;

    private final ThreadPoolExecutor executor;

    WorkerThreads() {
        AtomicInteger count = new AtomicInteger();
        int threads = Runtime.getRuntime().availableProcessors();
        executor = new ThreadPoolExecutor(
                threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(QUEUED_TASKS), task -> {
                    Thread thread = new Thread(task, "varve-worker-" + count.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
    }

    Executor executor() {
        return executor;
    }

    /** Takes no more tasks; those that have started end by what they use being closed. */
    @Override
    public void close() {
        executor.shutdown();
    }
}
