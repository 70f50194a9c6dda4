package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.file.FileTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
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
@ExtendWith(MutedErr.class)
@Tag("harness")
class SimulationTest {
    private static final long BLOCK = 25;
    private static final int AT_A_TIME = 4;
    private static final int SEEDS = Boolean.getBoolean("varve.long") ? 5_000 : 200;

    @TempDir
    Path tmp;

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
            FileTree.delete(folder);
        }
        return simulation.trace();
    }
}
