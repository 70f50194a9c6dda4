package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.block.BlockDevice;
import dev.varve.cache.ChunkCache;
import dev.varve.catalog.Ec2Exception;
import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotQuery;
import dev.varve.snapshot.SnapshotReader;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.store.Compression;
import dev.varve.store.HeapStore;
import dev.varve.store.PackStore;
import dev.varve.store.Store;
import dev.varve.store.StoreOptions;
import dev.varve.store.StoreProperties;
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
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * An engine with volumes on files that may fail, and what is known of them: what each may hold after a crash, what each
 * snapshot has to hold, and what exists. Its process can die and be started again.
 */
final class VolumeWorld {
    private static final long GIB = 1L << 30;
    private static final SampleDisk BASE = new SampleDisk(3, 4);
    private static final String SET = "set";
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private final FaultyFiles files;
    private final Path folder;
    private final VolumeWorkload mix;
    private final Random random;
    private final @Nullable HeapStore heap;
    private final String what;
    private final List<Disk> disks = new ArrayList<>();
    private final List<String> deleted = new ArrayList<>();
    private final List<VolumeShot> shots = new ArrayList<>();
    private final Map<String, Integer> created = new HashMap<>();
    private @Nullable Engine engine;
    private int sets;

    /** Whether the process survives what fails. */
    private boolean goesOn;

    /** A volume. */
    private static final class Disk {
        private final String id;
        private final long start;
        private final VolumeModel model;
        private @Nullable BlockDevice device;
        private long sizeGib;
        private boolean maybeLarger;
        private boolean maybeGone;

        Disk(String id, long start, long sizeGib, byte[][] content) {
            this.id = id;
            this.start = start;
            this.sizeGib = sizeGib;
            this.model = new VolumeModel(content);
        }

        BlockDevice device() {
            BlockDevice open = device;
            if (open == null) {
                throw new IllegalStateException(id + " is not attached");
            }
            return open;
        }
    }

    private byte[] read(Disk disk) throws IOException {
        byte[][] found = new byte[1][];
        retry(() -> found[0] = read(disk.device(), disk.start));
        return found[0];
    }

    private interface Step {
        void run() throws IOException;
    }

    VolumeWorld(VolumeWorkload mix, long seed, FaultyFiles files, Path folder, boolean onHeap, String what)
            throws IOException {
        this.mix = mix;
        this.files = files;
        this.folder = folder;
        this.random = new Random(seed);
        this.what = what;
        heap = onHeap
                ? new HeapStore(new StoreProperties(UUID.randomUUID(), 1, SampleDisk.BLOCK, Compression.STORED))
                : null;
        Files.createDirectories(folder.resolve("marker"));
        if (onHeap) {
            Files.createDirectories(folder.resolve("store"));
        }
    }

    /** Starts the process. */
    void open() throws IOException {
        FileIo io = new FileIo(files);
        Path root = folder.resolve("store");
        Store below = heap;
        if (below == null) {
            StoreOptions options =
                    new StoreOptions(SampleDisk.BLOCK, Compression.LZ4, 8 << 20, Path.of("target", "native"), io);
            below = Files.exists(root) ? PackStore.open(root, options) : PackStore.create(root, options);
        }
        CuttableStore.Life life = heap == null ? CuttableStore.Life.OF_ONE_ENGINE : CuttableStore.Life.OF_ALL;
        engine = Engine.over(
                CuttableStore.over(below, life, files, folder.resolve("marker")),
                io,
                () -> ChunkCache.onHeap(SampleDisk.BLOCK, 1 << 20),
                new VolumeRegistry.LogFolder(io, root.resolve("volumes")),
                SampleDisk.options().withLogBytes(mix.logBytes()));
    }

    /** Makes the first volumes. */
    void begin() throws IOException {
        open();
        VolumeRequest request = VolumeRequest.NEW.withSizeGib(1);
        byte[][] content = VolumeModel.zeros();
        if (mix.fromSnapshot()) {
            request = request.withSnapshotId(
                    BASE.importInto(engine()).rootMapping().snapshotId());
            content = VolumeModel.of(BASE.bytes());
        }
        for (int i = 0; i < mix.volumes(); i++) {
            Disk disk = new Disk(volumes().create(request).id(), start(), 1, content);
            disks.add(disk);
            attach(disk);
        }
    }

    private long start() {
        return mix.growing() ? GIB - VolumeModel.BYTES / 2 : 0;
    }

    private Engine engine() {
        Engine open = engine;
        if (open == null) {
            throw new IllegalStateException("no process");
        }
        return open;
    }

