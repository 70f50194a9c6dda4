package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Histories of all that is done with a store, a number each, against a plain model: see {@link Simulation}. With {@code
 * -Dvarve.seed} one of them, again and again the same; with {@code -Dvarve.long=true} 5,000.
 */
@Timeout(value = 7200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SimulationTest {
    private static final long BLOCK = 25;
    private static final int AT_A_TIME = 4;
    private static final int SEEDS = Boolean.getBoolean("varve.long") ? 5_000 : 200;

    @TempDir
    Path tmp;

    private final PrintStream err = System.err;

    /** What runs in the background complains at length when its process has stopped. */
    @BeforeEach
    void hush() {
        System.setErr(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
    }

    @AfterEach
    void speak() {
        System.setErr(err);
    }

    static Stream<Arguments> seeds() {
        long given = Long.getLong("varve.seed", -1);
        return given >= 0
                ? Stream.of(Arguments.of(given, 1L))
                : LongStream.range(0, SEEDS / BLOCK).mapToObj(i -> Arguments.of(1 + i * BLOCK, BLOCK));
    }

    /** Several at a time: they wait for the disk more than they work. */
    @ParameterizedTest
    @MethodSource("seeds")
    void historiesAgreeWithTheModel(long first, long count) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME);
        try {
            List<Future<List<String>>> runs = LongStream.range(first, first + count)
                    .mapToObj(seed -> threads.submit(() -> run(seed)))
                    .toList();
            for (Future<List<String>> each : runs) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
            assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    /** Down to the number of changes to files before each step. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void sameSeedIsTheSameHistory(long seed) throws IOException {
        List<String> once = run(seed);
        assertThat(run(seed)).isEqualTo(once);
    }

    private List<String> run(long seed) throws IOException {
        Path folder = tmp.resolve("seed" + seed);
        Simulation simulation = new Simulation(seed, folder);
        try {
            simulation.run();
        } finally {
            delete(folder);
        }
        return simulation.trace();
    }

    private static void delete(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException e) throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
