package dev.varve.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The one door for all changes to files: opens, renames and deletes them, and syncs them on threads of its own.
 *
 * <ul>
 *   <li><b>Syncs</b> run on at most {@value #SYNC_THREADS} daemon threads that nobody interrupts and that end when idle.
 *       The queue before them is bounded by what is open: one entry a file, and one a thread that waits for a directory.
 *   <li><b>Threads.</b> All methods may be called from many threads; interrupting one harms nobody, and its flag is kept.
 *   <li><b>Closing</b> lets the syncs in progress end. Files opened here are closed by whoever opened them, before. After
 *       {@link #close} opening and syncing are an {@link IllegalStateException}.
 * </ul>
 */
public final class FileIo implements AutoCloseable {
    private static final int SYNC_THREADS = 4;
    private static final int IDLE_SECONDS = 5;

    private final FileCalls calls;
    private final ThreadPoolExecutor syncThreads;

    /** A door to the operating system's own calls. */
    public FileIo() {
        this(FileCalls.system());
    }

    /**
     * A door to the given calls.
     *
     * @param calls the system's, or a test's that make some fail
     */
    public FileIo(FileCalls calls) {
        this.calls = calls;
        AtomicInteger count = new AtomicInteger();
        syncThreads = new ThreadPoolExecutor(
                SYNC_THREADS, SYNC_THREADS, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "varve-sync-" + count.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        syncThreads.allowCoreThreadTimeOut(true);
    }

    /**
     * Opens a file. That a file was created survives power loss once its directory was synced.
     *
     * @param path a regular file
     * @param access whether it is written, and created
     * @return the file, the caller's to close
     * @throws IOException when it can't be opened
     */
    public PositionalFile open(Path path, Access access) throws IOException {
        return open(path, access, 1);
    }

    /**
     * Opens a file that may have several syncs at a time, for each of which it is opened once more.
     *
     * @param path a regular file
     * @param access whether it is written, and created
     * @param syncLanes how many syncs may run at a time
     * @return the file, the caller's to close
     * @throws IOException when it can't be opened
     */
    public PositionalFile open(Path path, Access access, int syncLanes) throws IOException {
        requireOpen();
        return new PositionalFile(this, path, access, syncLanes);
    }

    /**
     * Gives a file or a directory another name in one step; a file takes the place of one that has that name. Survives power loss once the
     * directory was synced. The file must not be open here: after a reader was interrupted it is opened again by its name.
     *
     * @param from its name
     * @param to its new name, in the same file system
     * @throws IOException when it keeps its old name
     */
    public void rename(Path from, Path to) throws IOException {
        calls.rename(from, to);
    }

    /**
     * Deletes a file or an empty directory. Survives power loss once the directory it was in was synced.
     *
     * @param path its name
     * @throws IOException when it is still there, or was not there
     */
    public void delete(Path path) throws IOException {
        calls.delete(path);
    }

    /**
     * Creates a directory whose parent exists. Survives power loss once the parent was synced.
     *
     * @param directory its name
     * @throws IOException when it was not created
     */
    public void createDirectory(Path directory) throws IOException {
        calls.createDirectory(directory);
    }

    /**
     * Makes what was created, renamed and deleted in a directory durable; waits for it.
     *
     * @param directory its name
     * @throws IOException when it is not known to be durable
     */
    public void syncDirectory(Path directory) throws IOException {
        CompletableFuture<Void> done = new CompletableFuture<>();
        onSyncThread(() -> {
            try {
                calls.syncDirectory(directory);
                done.complete(null);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        await(done, directory);
    }

    @Override
    public void close() {
        syncThreads.shutdown();
    }

    FileCalls calls() {
        return calls;
    }

    void onSyncThread(Runnable task) {
        try {
            syncThreads.execute(task);
        } catch (RejectedExecutionException e) {
            throw new IllegalStateException("closed", e);
        }
    }

    /** Waits without being interrupted; {@code join} keeps the flag. */
    static void await(CompletableFuture<Void> done, Path path) throws IOException {
        try {
            done.join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof IllegalStateException) {
                throw new IllegalStateException(cause.getMessage(), cause);
            }
            throw new IOException("sync of " + path + " failed: " + cause.getMessage(), cause);
        }
    }

    private void requireOpen() {
        if (syncThreads.isShutdown()) {
            throw new IllegalStateException("closed");
        }
    }
}
