package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Who comes to a volume that somebody works with finds that one, or none. */
class LiveVolumesTest {
    private final LiveVolumes live = new LiveVolumes();

    private static LiveVolume make() {
        return new LiveVolume(
                VolumeRig.ID,
                () -> {
                    throw new IOException("nothing is written");
                },
                1 << 20,
                null,
                null,
                new LiveVolume.Shared(
                        new Staging.Pool(), new Pages.ScratchPool(), new LogLimits(Long.MAX_VALUE), new NoFolding()));
    }

    private static final class NoFolding implements LogLimits.Folding {
        @Override
        public void request(String volumeId) {}

        @Override
        public IOException failure(String volumeId) {
            throw new IllegalStateException("nothing is folded");
        }
    }

    @Test
    void whoJoinsOpensNothingAndKeepsItOpen() throws IOException {
        assertThat(live.join(VolumeRig.ID)).isNull();
        assertThat(live.list()).isEmpty();
        LiveVolume attached = live.use(VolumeRig.ID, true, LiveVolumesTest::make);
        assertThat(live.join(VolumeRig.ID)).isSameAs(attached);
        live.leave(VolumeRig.ID, true);
        assertThat(live.find(VolumeRig.ID)).as("who joined has it").isSameAs(attached);
        live.leave(VolumeRig.ID, false);
        assertThat(live.join(VolumeRig.ID)).isNull();
        assertThat(live.list()).isEmpty();
    }
}
