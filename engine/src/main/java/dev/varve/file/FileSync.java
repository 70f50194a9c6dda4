package dev.varve.file;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The syncs of one file, on channels that do nothing else and have one sync at a time.
 *
 * <p>A channel is opened before the first write and never again: the kernel tells each open file once of a write-back
 * that failed, and tells nothing of it to one opened later. A sync that is asked for while all channels have
 * one waits for the next, which serves all that wait by then.
 *
 * <p>Of several at a time, one that begins while another runs waits for all that
 * the other has sent to the disk, and is told by itself of pages that could not be written. That the disk could not be flushed
 * is told to one only: so a sync ends well only after those that began before it have.
 */
final class FileSync {
    private final FileIo io;
    private final Path path;

    /** Channels, each of which has one sync at a time. */
    private final List<Lane> lanes = new ArrayList<>();

    @GuardedBy("this")
    private final ArrayDeque<Lane> idle = new ArrayDeque<>();

    /** Of the syncs that run, oldest first. */
    @GuardedBy("this")
    private final Map<Lane, CompletableFuture<Void>> running = new LinkedHashMap<>();

    @GuardedBy("this")
    private @Nullable CompletableFuture<Void> waiting;

    /** Whether a thread was asked for that has not taken a lane yet. */
    @GuardedBy("this")
    private boolean scheduled;

    private volatile boolean closed;
    private volatile @Nullable IOException failure;

    /**
     * An open file.
     *
     * @param channel its monitor is held during a sync and while closing, so that closing waits for the sync in progress
     */
    private record Lane(FileChannel channel) {}

    FileSync(FileIo io, Path path, int laneCount) throws IOException {
        this.io = io;
        this.path = path;
        boolean done = false;
        try {
            for (int i = 0; i < laneCount; i++) {
                lanes.add(new Lane(io.calls().open(path, Access.WRITE.options())));
            }
            idle.addAll(lanes);
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
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
        if (!scheduled && !idle.isEmpty()) {
            schedule();
        }
        return request;
    }

    /** Ends the syncs in progress, then closes. Requests that still wait fail. */
    void close() throws IOException {
        closed = true;
        IOException first = null;
        for (Lane lane : lanes) {
            try {
                synchronized (lane) {
                    lane.channel.close();
                }
            } catch (IOException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    @GuardedBy("this")
    private void schedule() {
        io.onSyncThread(this::run);
        scheduled = true;
    }

    private void run() {
        Lane lane;
        CompletableFuture<Void> served;
        List<CompletableFuture<Void>> older;
        synchronized (this) {
            scheduled = false;
            lane = idle.removeFirst();
            served = Objects.requireNonNull(waiting);
            waiting = null;
            older = List.copyOf(running.values());
            running.put(lane, served);
        }
        try {
            force(lane);
            for (CompletableFuture<Void> each : older) {
                FileIo.await(each, path);
            }
            served.complete(null);
        } catch (Throwable e) {
            served.completeExceptionally(e);
        } finally {
            next(lane);
        }
    }

    private void force(Lane lane) throws IOException {
        synchronized (lane) {
            if (closed) {
                throw PositionalFile.closed(path);
            }
            IOException earlier = failure;
            if (earlier != null) {
                throw new IOException("an earlier sync failed: " + earlier.getMessage(), earlier);
            }
            try {
                lane.channel.force(false);
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }
    }

    private synchronized void next(Lane lane) {
        running.remove(lane);
        idle.addFirst(lane);
        if (waiting == null || scheduled) {
            return;
        }
        try {
            schedule();
        } catch (Throwable e) {
            waiting.completeExceptionally(e);
            waiting = null;
        }
    }
}
