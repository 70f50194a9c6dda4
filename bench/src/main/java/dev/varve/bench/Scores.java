package dev.varve.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** Scores by {@code Class.method}, one a round; a run with more than one thread has {@code @threads} behind it. */
final class Scores {
    private static final int QUARTILE = 25;
    private static final String ALLOCATED = "gc.alloc.rate.norm";

    private final Map<String, List<Double>> times = new HashMap<>();
    private final Map<String, Double> allocated = new HashMap<>();
    private final Map<String, String> units = new HashMap<>();

    /** Adds a round: of each benchmark the lower quartile of its samples, or of its iterations where each is a single shot. */
    void add(Collection<RunResult> round) {
        for (RunResult result : round) {
            String key = name(result);
            double time = result.getPrimaryResult().getStatistics().getPercentile(QUARTILE);
            times.computeIfAbsent(key, unused -> new ArrayList<>()).add(time);
            units.put(key, result.getPrimaryResult().getScoreUnit().replace("/op", ""));
        }
    }

    /** Adds what the benchmarks allocated for an operation. */
    void addAllocation(Collection<RunResult> run) {
        for (RunResult result : run) {
            Result<?> bytes = result.getSecondaryResults().get(ALLOCATED);
            if (bytes != null) {
                allocated.put(name(result), bytes.getScore());
            }
        }
    }

    private static String name(RunResult result) {
        String full = result.getParams().getBenchmark();
        String name = full.substring(full.lastIndexOf('.', full.lastIndexOf('.') - 1) + 1)
                .replace("Benchmark.", ".");
        int threads = result.getParams().getThreads();
        return threads == 1 ? name : name + "@" + threads;
    }

    boolean has(String name) {
        return times.containsKey(name);
    }

    int rounds(String name) {
        return times.getOrDefault(name, List.of()).size();
    }

    /** Time of one operation in one round. */
    double time(String name, int round) {
        return times.getOrDefault(name, List.of()).get(round);
    }

    /** Median of the rounds. */
    double time(String name) {
        return median(times.getOrDefault(name, List.of()));
    }

    String unit(String name) {
        return units.getOrDefault(name, "");
    }

    /** Bytes allocated by an operation, or NaN where that was not measured. */
    double allocated(String name) {
        return allocated.getOrDefault(name, Double.NaN);
    }

    static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int half = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2;
    }
}
