package dev.varve.volume;

import java.util.Arrays;

/**
 * Ranges of numbers that neither overlap nor touch. Immutable: adding one copies, which is cheap as long as ranges are few
 * or grow together.
 */
final class ZeroRanges {
    static final ZeroRanges NONE = new ZeroRanges(new long[0], new long[0]);

    private final long[] starts;
    private final long[] ends;

    private ZeroRanges(long[] starts, long[] ends) {
        this.starts = starts;
        this.ends = ends;
    }

    int count() {
        return starts.length;
    }

    long start(int i) {
        return starts[i];
    }

    long end(int i) {
        return ends[i];
    }

    boolean contains(long number) {
        int at = lastFrom(number);
        return at >= 0 && number < ends[at];
    }

    /** The first number from one on that is, or is not, in a range; at most {@code to}. */
    long next(long from, long to, boolean inside) {
        int at = lastFrom(from);
        if (at >= 0 && from < ends[at]) {
            return inside ? from : Math.min(ends[at], to);
        }
        if (!inside) {
            return from;
        }
        return at + 1 < starts.length ? Math.min(starts[at + 1], to) : to;
    }

    /** These and one more, {@code [start, end)}. */
    ZeroRanges with(long start, long end) {
        if (start >= end) {
            return this;
        }
        int from = lastFrom(start);
        boolean joins = from >= 0 && ends[from] >= start;
        from = joins ? from : from + 1;
        int to = from;
        while (to < starts.length && starts[to] <= end) {
            to++;
        }
        long[] newStarts = new long[starts.length - (to - from) + 1];
        long[] newEnds = new long[newStarts.length];
        System.arraycopy(starts, 0, newStarts, 0, from);
        System.arraycopy(ends, 0, newEnds, 0, from);
        newStarts[from] = to > from ? Math.min(start, starts[from]) : start;
        newEnds[from] = to > from ? Math.max(end, ends[to - 1]) : end;
        System.arraycopy(starts, to, newStarts, from + 1, starts.length - to);
        System.arraycopy(ends, to, newEnds, from + 1, ends.length - to);
        return new ZeroRanges(newStarts, newEnds);
    }

    /** These and those. */
    ZeroRanges with(ZeroRanges others) {
        ZeroRanges all = this;
        for (int i = 0; i < others.count(); i++) {
            all = all.with(others.starts[i], others.ends[i]);
        }
        return all;
    }

    /** Index of the last range that starts at or before a number; -1 when there is none. */
    private int lastFrom(long number) {
        int found = Arrays.binarySearch(starts, number);
        return found >= 0 ? found : -found - 2;
    }
}
