package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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
        engine.collectGarbage(Duration.ZERO, false);
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

    @Test
    void pendingSnapshotsAreCompletedByTheNextWhoOpensTheStore() throws Exception {
        Volume volume = fromSnapshot();
        List<Snapshot> begun = new ArrayList<>();
        try (BlockDevice device = volumes().attach(volume.id())) {
            for (int i = 0; i < 5; i++) {
                ByteBuffer data = ByteBuffer.allocate(1 << 20);
                new Random(i).nextBytes(data.array());
                device.write(data, (long) i << 20);
                begun.add(volumes().snapshot(volume.id(), SnapshotRequest.NEW));
            }
        }
        for (int i = 0; i < 5; i++) {
            engine.close();
            engine = open(SampleDisk.options());
        }
        for (int i = 0; i < 5; i++) {
            Snapshot snapshot = await(begun.get(i));
            assertThat(snapshot.state()).isEqualTo(SnapshotState.COMPLETED);
            byte[] expected = new byte[5 << 20];
            System.arraycopy(DISK.bytes(), 0, expected, 0, DISK.sizeBytes());
            for (int k = 0; k <= i; k++) {
                byte[] data = new byte[1 << 20];
                new Random(k).nextBytes(data);
                System.arraycopy(data, 0, expected, k << 20, data.length);
            }
            assertThat(content(snapshot, expected.length)).isEqualTo(ByteBuffer.wrap(expected));
        }
        assertThat(engine.check(true, (done, total) -> {}).problems()).isEmpty();
    }
}
