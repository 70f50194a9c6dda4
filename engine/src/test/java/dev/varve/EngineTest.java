package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.varve.image.Image;
import dev.varve.image.ImageQuery;
import dev.varve.image.ImageRequest;
import dev.varve.snapshot.BlockSink;
import dev.varve.snapshot.BlockSource;
import dev.varve.snapshot.MemoryDisk;
import dev.varve.snapshot.SnapshotQuery;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineTest {
    private static final String ACCOUNT = "123456789012";
    private static final String REGION = "eu-west-1";

    @TempDir
    Path folder;

    private final List<EngineEvent> events = new ArrayList<>();
    private final EngineOptions options = EngineOptions.defaults()
            .withNativeFolder(Path.of("target", "native"))
            .withEvents(events::add);

    private static Image importImage(Engine engine, String name, MemoryDisk disk) throws IOException {
        return engine.images(ACCOUNT, REGION)
                .importImage(ImageRequest.named(name), SnapshotRequest.NEW, BlockSource.of(disk))
                .run();
    }

    @Test
    void imageComesBackAfterReopening() throws Exception {
        MemoryDisk disk = MemoryDisk.random(new Random(1), 5 << 20);
        Image image;
        EngineInfo info;
        try (Engine engine = Engine.create(folder.resolve("store"), NewStore.DEFAULT, options)) {
            image = importImage(engine, "debian-12", disk);
            info = engine.info();
        }
        try (Engine engine = Engine.open(folder.resolve("store"), options)) {
            assertThat(engine.info()).isEqualTo(info);
            assertThat(engine.images(ACCOUNT, REGION).list(ImageQuery.ALL).images())
                    .containsExactly(image);
            MemoryDisk out = new MemoryDisk(5 << 20);
            EngineScope scope = engine.scopeOf(image.id()).orElseThrow();
            scope.snapshots()
                    .exportTo(image.rootMapping().snapshotId(), BlockSink.of(out, true))
                    .run();
            assertThat(out.bytes()).isEqualTo(disk.bytes());
            assertThat(engine.stats().chunks()).isPositive();
            assertThat(engine.check(true, (done, total) -> {}).problems()).isEmpty();
            assertThat(engine.scopeOf("ami-00000000000000000")).isEmpty();
        }
    }

    @Test
    void deadWritersVanishWhenTheStoreIsOpened() throws Exception {
        SnapshotWriter writer;
        try (Engine engine = Engine.create(folder.resolve("store"), NewStore.DEFAULT, options)) {
            writer = engine.snapshots(ACCOUNT, REGION).writer(SnapshotRequest.NEW);
            writer.put(0, ByteBuffer.wrap(new byte[] {1}));
        }
        writer.close();
        try (Engine engine = Engine.open(folder.resolve("store"), options)) {
            assertThat(engine.snapshots(ACCOUNT, REGION).list(SnapshotQuery.ALL).snapshots())
                    .isEmpty();
        }
    }

    @Test
    void eventsFollowWhatHappened() throws Exception {
        try (Engine engine = Engine.ephemeral(options)) {
            Image image = importImage(engine, "debian-12", new MemoryDisk(512));
            engine.images(ACCOUNT, REGION).deregisterWithSnapshots(image.id());
        }
        assertThat(events)
                .extracting(event -> event.what() + " " + event.resourceType())
                .containsExactly(
                        "CREATED snapshot", "COMPLETED snapshot", "CREATED image", "DELETED image", "DELETED snapshot");
    }

    @Test
    void closedEngineRefusesEverything() throws Exception {
        Engine engine = Engine.ephemeral(options);
        EngineScope scope = engine.scope(ACCOUNT, REGION);
        engine.close();
        engine.close();

        assertThatIllegalStateException().isThrownBy(() -> scope.snapshots().list(SnapshotQuery.ALL));
        assertThatIllegalStateException().isThrownBy(() -> scope.snapshots().writer(SnapshotRequest.NEW));
        assertThatIllegalStateException().isThrownBy(() -> scope.images().list(ImageQuery.ALL));
        assertThatIllegalStateException().isThrownBy(() -> engine.check(false, (done, total) -> {}));
    }

    @Test
    void failedOpeningLeavesTheStoreFree() throws Exception {
        Path store = folder.resolve("store");
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> Engine.open(store, options));
        Engine.create(store, NewStore.DEFAULT, options).close();
        try (Engine engine = Engine.open(store, options)) {
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> Engine.open(store, options));
            assertThat(engine.info().codec()).isEqualTo(NewStore.Codec.LZ4);
        }
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> Engine.create(store, NewStore.DEFAULT, options));
        Engine.open(store, options).close();
    }
}
