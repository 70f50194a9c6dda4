package dev.varve.store;

import java.util.concurrent.RejectedExecutionException;

/**
 * Threads on which the engine does things by itself, after the calls that asked for them have returned. A test may stand in
 * for them, and decide what is done when.
 */
public interface Background extends AutoCloseable {
    /**
     * Has something done once.
     *
     * @param task begins when a thread is free, in the order in which tasks came
     * @throws RejectedExecutionException when it is closed
     */
    void execute(Runnable task);

    /**
     * Has something done again and again.
     *
     * @param task begins that long after now, and after its last end
     * @param delayMillis at least 1
     * @throws RejectedExecutionException when it is closed
     */
    void repeat(Runnable task, long delayMillis);

    /** Takes no more tasks, and waits for those that it has. An interrupt of the caller is kept for later. */
    @Override
    void close();

    /** Where threads come from. */
    interface Source {
        /** Threads of the process, none of which keeps it from ending. */
        Source THREADS = BackgroundThreads::new;

        /**
         * Threads for one kind of task.
         *
         * @param name of each
         * @param count how many tasks are done at a time
         * @return to be closed by the caller
         */
        Background make(String name, int count);
    }
}
