package dev.varve.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class NbdRehearsalTest {
    @TempDir
    Path folder;

    @Test
    void readsAndLeavesNothingBehind() throws IOException {
        BitDisk disk = new BitDisk(false);
        assertThat(NbdRehearsal.run(disk, BitDisk.BAD_BYTES, folder.resolve("s"), 500, () -> false))
                .isEqualTo(500);
        assertThat(disk.isClosed()).isTrue();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void endsWhenItIsTold() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        assertThat(NbdRehearsal.run(
                        new BitDisk(false),
                        BitDisk.BAD_BYTES,
                        folder.resolve("s"),
                        Integer.MAX_VALUE,
                        () -> asked.incrementAndGet() > 20))
                .isEqualTo(20);
    }

    @Test
    void spanIsOfTheDiskAndHasRoomForARead() {
        for (long span : new long[] {-1, 0, (128 << 10) - 1, BitDisk.SIZE_BYTES + 1}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> NbdRehearsal.run(new BitDisk(false), span, folder.resolve("s"), 1, () -> false));
        }
    }
}
