package dev.varve.store;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/** How the engine's own threads end. */
public final class Threads {
    private Threads() {}

    /**
     * Ends threads after what they are doing and what is queued. Waits for that; an interrupt of the caller is kept for later.
     *
     * @param threads take no more tasks
     */
    public static void end(ExecutorService threads) {
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
