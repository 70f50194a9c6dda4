package dev.varve.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts who is inside, so that closing can wait until nobody is: one atomic add on the way in, one on the way out, each
 * on a stripe of the thread's own as far as there are stripes.
 *
 * <pre>
 *   stripe     63                     20 19         0
 *             +-------------------------+------------+
 *             |  passes that succeeded  | inside now |      128 bytes apart: two cache lines, which prefetch in pairs
 *             +-------------------------+------------+
 * </pre>
 *
 * A thread adds itself, then looks whether the gate is closed; closing closes it, then looks who is inside. Both adds and
 * the flag are volatile, so at least one of the two sees the other (Dekker).
 */
final class ReaderGate {
    private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int INSIDE_BITS = 20;
    private static final long INSIDE_MASK = (1L << INSIDE_BITS) - 1;
    private static final int STRIPE_SHIFT = 4;
    private static final int MAX_STRIPES = 256;
    private static final int STRIPES_PER_PROCESSOR = 4;
    private static final long DRAIN_PAUSE_NANOS = 50_000;

    private final String what;
    private final long[] counts;
    private final int stripeMask;
    private volatile boolean closed;

    ReaderGate(String what) {
        this.what = what;
        int wanted = STRIPES_PER_PROCESSOR * Runtime.getRuntime().availableProcessors();
        int stripes = Math.min(MAX_STRIPES, Integer.highestOneBit(wanted));
        stripeMask = stripes - 1;
        counts = new long[(stripes + 2) << STRIPE_SHIFT];
    }

    /**
     * Goes in.
     *
     * @return the pass to {@link #exit} with
     * @throws IllegalStateException when the gate is closed
     */
    int enter() {
        int pass = (((int) Thread.currentThread().getId() & stripeMask) + 1) << STRIPE_SHIFT;
        COUNT.getAndAdd(counts, pass, 1L);
        if (closed) {
            COUNT.getAndAdd(counts, pass, -1L);
            throw new IllegalStateException(what + " is closed");
        }
        return pass;
    }

    /** Goes out, and counts the pass if it succeeded. */
    void exit(int pass, boolean succeeded) {
        COUNT.getAndAdd(counts, pass, succeeded ? (1L << INSIDE_BITS) - 1 : -1L);
    }

    /** How many passes have succeeded. */
    long succeeded() {
        long sum = 0;
        for (int i = 0; i <= stripeMask; i++) {
            sum += count(i) >>> INSIDE_BITS;
        }
        return sum;
    }

    /** Lets nobody in any more and waits until nobody is inside; an interrupt does not end the wait, and is kept. */
    void close() {
        closed = true;
        boolean interrupted = false;
        for (int i = 0; i <= stripeMask; i++) {
            while ((count(i) & INSIDE_MASK) != 0) {
                LockSupport.parkNanos(this, DRAIN_PAUSE_NANOS);
                interrupted |= Thread.interrupted();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private long count(int stripe) {
        return (long) COUNT.getVolatile(counts, (stripe + 1) << STRIPE_SHIFT);
    }
}
