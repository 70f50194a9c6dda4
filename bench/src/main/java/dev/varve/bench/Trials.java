package dev.varve.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.Fork;

/** The trials, and how one is run in a JVM of its own with the flags that all benchmarks have. */
final class Trials {
    private Trials() {}

    static List<Trial> all() {
        return ServiceLoader.load(Trial.class).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparing(Trial::name))
                .toList();
    }

    /** Those that patterns ask for, as JMH reads them: all when there is none. */
    static List<Trial> matching(List<String> patterns) {
        return all().stream()
                .filter(trial -> patterns.isEmpty()
                        || patterns.stream()
                                .anyMatch(each -> Pattern.compile(each)
                                        .matcher(trial.getClass().getName())
                                        .find()))
                .toList();
    }

    /** Runs one and answers its figures. */
    static List<Ratio.Line> run(Trial trial, boolean quick) throws IOException, InterruptedException {
        Path figures = Files.createTempFile("varve-bench", ".figures");
        try {
            List<String> command = new ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(flags());
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), TrialRun.class.getName()));
            command.addAll(List.of(trial.name(), figures.toString(), Boolean.toString(quick)));
            System.out.println("# " + trial.name());
            int code = new ProcessBuilder(command).inheritIO().start().waitFor();
            if (code != 0) {
                throw new IOException(trial.name() + " ended with " + code);
            }
            return TrialRun.read(figures);
        } finally {
            Files.delete(figures);
        }
    }

    private static List<String> flags() {
        Fork fork = Objects.requireNonNull(VarveBenchmark.class.getAnnotation(Fork.class));
        List<String> flags = new ArrayList<>(List.of(fork.jvmArgsAppend()));
        for (String name : List.of("varve.bench.folder", "varve.bench.image", "java.library.path")) {
            String value = System.getProperty(name);
            if (value != null) {
                flags.add("-D" + name + "=" + value);
            }
        }
        return flags;
    }
}
