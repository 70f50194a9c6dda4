package dev.varve.store;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Daemon threads, which are started when they are needed first. Who asks for tasks bounds their number. */
final class BackgroundThreads implements Background {
    private static final Logger LOG = LoggerFactory.getLogger(BackgroundThreads.class);

    private final String name;
    private final ScheduledExecutorService threads;

    BackgroundThreads(String name, int count) {
        this.name = name;
        threads = Executors.newScheduledThreadPool(count, task -> {
            Thread made = new Thread(task, name);
            made.setDaemon(true);
            return made;
        });
    }

    @Override
    public void execute(Runnable task) {
        threads.execute(() -> run(task));
    }

    @Override
    public void repeat(Runnable task, long delayMillis) {
        ScheduledFuture<?> unused =
                threads.scheduleWithFixedDelay(() -> run(task), delayMillis, delayMillis, TimeUnit.MILLISECONDS);
    }

    /** What a task throws would be kept where nobody looks. */
    private void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            LOG.error("{} goes on after what it should have caught itself", name, e);
        }
    }

    @Override
    public void close() {
        threads.shutdown();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ended = threads.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
