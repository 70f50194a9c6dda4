package dev.varve.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Two works done in turn, slice by slice, first the one first and then the other, so that what else the machine does falls
 * on both. The ratio is the median of the slices' ratios.
 */
public final class Alternation {
    private static final long WARM_NANOS = 1_000_000_000;

    private final double[] ours;
    private final double[] least;

    /** Something that is repeated. */
    @FunctionalInterface
    public interface Work {
        /**
         * Does a part of it.
         *
         * @param thread which thread this is, from 0 on
         * @param operations how many times
         * @throws Exception when it fails
         */
        void run(int thread, int operations) throws Exception;
    }

    private Alternation(double[] ours, double[] least) {
        this.ours = ours;
        this.least = least;
    }

    /**
     * Measures.
     *
     * @param threads how many do a work at once
     * @param slices how many of each count; before, a quarter of them and at least a second warm up
     * @param operations of a slice and thread
     * @param ours one of them
     * @param least the other
     * @return what they took
     * @throws Exception when one fails
     */
    public static Alternation measure(int threads, int slices, int operations, Work ours, Work least) throws Exception {
        double[] oursNanos = new double[slices];
        double[] leastNanos = new double[slices];
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            long warm = System.nanoTime() + WARM_NANOS;
            for (int i = 0; i < slices / 4 || System.nanoTime() < warm; i++) {
                slice(pool, threads, operations, ours);
                slice(pool, threads, operations, least);
            }
            for (int i = 0; i < slices; i++) {
                boolean first = (i & 1) == 0;
                double one = slice(pool, threads, operations, first ? ours : least);
                double other = slice(pool, threads, operations, first ? least : ours);
                oursNanos[i] = first ? one : other;
                leastNanos[i] = first ? other : one;
            }
        } finally {
            pool.shutdown();
        }
        return new Alternation(oursNanos, leastNanos);
    }

    /** Nanoseconds between two ends of operations. */
    private static double slice(ExecutorService pool, int threads, int operations, Work work) throws Exception {
        long start = System.nanoTime();
        if (threads == 1) {
            work.run(0, operations);
        } else {
            List<Callable<Void>> parts = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int thread = i;
                parts.add(() -> {
                    work.run(thread, operations);
                    return null;
                });
            }
            for (Future<Void> part : pool.invokeAll(parts)) {
                part.get();
            }
        }
        return (System.nanoTime() - start) / ((double) operations * threads);
    }

    /**
     * The ratio.
     *
     * @return median of the slices'
     */
    public double ratio() {
        double[] ratios = new double[ours.length];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = ours[i] / least[i];
        }
        return Percentiles.median(ratios);
    }

    /**
     * The ratio of all slices together: what comes seldom and takes long is in it.
     *
     * @return ours to the other
     */
    public double ratioOfSums() {
        return oursMean() / leastMean();
    }

    /**
     * An operation of ours.
     *
     * @return nanoseconds, mean of the slices
     */
    public double oursMean() {
        return Arrays.stream(ours).average().orElseThrow();
    }

    /**
     * An operation of the other.
     *
     * @return nanoseconds, mean of the slices
     */
    public double leastMean() {
        return Arrays.stream(least).average().orElseThrow();
    }

    /**
     * An operation of ours.
     *
     * @return nanoseconds, median of the slices
     */
    public double ours() {
        return Percentiles.median(ours);
    }

    /**
     * An operation of the other.
     *
     * @return nanoseconds, median of the slices
     */
    public double least() {
        return Percentiles.median(least);
    }
}
