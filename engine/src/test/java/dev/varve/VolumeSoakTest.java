package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.cache.ChunkCache;
import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotReader;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.snapshot.Snapshots;
import dev.varve.store.Compression;
import dev.varve.store.HeapStore;
import dev.varve.store.StoreProperties;
import dev.varve.volume.VolumeRegistry;
import dev.varve.volume.VolumeRequest;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One volume in many sessions, each ended in another way: the volume closed, the engine closed with it or around it, the
 * process killed, the power lost. Folds go on from one session to the next, for nobody waits for them before the end, when
 * every snapshot is completed and equals its moment. Each session begins with a prefix of the history that has all that was
 * flushed. {@link VolumeStoreCrashTest} stops at each change; this goes on after it for long.
 */
@Timeout(120)
@ExtendWith(MutedErr.class)
class VolumeSoakTest {
    private static final boolean LONG = Boolean.getBoolean("varve.long");
    private static final int PAGES = 640;
    private static final int SESSIONS = 8;
    private static final long LOG_BYTES = 3 << 20;
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    @TempDir
    Path tmp;

    private final HeapStore heap =
            new HeapStore(new StoreProperties(UUID.randomUUID(), 1, SampleDisk.BLOCK, Compression.STORED));
    private final Map<String, byte[][]> moments = new LinkedHashMap<>();
    private final VolumeModel model = new VolumeModel(VolumeModel.zeros(PAGES));
    private final StringBuilder what = new StringBuilder();
    private FaultyFiles files;
    private Random random;
    private Engine engine;
    private String id;
    private BlockDevice device;

    /** How a session ends. */
    private enum End {
        CLOSE_VOLUME,
        CLOSE_BOTH,
        /** With the volume open. */
        CLOSE_ENGINE,
        KILL,
        POWER_CUT
    }

    static LongStream seeds() {
        long given = Long.getLong("varve.seed", -1);
        return given >= 0 ? LongStream.of(given) : LongStream.rangeClosed(1, LONG ? 300 : 8);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void eachSessionGoesOnFromTheLast(long seed) throws IOException {
        random = new Random(seed);
        files = new FaultyFiles(seed, tmp.resolve("graves"));
        Files.createDirectories(tmp.resolve("store"));
        Files.createDirectories(tmp.resolve("marker"));
        what.append("seed ").append(seed);
        open();
        id = volumes().create(VolumeRequest.NEW.withSizeGib(1)).id();
        boolean nothingWasLost = true;
        for (int i = 0; i < SESSIONS; i++) {
            device = volumes().attach(id);
            model.cameBackAs(read(), nothingWasLost, what.toString());
            for (int steps = random.nextInt(60); steps > 0; steps--) {
                step();
            }
            VolumeModel.requireEqual(model.current(), read(), what.toString());
            End end = End.values()[random.nextInt(End.values().length)];
            what.append(", ").append(end);
            end(end);
            nothingWasLost = end != End.POWER_CUT;
        }
        requireMoments();
        engine.close();
    }

    private void open() throws IOException {
        FileIo io = new FileIo(files);
        engine = Engine.over(
                CuttableStore.over(heap, CuttableStore.Life.OF_ALL, files, tmp.resolve("marker")),
                io,
                () -> ChunkCache.onHeap(SampleDisk.BLOCK, 8 << 20),
                new VolumeRegistry.LogFolder(io, tmp.resolve("store/volumes")),
                SampleDisk.options().withLogBytes(LOG_BYTES));
    }

    private Volumes volumes() {
        return engine.volumes(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    private byte[] read() throws IOException {
        ByteBuffer found = ByteBuffer.allocate(PAGES * VolumeModel.PAGE);
        device.read(found, 0);
        return found.array();
    }

    private void step() throws IOException {
        int chance = random.nextInt(20);
        if (chance < 14) {
            int count = 1 + random.nextInt(random.nextInt(4) == 0 ? 150 : 4);
            int offset = random.nextInt(PAGES - count) * VolumeModel.PAGE;
            change(offset, count * VolumeModel.PAGE);
        } else if (chance < 17) {
            device.flush();
            model.flushed();
        } else if (chance < 19) {
            moments.put(volumes().snapshot(id, SnapshotRequest.NEW).id(), model.current());
            model.flushed();
        } else {
            LockSupport.parkNanos(random.nextInt(20_000_000)); // what goes on in the background gets somewhere
        }
        if (random.nextInt(8) == 0) {
            VolumeModel.requireEqual(model.current(), read(), what.toString());
        }
    }

    private void change(int offset, int length) throws IOException {
        if (random.nextInt(4) == 0) {
            model.zero(offset, length);
            device.trim(offset, length);
        } else {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            model.write(offset, bytes);
            device.write(ByteBuffer.wrap(bytes), offset);
        }
        model.acknowledged();
    }

    private void end(End end) throws IOException {
        if (end == End.CLOSE_VOLUME || end == End.CLOSE_BOTH) {
            device.close();
            model.flushed();
        }
        if (end == End.CLOSE_BOTH || end == End.CLOSE_ENGINE) {
            engine.close();
            model.flushed();
        }
        if (end == End.KILL || end == End.POWER_CUT) {
            files.stopAt(0);
            try {
                engine.close();
            } catch (IOException e) {
                // it is dead
            }
        }
        if (end == End.POWER_CUT) {
            files.losePower();
        } else if (end == End.KILL) {
            files.killProcess();
        }
        if (end != End.CLOSE_VOLUME) {
            open();
        }
    }

    private void requireMoments() throws IOException {
        Snapshots snapshots = engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION);
        long until = System.nanoTime() + PATIENCE_NANOS;
        for (Map.Entry<String, byte[][]> each : moments.entrySet()) {
            Snapshot snapshot = snapshots.get(each.getKey());
            while (snapshot.state() == SnapshotState.PENDING && System.nanoTime() < until) {
                LockSupport.parkNanos(1_000_000);
                snapshot = snapshots.get(each.getKey());
            }
            assertThat(snapshot.state()).as("%s: %s", what, snapshot).isEqualTo(SnapshotState.COMPLETED);
            ByteBuffer found = ByteBuffer.allocate(PAGES * VolumeModel.PAGE);
            try (SnapshotReader disk = snapshots.open(each.getKey())) {
                disk.read(found, 0);
            }
            VolumeModel.requireEqual(each.getValue(), found.array(), what + ", " + each.getKey());
        }
        assertThat(engine.check(true, (done, total) -> {}).problems())
                .as(what.toString())
                .isEmpty();
    }
}
