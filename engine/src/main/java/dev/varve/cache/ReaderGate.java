package dev.varve.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts who is inside, so that closing can wait until nobody is: one atomic add on the way in, one on the way out, each
 * on a stripe of the thread's own as far as there are stripes. An atomic add waits for the memory that was copied before
 * it, so a hit does without: it only looks whether the gate is open.
 *
 * <p>A thread adds itself, then looks whether the gate is closed; closing closes it, then looks who is inside. Both adds
 * and the flag are volatile, so at least one of the two sees the other (Dekker).
 */
final class ReaderGate {
    private static final VarHandle INSIDE = MethodHandles.arrayElementVarHandle(long[].class);
    private static final long DRAIN_PAUSE_NANOS = 50_000;

    private final String what;
    private final long[] inside = Stripes.make();
    private volatile boolean closed;

    ReaderGate(String what) {
        this.what = what;
    }

    /**
     * Goes in.
     *
     * @return the pass to {@link #exit} with
     * @throws IllegalStateException when the gate is closed
     */
    int enter() {
        int pass = Stripes.own(inside);
        INSIDE.getAndAdd(inside, pass, 1L);
        if (closed) {
            INSIDE.getAndAdd(inside, pass, -1L);
            requireOpen();
        }
        return pass;
    }

    /**
     * Goes in once more, for who is inside, and has another thread go out. Closing has not come past: it goes by stripes, and the
     * caller's first pass, on the same one, holds it up.
     */
    int enterAgain() {
        int pass = Stripes.own(inside);
        INSIDE.getAndAdd(inside, pass, 1L);
        return pass;
    }

    /** Goes out. */
    void exit(int pass) {
        INSIDE.getAndAdd(inside, pass, -1L);
    }

    /** Refuses when the gate is closed, and keeps nobody from closing it. */
    void requireOpen() {
        if (closed) {
            throw new IllegalStateException(what + " is closed");
        }
    }

    /** Lets nobody in any more and waits until nobody is inside; an interrupt does not end the wait, and is kept. */
    void close() {
        closed = true;
        boolean interrupted = false;
        for (int i = 0; i < inside.length; i++) {
            while ((long) INSIDE.getVolatile(inside, i) != 0) {
                LockSupport.parkNanos(this, DRAIN_PAUSE_NANOS);
                interrupted |= Thread.interrupted();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
