package dev.varve.nbd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Buffers of all connections. There is a limited number of large ones, which are used again; who comes when all are taken
 * gets a small one, with which everything goes as well, in more steps.
 */
final class Buffers {
    /** Of a large one: 256 KiB of a request or reply, and the headers around it. */
    static final int LARGE_BYTES = (256 << 10) + 4096;

    /** Of a small one: what the protocol says may have to go in one piece, and the headers around it. */
    static final int SMALL_BYTES = (64 << 10) + 4096;

    /** Of one that only a handshake needs. */
    private static final int HANDSHAKE_BYTES = 4096;

    @GuardedBy("this")
    private int limit;

    @GuardedBy("this")
    private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();

    @GuardedBy("this")
    private int made;

    /** At most so many large ones. */
    Buffers(int limit) {
        this.limit = limit;
    }

    synchronized ByteBuffer take() {
        ByteBuffer buffer = free.poll();
        if (buffer != null) {
            return buffer.clear();
        }
        if (made < limit) {
            try {
                ByteBuffer large = ByteBuffer.allocateDirect(LARGE_BYTES);
                made++;
                return large;
            } catch (OutOfMemoryError e) {
                limit = made; // there is not room for so many
            }
        }
        return ByteBuffer.allocate(SMALL_BYTES);
    }

    static ByteBuffer ofHandshake() {
        return ByteBuffer.allocate(HANDSHAKE_BYTES);
    }

    /** Large ones that somebody has. */
    synchronized int taken() {
        return made - free.size();
    }

    /** Takes back what nobody uses any more. */
    synchronized void give(ByteBuffer buffer) {
        if (buffer.capacity() == LARGE_BYTES) {
            free.push(buffer);
        }
    }
}
