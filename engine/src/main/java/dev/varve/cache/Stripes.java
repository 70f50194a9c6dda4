package dev.varve.cache;

/**
 * Counters that threads share as little as possible: an array in which each thread has a place, 128 bytes (two cache
 * lines, which processors fetch in pairs) from the next thread's. Threads have the same place when there are many.
 */
final class Stripes {
    private static final int SHIFT = 4;
    private static final int MAX = 256;
    private static final int PER_PROCESSOR = 4;
    private static final int MASK = Math.min(
                    MAX,
                    Integer.highestOneBit(PER_PROCESSOR * Runtime.getRuntime().availableProcessors()))
            - 1;

    private Stripes() {}

    /** Counters of zero. The first and the last place are nobody's. */
    static long[] make() {
        return new long[(MASK + 3) << SHIFT];
    }

    /** The calling thread's place. */
    static int own(long[] stripes) {
        return (((int) Thread.currentThread().getId() & MASK) + 1) << SHIFT;
    }
}
