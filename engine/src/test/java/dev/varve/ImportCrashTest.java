package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cache.ChunkCache;
import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import dev.varve.image.Image;
import dev.varve.image.ImageQuery;
import dev.varve.image.ImageRequest;
import dev.varve.image.Images;
import dev.varve.snapshot.BlockSink;
import dev.varve.snapshot.BlockSource;
import dev.varve.snapshot.MemoryDisk;
import dev.varve.snapshot.SnapshotQuery;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.store.Compression;
import dev.varve.store.PackStore;
import dev.varve.store.StoreOptions;
import dev.varve.volume.VolumeRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stops the process, or cuts the power, at every change to a file that an import makes, and looks at what is left. */
class ImportCrashTest {
    private static final int SIZE_BYTES = 3 << 20;
    private static final int WORKERS = 2;

    @TempDir
    Path folder;

    private final MemoryDisk before = MemoryDisk.random(new Random(1), SIZE_BYTES);
    private MemoryDisk disk = before;

    /** A disk that has some blocks of another, and some that no disk had. */
    private static MemoryDisk overlapping(MemoryDisk other, long seed) {
        MemoryDisk disk = MemoryDisk.random(new Random(seed), SIZE_BYTES);
        System.arraycopy(other.bytes(), 0, disk.bytes(), 0, SIZE_BYTES / 2);
        disk.allocated.set(0, SIZE_BYTES / 1024);
        return disk;
    }

    private Engine open(FaultyFiles faults, boolean isNew) throws IOException {
        FileIo io = new FileIo(faults);
        StoreOptions options = new StoreOptions(65_536, Compression.LZ4, 8 << 20, Path.of("target", "native"), io);
        Path store = folder.resolve("store");
        return Engine.over(
                isNew ? PackStore.create(store, options) : PackStore.open(store, options),
                io,
                () -> ChunkCache.onHeap(65_536, 1 << 20),
                new VolumeRegistry.LogFolder(io, store.resolve("volumes")),
                EngineOptions.defaults());
    }

    private static Images images(Engine engine) {
        return engine.images("123456789012", "eu-west-1");
    }

    private static void importImage(Engine engine, String name, MemoryDisk from) throws IOException {
        images(engine)
                .importImage(ImageRequest.named(name), SnapshotRequest.NEW, BlockSource.of(from))
                .workers(WORKERS)
                .run();
    }

    private void requireWhole(Engine engine, String when) throws IOException {
        List<Image> all = images(engine).list(ImageQuery.ALL).images();
        assertThat(all).as(when).extracting(Image::name).contains("before");
        for (Image image : all) {
            MemoryDisk out = new MemoryDisk(SIZE_BYTES);
            engine.snapshots("123456789012", "eu-west-1")
                    .exportTo(image.rootMapping().snapshotId(), BlockSink.of(out, true))
                    .run();
            assertThat(out.bytes())
                    .as("%s, %s", when, image.name())
                    .isEqualTo(image.name().equals("before") ? before.bytes() : disk.bytes());
        }
        assertThat(engine.snapshots("123456789012", "eu-west-1")
                        .list(SnapshotQuery.ALL)
                        .snapshots())
                .as("%s: a snapshot an image, none is pending", when)
                .hasSameSizeAs(all);
        assertThat(engine.check(true, (done, total) -> {}).problems()).as(when).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyCrashLeavesTheWholeImageOrNothing(boolean powerCut) throws Exception {
        FaultyFiles faults = new FaultyFiles(Long.getLong("varve.seed", 7), folder.resolve("graves"));
        try (Engine engine = open(faults, true)) {
            importImage(engine, "before", before);
        }
        boolean hit = true;
        for (long change = 0; hit; change++) {
            String when = "change " + change + (powerCut ? ", power cut" : ", killed");
            disk = overlapping(before, 2 + change);
            boolean returned = importUntil(change, faults);
            hit = faults.hit();
            if (powerCut) {
                faults.losePower();
            } else {
                faults.killProcess();
            }
            try (Engine engine = open(faults, false)) {
                requireWhole(engine, when);
                List<Image> found = images(engine)
                        .list(ImageQuery.ALL.withFilter("name", "new"))
                        .images();
                assertThat(found.isEmpty() && returned)
                        .as(when + ": an image that was returned is there")
                        .isFalse();
                if (found.isEmpty()) {
                    importImage(engine, "new", disk);
                    requireWhole(engine, when + ", imported again");
                }
                for (Image image : images(engine)
                        .list(ImageQuery.ALL.withFilter("name", "new"))
                        .images()) {
                    images(engine).deregisterWithSnapshots(image.id());
                }
            }
        }
    }

    /** Whether the import returned before the change at which all stops. */
    private boolean importUntil(long change, FaultyFiles faults) throws IOException {
        boolean returned = false;
        try (Engine engine = open(faults, false)) {
            faults.stopAt(change);
            importImage(engine, "new", disk);
            returned = true;
        } catch (IOException e) {
            assertThat(faults.hit()).as("only the fault fails").isTrue();
        }
        return returned;
    }
}
