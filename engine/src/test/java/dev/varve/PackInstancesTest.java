package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.instance.Instance;
import dev.varve.instance.InstanceQuery;
import dev.varve.instance.LaunchRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackInstancesTest extends InstancesContractTest {
    @TempDir
    Path folder;

    @Override
    Engine open(EngineOptions options) throws IOException {
        Path store = folder.resolve("store");
        return Files.exists(store) ? Engine.open(store, options) : Engine.create(store, NewStore.DEFAULT, options);
    }

    @Test
    void instancesAndTheirVolumesAreThereWhenTheStoreIsOpenedAgain() throws IOException {
        List<Instance> launched =
                instances().launch(LaunchRequest.of(image.id()).withCount(3));
        write(launched.get(1).volumeIds().get(0), 7);
        engine.close();
        engine = open(SampleDisk.options());
        assertThat(instances().list(InstanceQuery.ALL).instances()).containsExactlyInAnyOrderElementsOf(launched);
        try (BlockDevice device = volumes().attach(launched.get(1).volumeIds().get(0))) {
            ByteBuffer found = ByteBuffer.allocate(1);
            device.read(found, 0);
            assertThat(found.get(0)).isEqualTo((byte) 7);
        }
        instances().terminate(launched.get(0).id());
        engine.close();
        engine = open(SampleDisk.options());
        assertThat(instances().list(InstanceQuery.ALL).instances()).hasSize(2);
        assertThat(engine.check(true, (done, total) -> {}).problems()).isEmpty();
    }

    @Test
    void nothingOnDiskIsLeftOfAnInstanceThatEnded() throws IOException {
        Instance instance = instances().launch(LaunchRequest.of(image.id())).get(0);
        Path logs = folder.resolve("store/volumes");
        assertThat(logs).doesNotExist();
        write(instance.volumeIds().get(0), 7);
        assertThat(logs).isDirectoryContaining("glob:**.log");
        instances().terminate(instance.id());
        engine.close();
        engine = open(SampleDisk.options());
        write(
                instances()
                        .launch(LaunchRequest.of(image.id()))
                        .get(0)
                        .volumeIds()
                        .get(0),
                8);
        assertThat(logs.toFile().list()).hasSize(1);
    }

    private void write(String volumeId, int value) throws IOException {
        try (BlockDevice device = volumes().attach(volumeId)) {
            device.write(ByteBuffer.wrap(new byte[] {(byte) value}), 0);
        }
    }
}
