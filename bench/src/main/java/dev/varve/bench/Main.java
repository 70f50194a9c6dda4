package dev.varve.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs the benchmarks, and prints one table of ratios with the bars of DESIGN.md beside them.
 *
 * <pre>bench/run [--quick] [--rounds N] [--out FOLDER] [PATTERN ...]</pre>
 *
 * <p>A round runs each benchmark in a JVM of its own, those of one question one after the other; there are 3 rounds if not
 * said otherwise, so that no ratio hangs on one moment of the machine. A {@link Trial} is run once, since it takes baseline
 * and ours in turn. {@code --quick} makes it one short round, for a look. The folder gets JMH's raw figures, {@code jmh-1.json} and so on, and {@code summary.json}. Exit code 3
 * says that something is over its bar.
 */
public final class Main {
    private static final int OVER = 3;

    /** What is also run for what it allocates. */
    private static final List<String> ALLOCATING_NOTHING = List.of("HydratedReadBenchmark\\.device");

    private final boolean quick;
    private final int rounds;
    private final Path folder;
    private final List<String> patterns;

    private Main(List<String> words) throws IOException {
        quick = words.remove("--quick");
        rounds = Integer.parseInt(option(words, "--rounds", quick ? "1" : "3"));
        folder = Files.createDirectories(Path.of(option(words, "--out", "bench/target/results")));
        patterns = words;
    }

    /**
     * Runs it.
     *
     * @param arguments see above
     * @throws Exception when a benchmark fails
     */
    public static void main(String[] arguments) throws Exception {
        Report report = new Main(new ArrayList<>(Arrays.asList(arguments))).run();
        if (report.isOver()) {
            System.exit(OVER);
        }
    }

    private static String option(List<String> words, String name, String otherwise) {
        int at = words.indexOf(name);
        if (at < 0) {
            return otherwise;
        }
        words.remove(at);
        return words.remove(at);
    }

    private Report run() throws RunnerException, IOException, InterruptedException {
        Scores scores = new Scores();
        if (measures("")) {
            runRounds(scores);
        }
        List<Ratio.Line> trials = new ArrayList<>();
        for (Trial trial : Trials.matching(patterns)) {
            trials.addAll(Trials.run(trial, quick));
        }
        Report report = new Report(scores, trials);
        System.out.println();
        System.out.println(report);
        report.write(folder.resolve("summary.json"));
        return report;
    }

    private void runRounds(Scores scores) throws RunnerException {
        boolean scales = measures("HydratedReadBenchmark");
        for (int i = 1; i <= rounds; i++) {
            OptionsBuilder all = options("jmh-" + i);
            included().forEach(all::include);
            scores.add(new Runner(all.build()).run());
            if (scales) {
                OptionsBuilder two = options("jmh-" + i + "-2-threads");
                two.include("HydratedReadBenchmark\\.(device|mapped)").threads(2);
                scores.add(new Runner(two.build()).run());
            }
        }
        for (String each : ALLOCATING_NOTHING) {
            if (measures(each.substring(0, each.indexOf('\\')))) {
                // Taking samples allocates; averages don't.
                OptionsBuilder average = options("jmh-allocation");
                average.include(each).mode(Mode.AverageTime).addProfiler(GCProfiler.class);
                scores.addAllocation(new Runner(average.build()).run());
            }
        }
    }

    private List<String> included() {
        return patterns.isEmpty() ? List.of("dev\\.varve\\.bench\\.") : patterns;
    }

    /** Whether any of JMH's benchmarks with a text in its name is asked for. */
    private boolean measures(String name) {
        return BenchmarkList.defaultList()
                .find(OutputFormatFactory.createFormatInstance(System.err, VerboseMode.SILENT), included(), List.of())
                .stream()
                .anyMatch(each -> each.getUsername().contains(name));
    }

    private OptionsBuilder options(String name) {
        OptionsBuilder options = new OptionsBuilder();
        options.shouldFailOnError(true)
                .forks(1)
                .resultFormat(ResultFormatType.JSON)
                .result(folder.resolve(name + ".json").toString());
        if (quick) {
            options.warmupTime(TimeValue.milliseconds(400)).measurementTime(TimeValue.milliseconds(200));
        }
        return options;
    }
}
