package dev.varve.snapshot;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Runs one task on several threads, the caller's among them: an executor that is busy, or has one thread, or refuses,
 * makes it slower and never stuck.
 */
final class Workers {
    private final Executor executor;
    private final int count;
    private final CopyControl control;

    @GuardedBy("this")
    private int active;

    @GuardedBy("this")
    private boolean closed;

    /** What each of the threads does until nothing is left to do. */
    interface Task {
        void run() throws IOException;
    }

    Workers(Executor executor, int count, CopyControl control) {
        this.executor = executor;
        this.count = count;
        this.control = control;
    }

    CopyControl control() {
        return control;
    }

    /** Runs the task to its end on all threads; the first failure stops the others and is thrown. */
    void run(Task task) throws IOException {
        for (int i = 1; i < count; i++) {
            try {
                executor.execute(() -> join(task));
            } catch (RejectedExecutionException e) {
                break;
            }
        }
        work(task);
        awaitOthers();
        Throwable failure = control.stopped();
        if (failure != null) {
            throw rethrow(failure);
        }
    }

    private void join(Task task) {
        synchronized (this) {
            if (closed) {
                return;
            }
            active++;
        }
        try {
            work(task);
        } finally {
            synchronized (this) {
                active--;
                notifyAll();
            }
        }
    }

    private void work(Task task) {
        try {
            task.run();
        } catch (Throwable e) {
            control.stop(e);
        }
    }

    private synchronized void awaitOthers() {
        closed = true;
        boolean interrupted = false;
        while (active > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static RuntimeException rethrow(@Nullable Throwable failure) throws IOException {
        if (failure instanceof IOException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
        if (failure instanceof RuntimeException e) {
            return e;
        }
        return new IllegalStateException(failure);
    }
}
