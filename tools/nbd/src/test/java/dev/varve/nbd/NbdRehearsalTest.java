package dev.varve.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class NbdRehearsalTest {
    private static final long MINUTE = 60_000;

    @TempDir
    Path folder;

    @Test
    void readsAndLeavesNothingBehind() throws IOException {
        BitDisk disk = new BitDisk(false);
        NbdRehearsal.run(disk, BitDisk.BAD_BYTES, folder.resolve("s"), 500, MINUTE);
        assertThat(disk.isClosed()).isTrue();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void endsAfterItsTime() throws IOException {
        NbdRehearsal.run(new BitDisk(false), BitDisk.BAD_BYTES, folder.resolve("s"), Integer.MAX_VALUE, 20);
    }

    @Test
    void spanIsOfTheDiskAndHasRoomForARead() {
        for (long span : new long[] {-1, 0, (128 << 10) - 1, BitDisk.SIZE_BYTES + 1}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> NbdRehearsal.run(new BitDisk(false), span, folder.resolve("s"), 1, MINUTE));
        }
    }
}