    private Volumes volumes() {
        return engine().volumes(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    private static byte[] read(BlockDevice device, long start) throws IOException {
        ByteBuffer found = ByteBuffer.allocate((int) Math.min(VolumeModel.BYTES, device.sizeBytes() - start));
        device.read(found, start);
        return found.array();
    }

    /** Does what the mix says; throws when the process has stopped. */
    void work(int steps, boolean survives) throws IOException {
        goesOn = survives;
        for (int i = 0; i < steps; i++) {
            step(mix.next(random), disks.get(random.nextInt(disks.size())));
        }
    }

    private void step(VolumeWorkload.Op op, Disk disk) throws IOException {
        switch (op) {
            case SMALL -> write(disk, random.nextInt(usable(disk)), 1 + random.nextInt(8192));
            case PAGE -> write(disk, random.nextInt(usable(disk)) & -VolumeModel.PAGE, VolumeModel.PAGE);
            case LARGE -> write(disk, random.nextInt(8) * VolumeModel.PAGE, (128 << 10) + random.nextInt(140 << 10));
            case ZERO, TRIM -> zero(disk, op == VolumeWorkload.Op.TRIM);
            case FLUSH -> flush(disk);
            case SNAPSHOT -> snapshot(List.of(disk));
            case SET -> snapshot(List.copyOf(disks));
            case SETTLE -> settle();
            case REATTACH -> {
                detach(disk);
                attach(disk);
            }
            case REOPEN -> reopen();
            case DELETE -> delete(disk);
            case CREATE -> create();
            case CLONE -> cloneOne();
            case GROW -> grow(disk);
            case COLLECT -> attempt(() -> engine().collectGarbage(Duration.ZERO, false));
        }
    }

    private static int usable(Disk disk) {
        return (int) Math.min(VolumeModel.BYTES, disk.device().sizeBytes() - disk.start);
    }

    private void write(Disk disk, int offset, int atMost) throws IOException {
        byte[] bytes = new byte[Math.min(atMost, usable(disk) - offset)];
        random.nextBytes(bytes);
        disk.model.write(offset, bytes);
        run(disk, () -> disk.device().write(ByteBuffer.wrap(bytes), disk.start + offset));
    }

    private void zero(Disk disk, boolean trim) throws IOException {
        int offset = random.nextInt(usable(disk));
        offset = random.nextBoolean() ? offset : offset & -VolumeModel.PAGE;
        int length = Math.min(usable(disk) - offset, 1 + random.nextInt(1 << (9 + random.nextInt(9))));
        long at = disk.start + offset;
        disk.model.zero(offset, length);
        run(disk, () -> {
            if (trim) {
                disk.device().trim(at, length);
            } else {
                disk.device().writeZeroes(at, length);
            }
        });
    }

    private void flush(Disk disk) throws IOException {
        if (run(disk, () -> disk.device().flush())) {
            disk.model.flushed();
        }
    }

    /** Flushes all, as a guest that is shut down. */
    void flushAll() throws IOException {
        for (Disk disk : disks) {
            flush(disk);
        }
    }

    private boolean run(Disk disk, Step step) throws IOException {
        try {
            step.run();
            disk.model.acknowledged();
            return true;
        } catch (IOException e) {
            failed(e);
            repair(disk);
            return false;
        }
    }

    /** Throws where the process has stopped; else only what was injected may fail. */
    private void failed(IOException e) throws IOException {
        if (!files.hit()) {
            throw new AssertionError(what + ": nothing was injected", e);
        }
        if (!goesOn) {
            throw e;
        }
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (String.valueOf(cause.getMessage()).contains("injected")) {
                return;
            }
        }
        throw new AssertionError(what + ": this has nothing to do with what was injected", e);
    }

    /** A disk either goes on, or takes nothing, flushes neither, until it was opened again. */
    private void repair(Disk disk) throws IOException {
        if (flushes(disk)) {
            disk.model.cutTo(read(disk), what + ", " + disk.id + " goes on");
            disk.model.flushed();
            return;
        }
        long until = System.nanoTime() + PATIENCE_NANOS;
        do {
            BlockDevice poisoned = disk.device();
            disk.model.requireOne(read(disk), what + ", " + disk.id + " before it is opened again");
            assertThatThrownBy(() -> poisoned.write(ByteBuffer.allocate(1), disk.start))
                    .as(what + ": a write after a sync or a write has failed")
                    .isInstanceOf(IOException.class);
            assertThat(System.nanoTime()).as(what + ": can't be opened again").isLessThan(until);
            detach(disk);
            Thread.onSpinWait();
            attach(disk);
        } while (!flushes(disk));
        disk.model.cameBackAs(read(disk), true, what + ", " + disk.id + " opened again");
    }

    private boolean flushes(Disk disk) throws IOException {
        try {
            disk.device().flush();
            return true;
        } catch (IOException e) {
            failed(e);
            return false;
        }
    }

    private void detach(Disk disk) throws IOException {
        BlockDevice open = disk.device();
        disk.device = null;
        attempt(() -> {
            open.close();
            disk.model.flushed();
        });
    }

    private void attempt(Step step) throws IOException {
        try {
            step.run();
        } catch (IOException e) {
            failed(e);
        }
    }

    private void attach(Disk disk) throws IOException {
        retry(() -> disk.device = volumes().attach(disk.id));
    }

    private void retry(Step step) throws IOException {
        try {
            step.run();
        } catch (IOException e) {
            failed(e);
            step.run();
        }
    }

    private void snapshot(List<Disk> of) throws IOException {
        VolumeShot shot = new VolumeShot("set" + sets++);
        shots.add(shot);
        boolean detached = of.size() == 1 && random.nextInt(4) == 0;
        if (detached) {
            detach(of.get(0));
        }
        List<SnapshotRequest> requests = new ArrayList<>();
        for (Disk disk : of) {
            shot.contents.add(disk.model.current());
            shot.starts.add(disk.start);
            shot.sizesGib.add(disk.sizeGib);
            requests.add(SnapshotRequest.NEW.withDescription(shot.set + "." + requests.size()));
        }
        boolean done = false;
        try {
            shot.ids = volumes().snapshot(of.stream().map(disk -> disk.id).toList(), requests).stream()
                    .map(Snapshot::id)
                    .toList();
            of.forEach(disk -> disk.model.flushed());
            done = true;
        } catch (IOException e) {
            failed(e);
        }
        if (detached) {
            attach(of.get(0));
        }
        for (Disk disk : done ? List.<Disk>of() : of) {
            repair(disk);
        }
    }

    private Map<String, Snapshot> found() throws IOException {
        Map<String, Snapshot> found = new TreeMap<>();
        for (Snapshot snapshot : engine().snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION)
                .list(SnapshotQuery.ALL)
                .snapshots()) {
            if (snapshot.description().startsWith(SET)) {
                found.put(snapshot.description(), snapshot);
            }
        }
        return found;
    }

