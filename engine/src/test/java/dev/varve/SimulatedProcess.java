package dev.varve;

import dev.varve.cache.ChunkCache;
import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import dev.varve.image.Images;
import dev.varve.instance.Instances;
import dev.varve.snapshot.Snapshots;
import dev.varve.store.Compression;
import dev.varve.store.HeapStore;
import dev.varve.store.PackStore;
import dev.varve.store.Store;
import dev.varve.store.StoreOptions;
import dev.varve.store.StoreProperties;
import dev.varve.volume.VolumeRegistry;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * An engine of which nothing happens by itself: its files fail, its process dies, its clock goes and its background work is
 * done when it is said so. It has no thread of its own but those that sync files, for which their callers wait. It can die
 * and be started again over the same files.
 */
final class SimulatedProcess {
    /** Half of it makes a log long, and all of it would have a writer wait for a fold: for ever, on one thread. */
    static final int LOG_BYTES = 1 << 20;

    final FaultyFiles files;
    final SteppedBackground background = new SteppedBackground();
    private final Path folder;
    private final int chunkSizeBytes;
    private final PausingStore.Pauses pauses;
    private final SimulatedClock clock = new SimulatedClock();

    /** What is durable of a store that is not on files. */
    private final @Nullable HeapStore heap;

    /** For how long what a collection in the background condemns stays; null for none in the background. */
    private final @Nullable Duration grace;

    private @Nullable Engine engine;
    private long ids;

    /** Goes when it is told to. */
    private static final class SimulatedClock extends Clock {
        private Instant now = Instant.parse("2026-11-22T06:00:00Z");

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    SimulatedProcess(Random random, Path folder, boolean onHeap, PausingStore.Pauses pauses) throws IOException {
        this.folder = folder;
        this.chunkSizeBytes = 4096 << 2 * random.nextInt(3);
        this.grace = random.nextInt(3) != 0 ? null : random.nextBoolean() ? Duration.ZERO : Engine.DEFAULT_GRACE;
        this.pauses = pauses;
        files = new FaultyFiles(random.nextLong(), folder.resolve("graves"));
        Files.createDirectories(folder.resolve("marker"));
        heap = onHeap
                ? new HeapStore(new StoreProperties(UUID.randomUUID(), 1, chunkSizeBytes, Compression.STORED))
                : null;
        if (onHeap) {
            Files.createDirectories(folder.resolve("store"));
        }
    }

    /** Starts it. */
    void start() throws IOException {
        background.clear();
        FileIo io = new FileIo(files);
        Path root = folder.resolve("store");
        Store below = heap;
        CuttableStore.Life life = CuttableStore.Life.OF_ALL;
        if (below == null) {
            StoreOptions options =
                    new StoreOptions(chunkSizeBytes, Compression.LZ4, 4 << 20, Path.of("target", "native"), io);
            below = Files.exists(root) ? PackStore.open(root, options) : PackStore.create(root, options);
            life = CuttableStore.Life.OF_ONE_ENGINE;
        }
        EngineOptions options = SampleDisk.options()
                .withClock(clock)
                .withIds(this::newId)
                .withExecutor(task -> {
                    throw new RejectedExecutionException("one thread is enough");
                })
                .withLogBytes(LOG_BYTES);
        engine = Engine.over(
                PausingStore.over(CuttableStore.over(below, life, files, folder.resolve("marker")), pauses),
                io,
                () -> ChunkCache.onHeap(chunkSizeBytes, 20L * chunkSizeBytes),
                new VolumeRegistry.LogFolder(io, root.resolve("volumes")),
                options,
                background);
        if (grace != null) {
            engine.collectInBackground(grace);
        }
    }

    /** Ends it in good order. */
    void close() throws IOException {
        Engine closing = engine();
        engine = null;
        closing.close();
    }

    /** Ends it as it stands: nothing more is written, also not by closing. */
    void die(boolean powerCut) throws IOException {
        files.stop(); // the engine closes what is open in no order
        Engine dying = engine;
        engine = null;
        if (dying != null) {
            try {
                dying.close();
            } catch (IOException e) {
                // it is dead
            }
        }
        if (powerCut) {
            files.losePower();
        } else {
            files.killProcess();
        }
    }

    /** Whether it has come to where it is to die, and nothing succeeds any more. */
    boolean hasStopped() {
        return files.hasStopped();
    }

    Engine engine() {
        Engine open = engine;
        if (open == null) {
            throw new IllegalStateException("no process");
        }
        return open;
    }

    Volumes volumes() {
        return engine().volumes(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    Snapshots snapshots() {
        return engine().snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    Images images() {
        return engine().images(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    Instances instances() {
        return engine().instances(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    int chunkSizeBytes() {
        return chunkSizeBytes;
    }

    boolean isOnHeap() {
        return heap != null;
    }

    void pass(Duration time) {
        clock.now = clock.now.plus(time);
    }

    /** An id that nothing has: one after the other, over all lives. */
    String newId(String prefix) {
        return prefix + String.format("%017x", ++ids);
    }
}
