package dev.varve.file;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The syncs of one file, one at a time, on a channel that does nothing else.
 *
 * <p>The channel is opened before the first write and never again: the kernel tells each open file once of a write-back
 * that failed, and tells nothing of it to one opened later. A sync that is asked for while one runs waits for the next,
 * which serves all that wait by then.
 */
final class FileSync {
    private final FileIo io;
    private final Path path;
    private final FileChannel channel;

    /** Held during a sync and while closing, so that closing waits for the sync in progress. */
    private final Object force = new Object();

    @GuardedBy("this")
    private @Nullable CompletableFuture<Void> waiting;

    @GuardedBy("this")
    private boolean scheduled;

    private volatile boolean closed;
    private volatile @Nullable IOException failure;

    FileSync(FileIo io, Path path) throws IOException {
        this.io = io;
        this.path = path;
        this.channel = io.calls().open(path, Access.WRITE.options());
    }

    /** Asks for a sync of all that was written before this call. */
    synchronized CompletableFuture<Void> request() {
        if (closed) {
            throw PositionalFile.closed(path);
        }
        if (waiting == null) {
            waiting = new CompletableFuture<>();
        }
        CompletableFuture<Void> request = waiting;
        if (!scheduled) {
            schedule();
        }
        return request;
    }

    /** Ends the sync in progress, then closes. Requests that still wait fail. */
    void close() throws IOException {
        closed = true;
        synchronized (force) {
            channel.close();
        }
    }

    @GuardedBy("this")
    private void schedule() {
        io.onSyncThread(this::run);
        scheduled = true;
    }

    private void run() {
        CompletableFuture<Void> served = take();
        try {
            force();
            served.complete(null);
        } catch (Throwable e) {
            served.completeExceptionally(e);
        } finally {
            next();
        }
    }

    private void force() throws IOException {
        synchronized (force) {
            if (closed) {
                throw PositionalFile.closed(path);
            }
            IOException earlier = failure;
            if (earlier != null) {
                throw new IOException("an earlier sync failed: " + earlier.getMessage(), earlier);
            }
            try {
                channel.force(false);
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }
    }

    private synchronized CompletableFuture<Void> take() {
        CompletableFuture<Void> served = waiting;
        if (served == null) {
            throw new IllegalStateException("a sync nobody waits for");
        }
        waiting = null;
        return served;
    }

    private synchronized void next() {
        scheduled = false;
        if (waiting == null) {
            return;
        }
        try {
            schedule();
        } catch (IllegalStateException e) {
            waiting.completeExceptionally(e);
            waiting = null;
        }
    }
}
