package dev.varve;

import static dev.varve.SampleDisk.ACCOUNT;
import static dev.varve.SampleDisk.REGION;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.cache.ChunkCache;
import dev.varve.file.FaultyFiles;
import dev.varve.file.FaultyFiles.Fault;
import dev.varve.file.FileIo;
import dev.varve.file.FileTree;
import dev.varve.image.Image;
import dev.varve.image.ImageQuery;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotQuery;
import dev.varve.snapshot.SnapshotReader;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.store.Compression;
import dev.varve.store.PackStore;
import dev.varve.store.StoreOptions;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeQuery;
import dev.varve.volume.VolumeRegistry;
import dev.varve.volume.VolumeRequest;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * All that is done with a store, once for each call that it makes of its files, in which something happens to that call:
 * a store is made, disks are imported, a volume is written, frozen and folded, things are deleted, restored and collected,
 * all is checked and read, and the store is opened again. What a call has returned with is true, then and after a crash.
 *
 * <p>Files of RocksDB are no files of ours, and have no faults here. With {@code -Dvarve.long=true} each call; else some,
 * beginning anywhere. {@code -Dvarve.seed} repeats.
 */
@Tag("harness")
class OneCallFailsTest {
    private static final boolean LONG = Boolean.getBoolean("varve.long");
    private static final long SEED = Long.getLong("varve.seed", System.nanoTime());
    private static final int SHORT_STRIDE = 13;
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    @TempDir
    Path tmp;

    private interface Step {
        void run() throws IOException;
    }

    /** One time that all is done. */
    private final class Run implements AutoCloseable {
        private final String what;
        private final FaultyFiles files;
        private final Random random;
        private final Path folder = tmp.resolve("run");
        private final Map<String, SampleDisk> images = new HashMap<>();
        private final Map<String, VolumeModel> volumes = new HashMap<>();
        private final Map<String, byte[][]> snapshots = new HashMap<>();
        private Engine engine;

        Run(String what, long seed) throws IOException {
            this.what = what;
            random = new Random(seed);
            files = new FaultyFiles(seed, tmp.resolve("graves"));
            Files.createDirectories(folder);
        }

        void open() throws IOException {
            FileIo io = new FileIo(files);
            Path root = folder.resolve("store");
            StoreOptions options =
                    new StoreOptions(SampleDisk.BLOCK, Compression.LZ4, 8 << 20, Path.of("target", "native"), io);
            PackStore store;
            try {
                store = PackStore.open(root, options);
            } catch (IOException e) {
                store = PackStore.create(root, options);
            }
            engine = Engine.over(
                    store,
                    io,
                    () -> ChunkCache.onHeap(SampleDisk.BLOCK, 1 << 20),
                    new VolumeRegistry.LogFolder(io, root.resolve("volumes")),
                    SampleDisk.options().withLogBytes(400 << 10));
        }

        private Volumes volumes() {
            return engine.volumes(ACCOUNT, REGION);
        }

        /** Whether a step has done what it was to do; what failed must have to do with the fault. */
        private boolean did(String name, Step step) {
            try {
                step.run();
                return true;
            } catch (IOException e) {
                assertThat(files.hit())
                        .as(what + ", " + name + " failed, and nothing was injected: " + e)
                        .isTrue();
                for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                    if (String.valueOf(cause.getMessage()).matches("(?s).*(injected|write-back|sync).*")) {
                        return false;
                    }
                }
                throw new AssertionError(what + ", " + name + ": this has nothing to do with what was injected", e);
            }
        }

        void work() throws IOException {
            if (!did("opening", this::open) && !did("opening again", this::open)) {
                throw new AssertionError(what + ": one fault, and the store can't be opened twice");
            }
            importDisk(new SampleDisk(2, 10));
            importDisk(new SampleDisk(3, 10));
            writeVolume();
            collect();
            deleteAndRestore();
            List<Image> all = new ArrayList<>();
            did(
                    "listing",
                    () -> all.addAll(
                            engine.images(ACCOUNT, REGION).list(ImageQuery.ALL).images()));
            if (!all.isEmpty()) {
                delete(all.get(all.size() - 1));
            }
            collect();
            did("checking", () -> requireChecked());
        }

        private void importDisk(SampleDisk disk) {
            did("importing", () -> images.put(disk.importInto(engine).id(), disk));
        }

        private void writeVolume() {
            VolumeModel model = new VolumeModel(VolumeModel.zeros());
            String[] id = new String[1];
            did(
                    "creating",
                    () -> id[0] =
                            volumes().create(VolumeRequest.NEW.withSizeGib(1)).id());
            if (id[0] == null) {
                return;
            }
            volumes.put(id[0], model);
            for (int i = 0; i < 2; i++) {
                if (!did("writing", () -> write(id[0], model))) {
                    look(id[0], model);
                }
                did(
                        "freezing",
                        () -> snapshots.put(
                                volumes().snapshot(id[0], SnapshotRequest.NEW).id(), model.current()));
            }
        }

        /** What of a write that failed is there, is there from now on. */
        private void look(String id, VolumeModel model) {
            assertThat(did("opening once more", () -> {
                        try (BlockDevice device = volumes().attach(id)) {
                            model.cameBackAs(read(device), true, what + ", opened once more");
                        }
                    }))
                    .isTrue();
        }

