package dev.varve;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class PackChangedSinceTest extends ChangedSinceContractTest {
    @TempDir
    Path folder;

    @Override
    Engine open() throws IOException {
        return Engine.create(folder.resolve("store"), NewStore.DEFAULT, SampleDisk.options());
    }

    @Override
    Engine reopened(Engine engine) throws IOException {
        engine.close();
        return Engine.open(folder.resolve("store"), SampleDisk.options());
    }
}
