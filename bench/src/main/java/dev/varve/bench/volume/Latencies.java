package dev.varve.bench.volume;

import dev.varve.bench.Percentiles;
import java.util.Arrays;

/** How long each operation of one thread took, and when it began, as far as there is room; the last ones count. */
final class Latencies {
    private final long[] starts;
    private final long[] nanos;
    private long count;

    Latencies(int room) {
        starts = new long[room];
        nanos = new long[room];
    }

    /** Notes one. */
    void add(long start, long end) {
        int at = (int) (count++ % starts.length);
        starts[at] = start;
        nanos[at] = end - start;
    }

    /** Forgets all. */
    void clear() {
        count = 0;
    }

    /** How many are noted. */
    int size() {
        return (int) Math.min(count, starts.length);
    }

    /** All of them, in no order. */
    long[] nanos() {
        return Arrays.copyOf(nanos, size());
    }

    /** The longest that was under way at any time from a moment to another; 0 when there was none. */
    long longestDuring(long from, long to) {
        long longest = 0;
        for (int i = 0; i < size(); i++) {
            if (starts[i] < to && starts[i] + nanos[i] > from) {
                longest = Math.max(longest, nanos[i]);
            }
        }
        return longest;
    }

    /** A percentile, in microseconds. */
    double micros(double percent) {
        return Percentiles.of(nanos(), percent) / 1e3;
    }
}
