package dev.varve.bench;

import java.util.Arrays;

/** Percentiles of samples, by nearest rank: each is one that was measured. */
public final class Percentiles {
    private static final double ALL = 100;

    private Percentiles() {}

    /**
     * A percentile.
     *
     * @param samples in any order, at least one; not changed
     * @param percent above 0, at most 100
     * @return the least sample that so many percent of them do not exceed
     */
    public static double of(double[] samples, double percent) {
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        return sorted[rank(sorted.length, percent)];
    }

    /**
     * A percentile.
     *
     * @param samples in any order, at least one; not changed
     * @param percent above 0, at most 100
     * @return the least sample that so many percent of them do not exceed
     */
    public static long of(long[] samples, double percent) {
        long[] sorted = samples.clone();
        Arrays.sort(sorted);
        return sorted[rank(sorted.length, percent)];
    }

    /**
     * The median.
     *
     * @param samples in any order, at least one; not changed
     * @return of an even number the lesser of the two in the middle
     */
    public static double median(double[] samples) {
        return of(samples, ALL / 2);
    }

    private static int rank(int count, double percent) {
        return Math.max(0, (int) Math.ceil(count * percent / ALL) - 1);
    }
}
