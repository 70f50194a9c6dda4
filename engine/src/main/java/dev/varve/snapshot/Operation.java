package dev.varve.snapshot;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Something that takes long, copies a disk, and works on several threads: prepared, then run once.
 *
 * <p>{@link #run} works in the calling thread and, where there are any to be had, on threads of the engine's executor;
 * {@link #start} leaves the calling thread alone. Buffers take at most {@value CopyPieces#PIECE_BYTES} bytes a worker, or a
 * chunk if that is more. Either all of the operation's effect is there and durable when it succeeds, or none when it fails, is cancelled, or
 * its process dies. An interrupt does not end it; {@link #cancel}, from any thread, does.
 *
 * @param <T> what it makes
 */
public final class Operation<T> {
    private final Executor executor;
    private final Body<T> body;
    private final CopyControl control = new CopyControl();
    private final AtomicBoolean used = new AtomicBoolean();
    private int workers = Runtime.getRuntime().availableProcessors();

    /** What an operation does. */
    interface Body<T> {
        T run(Workers workers) throws IOException;
    }

    Operation(Executor executor, Body<T> body) {
        this.executor = executor;
        this.body = body;
    }

    /**
     * Sets how many threads work at most; as many as there are processors unless set. To be called before it is run.
     *
     * @param count at least 1
     * @return this
     */
    public Operation<T> workers(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("no work without a worker: " + count);
        }
        workers = count;
        return this;
    }

    /**
     * Sets who is told of progress. To be called before it is run.
     *
     * @param listener is told after every piece of work, of a chunk or a few, and at the end
     * @return this
     */
    public Operation<T> onProgress(ProgressListener listener) {
        control.listener(listener);
        return this;
    }

    /**
     * Runs it to its end.
     *
     * @return what it made, durable
     * @throws IOException when something could not be read or written: nothing has changed
     * @throws CancellationException when it was cancelled: nothing has changed
     * @throws IllegalStateException when it was run before
     */
    public T run() throws IOException {
        if (!used.compareAndSet(false, true)) {
            throw new IllegalStateException("an operation runs once");
        }
        return body.run(new Workers(executor, workers, control));
    }

    /**
     * Runs it to its end on the engine's executor.
     *
     * @return completes as {@link #run} would, on a thread of the executor
     */
    public CompletionStage<T> start() {
        CompletableFuture<T> future = new CompletableFuture<>();
        executor.execute(() -> {
            try {
                future.complete(run());
            } catch (Throwable e) {
                future.completeExceptionally(e);
            }
        });
        return future.minimalCompletionStage();
    }

    /** Asks it to end soon, by failing with a {@link CancellationException}. One that is at its end may still succeed. */
    public void cancel() {
        control.cancel();
    }

    /**
     * How far it has come.
     *
     * @return bytes of the disk that are done, holes included
     */
    public long doneBytes() {
        return control.doneBytes();
    }
}