        private void write(String id, VolumeModel model) throws IOException {
            try (BlockDevice device = volumes().attach(id)) {
                model.cameBackAs(read(device), true, what + ", opened");
                for (int i = 0; i < 6; i++) {
                    byte[] bytes = new byte[1 + random.nextInt(60_000)];
                    random.nextBytes(bytes);
                    int offset = random.nextInt(VolumeModel.BYTES - bytes.length);
                    model.write(offset, bytes);
                    device.write(ByteBuffer.wrap(bytes), offset);
                    model.acknowledged();
                    if (i % 3 == 2) {
                        device.flush();
                        model.flushed();
                    }
                }
                model.zero(4096, 20_000);
                device.trim(4096, 20_000);
                model.acknowledged();
            }
            model.flushed();
        }

        private void collect() {
            for (int i = 0; i < 2; i++) {
                did("collecting", () -> engine.collectGarbage(Duration.ZERO, false));
            }
        }

        private void deleteAndRestore() {
            for (String id : List.copyOf(images.keySet())) {
                boolean gone = did(
                        "deregistering", () -> engine.images(ACCOUNT, REGION).deregisterWithSnapshots(id));
                if (gone
                        && !did(
                                "restoring",
                                () -> engine.images(ACCOUNT, REGION).restore(id))) {
                    images.remove(id);
                }
                if (!gone) {
                    images.remove(id); // perhaps
                }
                return;
            }
        }

        private void delete(Image image) {
            images.remove(image.id());
            did("deleting", () -> engine.images(ACCOUNT, REGION).deregisterWithSnapshots(image.id()));
        }

        private byte[] read(BlockDevice device) throws IOException {
            ByteBuffer found = ByteBuffer.allocate(VolumeModel.BYTES);
            device.read(found, 0);
            return found.array();
        }

        private void requireChecked() throws IOException {
            List<CheckProblem> problems =
                    engine.check(true, (done, total) -> {}).problems();
            if (!files.hit() || !problems.toString().contains("injected")) {
                assertThat(problems).as(what).isEmpty();
            }
        }

        /** Ends the process, and looks at what it has left. */
        void requirePromises(boolean powerCut) throws IOException {
            files.stopAt(0);
            close();
            if (powerCut) {
                files.losePower();
            } else {
                files.killProcess();
            }
            open();
            for (Map.Entry<String, SampleDisk> image : images.entrySet()) {
                Image found = engine.images(ACCOUNT, REGION).get(image.getKey());
                assertThat(image.getValue().isHeldBy(engine, found)).as(what).isTrue();
            }
            for (Volume volume : volumes().list(VolumeQuery.ALL).volumes()) {
                VolumeModel model = volumes.getOrDefault(volume.id(), new VolumeModel(VolumeModel.zeros()));
                try (BlockDevice device = volumes().attach(volume.id())) {
                    model.cameBackAs(read(device), !powerCut, what + ", " + volume.id());
                }
            }
            assertThat(volumes().list(VolumeQuery.ALL).volumes())
                    .as(what)
                    .extracting(Volume::id)
                    .containsAll(volumes.keySet());
            requireSnapshots();
            assertThat(engine.check(true, (done, total) -> {}).problems())
                    .as(what)
                    .isEmpty();
            engine.collectGarbage(Duration.ZERO, false);
            assertThat(engine.collectGarbage(Duration.ZERO, false).broughtBack().chunks())
                    .as(what)
                    .isZero();
            assertThat(engine.check(true, (done, total) -> {}).problems())
                    .as(what + ", collected")
                    .isEmpty();
            assertThat(engine.stats().alarms()).as(what).isZero();
        }

        private void requireSnapshots() throws IOException {
            long until = System.nanoTime() + PATIENCE_NANOS;
            for (Map.Entry<String, byte[][]> snapshot : snapshots.entrySet()) {
                var all = engine.snapshots(ACCOUNT, REGION);
                while (all.get(snapshot.getKey()).state() == SnapshotState.PENDING) {
                    assertThat(System.nanoTime())
                            .as(what + ": it stays pending")
                            .isLessThan(until);
                    LockSupport.parkNanos(1_000_000);
                }
                try (SnapshotReader disk = all.open(snapshot.getKey())) {
                    VolumeModel.requireEqual(snapshot.getValue(), read(disk), what + ", " + snapshot.getKey());
                }
            }
            for (Snapshot each :
                    engine.snapshots(ACCOUNT, REGION).list(SnapshotQuery.ALL).snapshots()) {
                assertThat(each.state()).as(what + ", " + each.id()).isNotEqualTo(SnapshotState.ERROR);
            }
        }

        @Override
        public void close() {
            Engine open = engine;
            if (open != null) {
                try {
                    open.close();
                } catch (IOException e) {
                    // it is dead
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    @Timeout(3600)
    void whatACallHasReturnedWithIsTrue(Fault fault) throws IOException {
        int stride = LONG ? 1 : SHORT_STRIDE;
        long first = new Random(SEED ^ fault.name().hashCode()).nextInt(stride);
        int runs = 0;
        int hits = 0;
        int misses = 0; // how many calls a run makes depends on its threads
        for (long call = first; misses < 3; call += stride) {
            long seed = SEED + call;
            try (Run run = new Run(fault + " at call " + call + ", varve.seed=" + SEED, seed)) {
                run.files.faultAt(call, fault);
                run.work();
                boolean hit = run.files.hit();
                hits += hit ? 1 : 0;
                misses = hit ? 0 : misses + 1;
                run.requirePromises(call % 2 == 0);
            }
            FileTree.clear(tmp);
            runs++;
        }
        System.out.println(fault + ": " + runs + " runs, stride " + stride + ", " + hits + " hit");
        assertThat(hits)
                .as(fault + ": calls that it happened to, varve.seed=" + SEED)
                .isPositive();
    }
}
