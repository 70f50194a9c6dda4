package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Stops a volume's process at every change it makes to files, also while it recovers from the stop before; cuts the power
 * or not; and looks whether the volume is a prefix of its own history that has all that was flushed.
 */
class VolumeCrashTest {
    private static final int SIZE = 512 << 10;
    private static final int STEPS = 60;

    @TempDir
    Path tmp;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void volumeIsAPrefixOfItsHistoryThatHasAllThatWasFlushed(long seed) throws IOException {
        boolean hit = true;
        int runs = 0;
        for (int n = 0; hit; n++) {
            hit = crashAt(n, seed);
            runs++;
        }
        assertThat(runs).isGreaterThan(STEPS);
    }

    private boolean crashAt(int change, long seed) throws IOException {
        String what = "seed " + seed + ", stopped at change " + change;
        Path folder = tmp.resolve(seed + "-" + change);
        FaultyFiles files = new FaultyFiles(seed ^ change, folder.resolve("graves"));
        VolumeRig rig = VolumeRig.inFiles(() -> new FileIo(files), folder.resolve("logs"), SIZE);
        VolumeHistory history = new VolumeHistory(seed, SIZE);
        Random random = new Random(seed * 31 + change);
        files.stopAt(change);
        work(rig, history);
        boolean hit = files.hit();
        crash(files, random);
        for (int again = random.nextInt(3); again > 0; again--) {
            files.stopAt(random.nextInt(12));
            try {
                rig.open().close();
            } catch (IOException e) {
                assertThat(files.hit()).as(what + ": " + e).isTrue();
            }
            crash(files, random);
        }
        try (VolumeDevice device = rig.open()) {
            history.recovered(device, what);
            for (int i = 0; i < STEPS / 4; i++) {
                history.step(device);
            }
            history.flush(device);
        }
        crash(files, random);
        try (VolumeDevice device = rig.open()) {
            history.recovered(device, what + ", after going on");
        }
        return hit;
    }

    private static void work(VolumeRig rig, VolumeHistory history) {
        try (VolumeDevice device = rig.open()) {
            for (int i = 0; i < STEPS; i++) {
                history.step(device);
            }
        } catch (IOException e) {
            // the stop
        }
    }

    private static void crash(FaultyFiles files, Random random) throws IOException {
        if (random.nextBoolean()) {
            files.losePower();
        } else {
            files.killProcess();
        }
    }

    @Test
    void layerThatARecordNamesIsWholeAlthoughNothingWasWrittenAfterIt() throws IOException {
        FaultyFiles files = new FaultyFiles(1, tmp.resolve("graves"));
        VolumeRig rig = VolumeRig.inFiles(() -> new FileIo(files), tmp.resolve("logs"), SIZE);
        try (VolumeLog log = rig.openLog(LogState.Start.FIRST)) {
            log.append(3, ByteBuffer.allocate(Pages.BYTES), new Staging(), VolumeLog.ALWAYS);
            log.gate.lock();
            try {
                assertThat(log.freeze().layer()).isEqualTo(1);
            } finally {
                log.gate.unlock();
            }
            log.flush();
        }
        files.losePower();
        try (VolumeLog log = rig.openLog(new LogState.Start(2, 2))) {
            assertThat(log.segmentsUpTo(1)).hasSize(1);
            assertThat(log.segmentsUpTo(1).get(0).endBytes()).isEqualTo(64 + Pages.BYTES);
            assertThat(log.word(3)).isNotEqualTo(PageWord.NONE);
        }
    }
}
