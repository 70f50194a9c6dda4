package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackRestoreTest extends RestoreContractTest {
    @TempDir
    Path folder;

    @Override
    Engine open(EngineOptions options) throws IOException {
        return Engine.create(folder.resolve("store"), NewStore.DEFAULT, options);
    }

    @Override
    void reopen(EngineOptions options) throws IOException {
        engine.close();
        engine = Engine.open(folder.resolve("store"), options);
    }

    @Test
    void theLogOfAVolumeGoesWhenItCanNotComeBack() throws IOException {
        Path logs = folder.resolve("store/volumes");
        Volume volume = volumes().create(VolumeRequest.NEW.withSizeGib(1));
        try (BlockDevice device = volumes().attach(volume.id())) {
            device.write(ByteBuffer.allocate(4096).put(0, (byte) 1), 0);
        }
        volumes().delete(volume.id());
        assertThat(logs).isDirectoryContaining("glob:**.log");
        engine.collectGarbage(Duration.ZERO, false);
        assertThat(logs.toFile().list()).isEmpty();
    }

    @Test
    void theLogOfAVolumeGoesWhenItsIdIsGivenAgain() throws IOException {
        Path logs = folder.resolve("store/volumes");
        VolumeRequest request =
                VolumeRequest.NEW.withId("vol-0123456789abcdef0").withSizeGib(1);
        Volume volume = volumes().create(request);
        try (BlockDevice device = volumes().attach(volume.id())) {
            device.write(ByteBuffer.allocate(4096).put(0, (byte) 1), 0);
        }
        volumes().delete(volume.id());
        volumes().create(request);
        assertThat(logs.toFile().list()).isEmpty();
    }
}