    /** Waits until no snapshot is pending. What failed in the background is tried again when the store is opened. */
    private void settle() throws IOException {
        long began = System.nanoTime();
        boolean reopened = false;
        while (found().values().stream().anyMatch(snapshot -> snapshot.state() == SnapshotState.PENDING)) {
            long waited = System.nanoTime() - began;
            if (files.hit() && !goesOn) {
                throw new IOException("the process has stopped");
            }
            if (files.hit() && waited > 200_000_000L && !reopened) {
                reopened = true;
                reopen();
            }
            assertThat(waited).as(what + ": a snapshot stays pending").isLessThan(PATIENCE_NANOS);
            LockSupport.parkNanos(1_000_000);
        }
    }

    private void reopen() throws IOException {
        for (Disk disk : disks) {
            detach(disk);
        }
        attempt(() -> engine().close());
        retry(this::open);
        for (Disk disk : disks) {
            attach(disk);
            disk.model.cameBackAs(read(disk), true, what + ", " + disk.id + " when the engine was opened again");
        }
    }

    private void delete(Disk disk) throws IOException {
        if (disks.size() > 1) {
            disk.maybeGone = true;
            detach(disk);
            try {
                volumes().delete(disk.id);
            } catch (IOException e) {
                failed(e);
                if (exists(disk.id)) {
                    volumes().delete(disk.id);
                }
            }
            disks.remove(disk);
            deleted.add(disk.id);
        }
    }

    private boolean exists(String id) throws IOException {
        try {
            volumes().get(id);
            return true;
        } catch (Ec2Exception e) {
            return false;
        }
    }

    private void create() throws IOException {
        String set = SET + sets++;
        VolumeRequest request = VolumeRequest.NEW.withSizeGib(1).withTags(Map.of(SET, set));
        created.put(set, -1);
        try {
            List<Volume> made = volumes().create(List.of(request, request, request));
            created.put(set, made.size());
            Disk disk = new Disk(made.get(0).id(), start(), 1, VolumeModel.zeros());
            disks.add(disk);
            attach(disk);
        } catch (IOException e) {
            failed(e);
        }
    }

