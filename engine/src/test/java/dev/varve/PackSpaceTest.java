package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackSpaceTest extends SpaceContractTest {
    @TempDir
    Path folder;

    private int stores;

    @Override
    Engine open() throws IOException {
        return Engine.create(folder.resolve("store" + stores++), NewStore.DEFAULT, SampleDisk.options());
    }

    @Test
    void bytesAreThoseOfFrames() throws IOException {
        try (Engine engine = open()) {
            new SampleDisk(2, 40).importInto(engine);
            SpaceUse use = engine.space((done, total) -> {}).holders().get(0).use();
            assertThat(use.storedBytes())
                    .isEqualTo(engine.stats().liveBytes())
                    .isLessThan(use.dataBytes())
                    .isPositive();
        }
    }
}
