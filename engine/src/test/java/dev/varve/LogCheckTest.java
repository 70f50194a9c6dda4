package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.block.BlockDevice;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A check that reads all data reads volumes' logs as well, beside whoever works with them. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // who waits for itself spins
class LogCheckTest extends HookedEngine {
    private static CheckResult check(Engine engine, boolean data) throws IOException {
        return engine.check(data, (done, total) -> {});
    }

    private Path log() throws IOException {
        try (Stream<Path> logs = Files.list(tmp.resolve("volumes"))) {
            return logs.sorted().findFirst().orElseThrow();
        }
    }

    /** A volume with three pages from the seventh on, each full of its number. */
    private static Volume written(Engine engine) throws IOException {
        Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
        try (BlockDevice disk = volumes(engine).attach(volume.id())) {
            byte[] pages = new byte[3 * PAGE];
            for (int i = 0; i < 3; i++) {
                Arrays.fill(pages, i * PAGE, (i + 1) * PAGE, (byte) (7 + i));
            }
            disk.write(ByteBuffer.wrap(pages), 7 * PAGE);
        }
        return volume;
    }

    /** Before anybody attaches the volume, and while somebody has. */
    @Test
    void damageIsTracedToItsVolume() throws IOException {
        Volume volume;
        try (Engine engine = engine()) {
            volume = written(engine);
            assertThat(check(engine, true).problems()).isEmpty();
        }
        byte[] bytes = Files.readAllBytes(log());
        int at = 0;
        while (bytes[at] != 8 || bytes[at + PAGE - 1] != 8) {
            at++;
        }
        bytes[at + 100] ^= 1;
        Files.write(log(), bytes);
        CheckProblem damage = new CheckProblem(
                "the log of volume " + volume.id() + " is damaged", volume.id(), List.of(), 8 * PAGE, PAGE);
        try (Engine engine = engine()) {
            assertThat(check(engine, false).problems()).isEmpty();
            CheckResult result = check(engine, true);
            assertThat(result.problems()).containsExactly(damage);
            assertThat(result.problemCount()).isEqualTo(1);
            try (BlockDevice disk = volumes(engine).attach(volume.id())) {
                assertThatThrownBy(() -> disk.read(ByteBuffer.allocate(1), 8 * PAGE + 9))
                        .isInstanceOf(IOException.class);
                assertThat(check(engine, true).problems()).containsExactly(damage);
            }
        }
    }

    /** Who doubts what the records say looks first: what none of them names stays until a volume is opened. */
    @Test
    void nothingIsDeleted() throws IOException {
        try (Engine engine = engine()) {
            written(engine);
        }
        Path unnamed = Files.write(tmp.resolve("volumes").resolve("0000ffff.log"), new byte[5]);
        try (Engine engine = engine()) {
            assertThat(check(engine, true).problems()).isEmpty();
            assertThat(unnamed).exists();
        }
    }

    /** The recycle bin is emptied while a log of it is read. */
    @Test
    void logThatGoesForGoodMeanwhileIsNoDamage() throws IOException {
        try (Engine engine = engine()) {
            Volume volume = written(engine);
            volumes(engine).delete(volume.id());
            Path log = log();
            AtomicBoolean isEmptied = new AtomicBoolean();
            CheckResult result = engine.check(true, (done, total) -> {
                if (Files.exists(log) && !isEmptied.getAndSet(true)) {
                    empty(engine);
                    assertThat(log).doesNotExist();
                }
            });
            assertThat(isEmptied).isTrue();
            assertThat(result.problems()).isEmpty();
        }
    }

    private static void empty(Engine engine) {
        try {
            engine.collectGarbage(Duration.ZERO, false);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Nobody waits for a check of what is well: not even its own listener. */
    @Test
    void volumeIsAttachedMeanwhile() throws IOException {
        try (Engine engine = engine()) {
            Volume volume = written(engine);
            AtomicBoolean isAttached = new AtomicBoolean();
            CheckResult result = engine.check(true, (done, total) -> {
                try (BlockDevice disk = volumes(engine).attach(volume.id())) {
                    disk.write(ByteBuffer.allocate(PAGE), 0);
                    isAttached.set(true);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(isAttached).isTrue();
            assertThat(result.problems()).isEmpty();
        }
    }
}
