package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Puts bugs into copies of the sources, one at a time, and looks whether the tests notice: {@code seeded-bugs.txt} says
 * where, what, and which test has to fail with it and to pass without. With {@code -Dvarve.long=true}; else it only looks
 * whether each still has its place.
 */
class SeededBugsTest {
    private static final Path SOURCES = Path.of("src", "main", "java", "dev", "varve");
    private static final int MINUTES = 10;
    private static final long MOST_BYTES = 1L << 30;

    @TempDir
    Path tmp;

    /**
     * A bug.
     *
     * @param file below {@code dev/varve}
     * @param from a text that stands there once; white space counts as one space
     * @param to what is put in its place
     * @param test class, method and arguments, below {@code dev.varve}
     */
    record Bug(String name, String file, String from, String to, List<String> test) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Bug> bugs() throws IOException {
        List<Bug> bugs = new ArrayList<>();
        for (String block : Files.readString(Path.of("src", "test", "resources", "seeded-bugs.txt"))
                .split("\n\n", -1)) {
            String name = "";
            String file = "";
            List<String> test = List.of();
            StringBuilder from = new StringBuilder();
            StringBuilder to = new StringBuilder();
            for (String line : block.strip().split("\n", -1)) {
                String rest = line.substring(Math.min(2, line.length()));
                switch (line.isEmpty() ? '#' : line.charAt(0)) {
                    case '=' -> name = rest;
                    case '@' -> file = rest;
                    case '-' -> from.append(rest).append('\n');
                    case '+' -> to.append(rest).append('\n');
                    case '!' -> test = List.of(rest.split(" ", -1));
                    default -> {} // a comment
                }
            }
            if (!name.isEmpty()) {
                bugs.add(new Bug(name, file, from.toString(), to.toString(), test));
            }
        }
        return bugs.stream();
    }

    /** So that the bugs keep up with the sources. */
    @Test
    void eachBugHasItsPlace() throws IOException {
        for (Bug bug : bugs().toList()) {
            change(bug);
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("bugs")
    void bugIsNoticed(Bug bug) throws Exception {
        long began = System.nanoTime();
        String said = run(compile(bug), bug.test);
        assertThat(said).as("%s: %s", bug, bug.test).contains("failed: ");
        System.out.printf(
                "%s: noticed in %d ms: %s%n",
                bug, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began), firstLine(said));
    }

    static Stream<List<String>> tests() throws IOException {
        return bugs().map(Bug::test).distinct();
    }

    /** The control: the same tests, run the same way, find nothing in the sources as they are. */
    @Tag("slow")
    @ParameterizedTest
    @MethodSource("tests")
    void nothingIsNoticedWithoutABug(List<String> test) throws Exception {
        assertThat(run(Files.createDirectory(tmp.resolve("none")), test)).contains("passed");
    }

    private static String change(Bug bug) throws IOException {
        Path source = SOURCES.resolve(bug.file);
        String text = Files.readString(source);
        Pattern pattern = pattern(bug.from);
        Matcher matcher = pattern.matcher(text);
        assertThat(matcher.find()).as("%s: the text is in %s", bug, source).isTrue();
        String changed = text.substring(0, matcher.start()) + bug.to + text.substring(matcher.end());
        assertThat(matcher.find()).as("%s: the text is there once", bug).isFalse();
        return changed;
    }

    private Path compile(Bug bug) throws IOException {
        String changed = change(bug);
        Path copy = tmp.resolve("source").resolve(bug.file);
        Files.createDirectories(copy.getParent());
        Files.writeString(copy, changed);
        Path classes = Files.createDirectory(tmp.resolve("classes"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        int failed = compiler.run(
                null,
                null,
                null,
                "-nowarn",
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                classes.toString(),
                copy.toString());
        assertThat(failed).as("%s compiles", bug).isZero();
        return classes;
    }

    private static Pattern pattern(String text) {
        StringBuilder pattern = new StringBuilder();
        for (String word : text.strip().split("\\s+", -1)) {
            pattern.append(pattern.isEmpty() ? "" : "\\s+").append(Pattern.quote(word));
        }
        return Pattern.compile(pattern.toString());
    }

    private String run(Path classes, List<String> test) throws Exception {
        Path out = tmp.resolve("out");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-Dvarve.long=true",
                "-Dvarve.seed=1",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                "-cp",
                classes + System.getProperty("path.separator") + System.getProperty("java.class.path"),
                SingleTest.class.getName(),
                "dev.varve." + test.get(0),
                test.get(1),
                Files.createDirectories(tmp.resolve("work")).toString()));
        command.addAll(test.subList(2, test.size()));
        Process child = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
        try {
            while (!child.waitFor(200, TimeUnit.MILLISECONDS)) {
                assertThat(System.nanoTime()).as("%s ended", test).isLessThan(until);
                if (bytesBelow(tmp.resolve("work")) > MOST_BYTES) {
                    return "failed: it fills the disk";
                }
            }
        } finally {
            child.destroyForcibly().waitFor();
        }
        return Files.readString(out, StandardCharsets.UTF_8);
    }

    /** What a test that went wild has written. */
    private static long bytesBelow(Path folder) throws IOException {
        long[] bytes = {0};
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                bytes[0] += attributes.size();
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                return FileVisitResult.CONTINUE; // it was deleted
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException e) {
                return FileVisitResult.CONTINUE;
            }
        });
        return bytes[0];
    }

    private static String firstLine(String said) {
        return said.lines()
                .filter(line -> line.startsWith("failed: ") || line.startsWith("["))
                .limit(2)
                .map(line -> line.substring(0, Math.min(200, line.length())))
                .reduce("", (a, b) -> a + " " + b);
    }
}
