package dev.varve.nbd.powercut;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Cuts the power of whole stores on ext4 and xfs: in 112 states, each workload on one of the two; with
 * {@code -Dvarve.long=true} in 2,016, each on both. {@code -Dvarve.seed} repeats what is done and where it is cut, but not
 * when the system writes what: a state that is broken is kept, and {@code -Dvarve.powercut} looks at it again.
 */
@Tag("harness")
class PowerCutTest {
    private static final boolean LONG = Boolean.getBoolean("varve.long");
    private static final long SEED = Long.getLong("varve.seed", System.nanoTime());
    private static final int STATES = LONG ? 72 : 8;
    private static final int MOST = 100;
    private static final Path KEPT = Path.of("target", "power-cuts");

    private WorkFolder work;

    @BeforeEach
    void begin() throws IOException {
        WorkFolder.requireMeans();
        work = new WorkFolder();
    }

    @AfterEach
    void end() throws IOException {
        if (work != null) {
            work.close();
        }
    }

    static Stream<Arguments> runs() {
        List<Arguments> all = new ArrayList<>();
        boolean isFirst = SEED % 2 == 0;
        for (Workload workload : Workload.values()) {
            for (FileSystem kind : FileSystem.values()) {
                if (LONG || isFirst == (kind == FileSystem.EXT4)) {
                    all.add(Arguments.of(kind, workload));
                }
            }
            isFirst = !isFirst;
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("runs")
    @Timeout(1800)
    void whatWasPromisedHoldsAfterACutOfPower(FileSystem kind, Workload workload) throws IOException {
        PowerCuts cuts = new PowerCuts(work.path(), KEPT);
        try {
            cuts.run(kind, workload, STATES, SEED);
        } catch (BrokenPromise e) {
            throw new AssertionError("varve.seed=" + SEED + ": " + e.getMessage(), e);
        }
        if (LONG) {
            System.out.println(kind + ", " + workload + ": " + cuts);
        }
    }

    /** The control: states of a disk whose flushes do nothing. One that is broken is kept, and is broken again. */
    @ParameterizedTest
    @MethodSource("oneEach")
    @Timeout(600)
    void diskWhoseFlushesDoNothingIsNoticed(FileSystem kind, Workload workload) throws IOException {
        Recording recording = Recording.ofNew(kind, workload, SEED, work.path()).withoutFlushes();
        Path kept = work.path().resolve("kept");
        PowerCuts cuts = new PowerCuts(work.path(), kept);
        Random random = new Random(SEED);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < MOST; i++) {
                        cuts.look(recording, recording.cut(random));
                    }
                })
                .isInstanceOf(BrokenPromise.class);
        try (Stream<Path> broken = Files.list(kept)) {
            Path one = broken.findFirst().orElseThrow();
            assertThatThrownBy(() -> cuts.lookAgain(one)).isInstanceOf(BrokenPromise.class);
        }
    }

    static Stream<Arguments> oneEach() {
        return Stream.of(
                Arguments.of(FileSystem.EXT4, Workload.WRITES), Arguments.of(FileSystem.XFS, Workload.IMPORTS));
    }

    /** What a failure above has kept, if it is named. */
    @TestFactory
    Stream<DynamicTest> stateThatWasKept() {
        return Stream.ofNullable(System.getProperty("varve.powercut"))
                .map(kept ->
                        DynamicTest.dynamicTest(kept, () -> new PowerCuts(work.path(), null).lookAgain(Path.of(kept))));
    }
}
