package dev.varve.nbd.powercut;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Puts bugs that a cut of power shows into copies of the sources, one at a time, and looks whether a promise breaks within
 * 100 states: {@code power-cut-bugs.txt} says where, what, and under which file system and workload. With
 * {@code -Dvarve.long=true}; else it only looks whether each still has its place. The control without a bug is
 * {@link PowerCutTest}.
 */
class PowerCutBugsTest {
    private static final List<Path> SOURCES = List.of(
            Path.of("..", "..", "engine", "src", "main", "java", "dev", "varve"),
            Path.of("src", "main", "java", "dev", "varve"));
    private static final int STATES = 100;
    private static final int MINUTES = 10;

    /**
     * A bug.
     *
     * @param from a text that stands once in the file; white space counts as one space
     * @param to what is put in its place
     * @param run file system and workload
     */
    record Bug(String name, String file, String from, String to, List<String> run) {
        static Bug parse(String block) {
            return new Bug(
                    lines(block, "= "),
                    lines(block, "@ "),
                    lines(block, "- "),
                    lines(block, "+ "),
                    List.of(lines(block, "! ").split(" ", -1)));
        }

        private static String lines(String block, String sign) {
            return block.lines()
                    .filter(line -> line.startsWith(sign))
                    .map(line -> line.substring(sign.length()))
                    .collect(Collectors.joining("\n"));
        }

        String changedSource() throws IOException {
            Path source = SOURCES.stream()
                    .map(folder -> folder.resolve(file))
                    .filter(Files::exists)
                    .findFirst()
                    .orElseThrow();
            String text = Files.readString(source);
            Matcher matcher = Pattern.compile(Stream.of(from.strip().split("\\s+", -1))
                            .map(Pattern::quote)
                            .collect(Collectors.joining("\\s+")))
                    .matcher(text);
            assertThat(matcher.find()).as("%s: the text is in %s", name, source).isTrue();
            String changed = text.substring(0, matcher.start()) + to + text.substring(matcher.end());
            assertThat(matcher.find()).as("%s: the text is there once", name).isFalse();
            return changed;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Bug> bugs() throws IOException {
        String text = Files.readString(Path.of("src", "test", "resources", "power-cut-bugs.txt"));
        return Stream.of(text.split("\n\n", -1))
                .filter(block -> block.startsWith("= "))
                .map(Bug::parse);
    }

    /** So that the bugs keep up with the sources. */
    @Test
    void eachBugHasItsPlace() throws IOException {
        for (Bug bug : bugs().toList()) {
            assertThat(bug.changedSource()).as(bug.name).isNotEmpty();
            FileSystem.valueOf(bug.run.get(0));
            Workload.valueOf(bug.run.get(1));
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("bugs")
    void bugIsNoticed(Bug bug) throws Exception {
        WorkFolder.requireMeans();
        try (WorkFolder work = new WorkFolder()) {
            String said = run(compile(bug, work.path()), bug, work.path());
            assertThat(said).as(bug.name).startsWith("broken: ");
            System.out.println(bug + ": " + said.strip());
        }
    }

    private static Path compile(Bug bug, Path work) throws IOException {
        Path copy = work.resolve("source").resolve(bug.file);
        Files.createDirectories(copy.getParent());
        Files.writeString(copy, bug.changedSource());
        Path classes = Files.createDirectory(work.resolve("classes"));
        String path = System.getProperty("java.class.path");
        int failed = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-nowarn", "-proc:none", "-cp", path, "-d", classes.toString(), copy.toString());
        assertThat(failed).as("%s compiles", bug).isZero();
        return classes;
    }

    /** Cuts in a process of its own, which starts that with the store with the same classes. */
    private static String run(Path classes, Bug bug, Path work) throws Exception {
        Path out = work.resolve("out");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx2g",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                "-cp",
                classes + File.pathSeparator + System.getProperty("java.class.path"),
                PowerCuts.class.getName()));
        command.addAll(bug.run);
        command.addAll(List.of(
                Integer.toString(STATES),
                Long.getLong("varve.seed", 1).toString(),
                Files.createDirectory(work.resolve("work")).toString()));
        Process child = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        try {
            assertThat(child.waitFor(MINUTES, TimeUnit.MINUTES))
                    .as("%s ends", bug)
                    .isTrue();
        } finally {
            child.destroyForcibly().waitFor();
        }
        return Files.readString(out);
    }
}
