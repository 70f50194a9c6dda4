package dev.varve.cache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One chunk on its way in, and what those who wait for it share: its bytes, its word, or why it failed. Written by the
 * loading thread, and read by the others once {@link #done}.
 */
final class Load {
    /** The slot in which an earlier process left the chunk, not checked yet, or {@link KeyTable#NONE}. */
    final int survivor;

    /** Completed, always normally, when there are bytes, or it is known why there are none. */
    final CompletableFuture<Void> done = new CompletableFuture<>();

    /** Holds the chunk until the last user has left. */
    @Nullable
    ByteBuffer buffer;

    /** Where the chunk is in the cache; {@link SlotGenerations#MISS} when it found no room, or has not yet. */
    volatile long word = SlotGenerations.MISS;

    @Nullable
    Throwable failure;

    private int users;

    Load(int survivor) {
        this.survivor = survivor;
    }

    /** Counts one more user, under the cache's lock; whether it is the first, who has to load. */
    boolean join() {
        return users++ == 0;
    }

    /** Counts one user less, under the cache's lock; whether it was the last, who takes the buffer back. */
    boolean leave() {
        return --users == 0;
    }

    /** Whether its bytes have come, and are still there for those who join now. */
    boolean hasBytes() {
        return done.isDone() && failure == null;
    }

    /** Gives one user what it came for, once done. */
    long result(int offsetBytes, @Nullable ByteBuffer dst, int lengthBytes) throws IOException {
        rethrow(failure);
        if (dst != null && buffer != null) {
            dst.put(dst.position(), buffer, offsetBytes, lengthBytes);
            dst.position(dst.position() + lengthBytes);
        }
        return word;
    }

    private static void rethrow(@Nullable Throwable failure) throws IOException {
        if (failure instanceof IOException e) {
            throw e;
        }
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
    }
}
