package dev.varve.cache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.Semaphore;

/** A bounded number of buffers of one chunk each, allocated when first needed. As many loads can run at once. */
final class LoadBuffers {
    private final Semaphore free;
    private final int chunkSize;
    private final boolean direct;

    @GuardedBy("this")
    private final ArrayDeque<ByteBuffer> idle = new ArrayDeque<>();

    LoadBuffers(int count, int chunkSize, boolean direct) {
        this.free = new Semaphore(count);
        this.chunkSize = chunkSize;
        this.direct = direct;
    }

    /** Waits for a buffer; an interrupt does not end the wait, and is kept. */
    ByteBuffer take() {
        free.acquireUninterruptibly();
        synchronized (this) {
            ByteBuffer buffer = idle.poll();
            if (buffer != null) {
                return buffer.clear();
            }
        }
        try {
            return direct ? ByteBuffer.allocateDirect(chunkSize) : ByteBuffer.allocate(chunkSize);
        } catch (Throwable e) {
            free.release();
            throw e;
        }
    }

    void give(ByteBuffer buffer) {
        synchronized (this) {
            idle.push(buffer);
        }
        free.release();
    }
}
