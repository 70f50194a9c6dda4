package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackVolumeTest extends VolumeContractTest {
    @TempDir
    Path folder;

    @Override
    Engine open(EngineOptions options) throws IOException {
        Path store = folder.resolve("store");
        return Files.exists(store) ? Engine.open(store, options) : Engine.create(store, NewStore.DEFAULT, options);
    }

    @Test
    void noFileIsMadeBeforeTheFirstWriteAndNoneIsLeftAfterDeleting() throws IOException {
        Path logs = folder.resolve("store/volumes");
        Volume volume = fromSnapshot();
        try (BlockDevice device = volumes().attach(volume.id())) {
            device.read(ByteBuffer.allocate(100), 0);
            device.flush();
            assertThat(logs).doesNotExist();
            device.write(ByteBuffer.allocate(100), 0);
            assertThat(logs).isDirectoryContaining("glob:**.log");
        }
        volumes().delete(volume.id());
        engine.close();
        engine = open(SampleDisk.options());
        Volume other = volumes().create(VolumeRequest.NEW.withSizeGib(1));
        try (BlockDevice device = volumes().attach(other.id())) {
            device.write(ByteBuffer.allocate(100), 0);
        }
        assertThat(logs.toFile().list()).hasSize(1);
    }

    @Test
    void volumeIsThereWhenTheStoreIsOpenedAgain() throws IOException {
        Volume volume = fromSnapshot();
        try (BlockDevice device = volumes().attach(volume.id())) {
            device.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 12_345);
        }
        for (int i = 0; i < 3; i++) {
            engine.close();
            engine = open(SampleDisk.options());
            assertThat(volumes().get(volume.id())).isEqualTo(volume);
            try (BlockDevice device = volumes().attach(volume.id())) {
                ByteBuffer found = ByteBuffer.allocate(3);
                device.read(found, 12_345);
                assertThat(found.array()).containsExactly(1, 2, 3);
                device.write(ByteBuffer.wrap(new byte[] {(byte) i}), 12_348 + i);
            }
        }
    }
}