    private void cloneOne() throws IOException {
        settle();
        List<VolumeShot> whole =
                shots.stream().filter(shot -> !shot.ids.isEmpty()).toList();
        if (whole.isEmpty()) {
            return;
        }
        VolumeShot shot = whole.get(random.nextInt(whole.size()));
        try {
            Volume volume = volumes().create(VolumeRequest.NEW.withSnapshotId(shot.ids.get(0)));
            Disk disk = new Disk(volume.id(), shot.starts.get(0), volume.sizeGib(), shot.contents.get(0));
            disks.add(disk);
            attach(disk);
        } catch (IOException e) {
            failed(e);
        }
    }

    private void grow(Disk disk) throws IOException {
        detach(disk);
        disk.maybeLarger = true;
        retry(() -> disk.sizeGib = volumes().grow(disk.id, disk.sizeGib + 1).sizeGib());
        disk.maybeLarger = false;
        attach(disk);
    }

    /** Ends the process as it stands: nothing more is written, also not by closing. */
    void die(boolean powerCut) throws IOException {
        files.stopAt(0);
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
        files.failWhen((call, path) -> false);
    }

    /** Opens all that is there, and looks at nothing; throws when the process stops again. */
    void recover() throws IOException {
        open();
        for (Disk disk : disks) {
            if (!disk.maybeGone) {
                volumes().attach(disk.id);
            }
        }
    }

    /** Starts the process after a crash, and looks at everything. */
    void requireWhole(boolean nothingWasLost) throws IOException {
        goesOn = true;
        open();
        for (Disk disk : List.copyOf(disks)) {
            if (disk.maybeGone && !exists(disk.id)) {
                disks.remove(disk);
                deleted.add(disk.id);
                continue;
            }
            disk.maybeGone = false;
            disk.device = volumes().attach(disk.id);
            long sizeGib = disk.device().sizeBytes() / GIB;
            disk.sizeGib += disk.maybeLarger && sizeGib > disk.sizeGib ? 1 : 0;
            disk.maybeLarger = false;
            assertThat(sizeGib).as(what + ": size of " + disk.id).isEqualTo(disk.sizeGib);
            disk.model.cameBackAs(read(disk), nothingWasLost, what + ", " + disk.id);
        }
        for (String id : deleted) {
            assertThat(exists(id)).as(what + ": deleted, and back").isFalse();
        }
        requireAllOrNone();
        settle();
        requireShots();
        for (Disk disk : disks) {
            VolumeModel.requireEqual(disk.model.current(), read(disk), what + ", " + disk.id + " when all is folded");
        }
        assertThat(engine().check(true, (done, total) -> {}).problems())
                .as(what)
                .isEmpty();
    }

    private void requireAllOrNone() throws IOException {
        Map<String, Integer> found = new HashMap<>();
        for (Volume volume : volumes().list(VolumeQuery.ALL).volumes()) {
            String set = volume.tags().get(SET);
            if (set != null) {
                found.merge(set, 1, Integer::sum);
            }
        }
        created.forEach((set, count) -> {
            if (count < 0) {
                assertThat(found.getOrDefault(set, 0))
                        .as(what + ": volumes of one call")
                        .isIn(0, 3);
            }
        });
    }

    private void requireShots() throws IOException {
        Map<String, Snapshot> found = found();
        for (VolumeShot shot : shots) {
            int there = 0;
            for (int i = 0; i < shot.contents.size(); i++) {
                Snapshot snapshot = found.get(shot.set + "." + i);
                if (snapshot != null) {
                    there++;
                    requireShot(shot, i, snapshot);
                }
            }
            if (shot.ids.isEmpty()) {
                assertThat(there).as(what + ": of a set that failed").isIn(0, shot.contents.size());
            } else {
                assertThat(there).as(what + ": of a set that was returned").isEqualTo(shot.contents.size());
            }
        }
    }

    private void requireShot(VolumeShot shot, int i, Snapshot snapshot) throws IOException {
        String name = what + ", snapshot " + snapshot.description();
        assertThat(snapshot.state()).as(name).isEqualTo(SnapshotState.COMPLETED);
        if (!shot.ids.isEmpty()) {
            assertThat(snapshot.id()).as(name).isEqualTo(shot.ids.get(i));
        }
        try (SnapshotReader disk =
                engine().snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).open(snapshot.id())) {
            assertThat(disk.sizeBytes() / GIB).as(name).isEqualTo(shot.sizesGib.get(i));
            VolumeModel.requireEqual(shot.contents.get(i), read(disk, shot.starts.get(i)), name);
        }
    }
}
