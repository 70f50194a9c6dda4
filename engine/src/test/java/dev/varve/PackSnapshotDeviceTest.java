package dev.varve;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class PackSnapshotDeviceTest extends SnapshotDeviceContractTest {
    @TempDir
    Path folder;

    @Override
    Engine open(EngineOptions options) throws IOException {
        return Engine.create(folder.resolve("store"), NewStore.DEFAULT, options);
    }
}
