package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotReader;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.volume.VolumeRequest;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Volumes on a file system of their own that is filled up, to 20 levels, or 200 with {@code -Dvarve.long=true}: who writes
 * is told before anything is acknowledged, nothing is lost, and when room comes back all goes on without a restart. Needs
 * root, for a loop device.
 */
@Timeout(1200)
class FullDiskVolumeTest {
    private static final int LEVELS = Boolean.getBoolean("varve.long") ? 200 : 20;
    private static final long IMAGE_BYTES = 320L << 20;
    private static final EngineOptions OPTIONS =
            SampleDisk.options().withBudgets(4 << 20, 1 << 20, 8 << 20).withLogBytes(48 << 20);
    private static final int PIECE = 64 << 10;
    private static final int PIECES = 2000;

    @TempDir
    Path tmp;

    /** What a piece of the volume has to hold: a seed, or 0 for zeros; and what it may hold, where a write failed. */
    private final long[] seeds = new long[PIECES];

    private final long[] maybe = new long[PIECES];
    private long nextSeed = 1;

    private interface OnMount {
        void work(Path mount) throws Exception;
    }

    private void onMount(OnMount step) throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
        Path image = tmp.resolve("image");
        Path mount = Files.createDirectory(tmp.resolve("mount"));
        run("truncate", "-s", String.valueOf(IMAGE_BYTES), image.toString());
        run("mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", image.toString());
        run("mount", "-o", "loop", image.toString(), mount.toString());
        try {
            step.work(mount);
        } finally {
            run("umount", "-l", mount.toString()); // the cache stays mapped until the collector comes by
        }
    }

    @Test
    void fullDiskIsToldAndHarmsNothing() throws Exception {
        onMount(this::work);
    }

    /** Somebody else has taken the last block, also of what is kept free: a commit fails, and the next opening is whole. */
    @Test
    void commitThatMissesTheLastBlockHarmsNothing() throws Exception {
        onMount(this::toTheLastBlock);
    }

    private void toTheLastBlock(Path mount) throws Exception {
        Random random = new Random(1);
        Path store = mount.resolve("store");
        Engine engine = Engine.create(store, NewStore.DEFAULT, OPTIONS);
        try {
            String id = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1)).id();
            BlockDevice disk = volumes(engine).attach(id);
            for (int i = 0; i < 50; i++) {
                write(disk, random.nextInt(PIECES));
            }
            disk.flush();
            List<String> made = fillToTheLast(engine, mount, "the last block");
            disk.flush();
            Files.delete(mount.resolve("last"));
            disk.close();
            engine.close();
            engine = Engine.open(store, OPTIONS);
            disk = volumes(engine).attach(id);
            for (String each : made) {
                volumes(engine).delete(each);
            }
            goOn(engine, disk, id, random, "there is room again");
            disk.close();
            requireWholeDisk(engine, id, "there is room again");
        } finally {
            engine.close();
        }
    }

    private void work(Path mount) throws Exception {
        long seed = Long.getLong("varve.seed", System.nanoTime());
        Random random = new Random(seed);
        int refused = 0;
        for (int level = 0; level < LEVELS; level++) {
            String when = "varve.seed=" + seed + ", level " + level;
            Path store = mount.resolve("store");
            run("rm", "-rf", store.toString());
            Arrays.fill(seeds, 0);
            Arrays.fill(maybe, 0);
            String id;
            try (Engine engine = Engine.create(store, NewStore.DEFAULT, OPTIONS)) {
                id = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1)).id();
            }
            try (Engine engine = Engine.open(store, OPTIONS)) {
                try (BlockDevice disk = volumes(engine).attach(id)) {
                    long usable = mount.toFile().getUsableSpace();
                    Path filler = mount.resolve("filler");
                    long left = (long) (random.nextDouble() * (random.nextBoolean() ? 160 << 20 : 80 << 20));
                    fill(filler, usable - left);
                    refused += fillUp(engine, disk, id, random, when) ? 1 : 0;
                    Files.delete(filler);
                    goOn(engine, disk, id, random, when);
                }
                requireWholeDisk(engine, id, when);
            }
            try (Engine engine = Engine.open(store, OPTIONS)) {
                requireWholeDisk(engine, id, when + ", opened again");
                assertThat(engine.check(true, (done, total) -> {}).problems())
                        .as(when)
                        .isEmpty();
            }
        }
        assertThat(refused).as("levels at which somebody was refused").isGreaterThan(LEVELS / 2);
    }

    private static Volumes volumes(Engine engine) {
        return engine.volumes(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    /** Writes, flushes and takes snapshots until something is refused; true when it was. */
    private boolean fillUp(Engine engine, BlockDevice disk, String id, Random random, String when) {
        for (int i = 0; i < 1200; i++) {
            try {
                write(disk, random.nextInt(PIECES));
                if (random.nextInt(20) == 0) {
                    disk.flush();
                }
                if (random.nextInt(200) == 0) {
                    volumes(engine).snapshot(id, SnapshotRequest.NEW);
                }
            } catch (IOException e) {
                assertThat(String.valueOf(e)).as(when).containsIgnoringCase("no space");
                return true;
            }
        }
        return false;
    }

    /** Leaves no block free, not even what is kept for commits, and commits until that is refused; what was not. */
    private static List<String> fillToTheLast(Engine engine, Path mount, String when) throws IOException {
        List<String> made = new ArrayList<>();
        try (FileChannel last =
                FileChannel.open(mount.resolve("last"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int bytes = 1 << 20; bytes >= 4096; bytes >>= 1) {
                try {
                    while (true) {
                        last.write(ByteBuffer.allocate(bytes));
                    }
                } catch (IOException e) {
                    // no piece of that length is left
                }
            }
        }
        for (int i = 0; i < 2000; i++) {
            try {
                made.add(
                        volumes(engine).create(VolumeRequest.NEW.withSizeGib(1)).id());
            } catch (IOException e) {
                assertThat(String.valueOf(e)).as(when).containsIgnoringCase("no space");
                return made;
            }
        }
        return made;
    }

    private void write(BlockDevice disk, int piece) throws IOException {
        maybe[piece] = nextSeed++;
        disk.write(ByteBuffer.wrap(content(maybe[piece])), (long) piece * PIECE);
        seeds[piece] = maybe[piece];
    }

    private static byte[] content(long seed) {
        byte[] bytes = new byte[PIECE];
        if (seed != 0) {
            new Random(seed).nextBytes(bytes);
        }
        return bytes;
    }

    /** There is room again: everything works, in the same process. */
    private void goOn(Engine engine, BlockDevice disk, String id, Random random, String when) throws Exception {
        for (int i = 0; i < 20; i++) {
            write(disk, random.nextInt(PIECES));
        }
        disk.flush();
        Snapshot snapshot = volumes(engine).snapshot(id, SnapshotRequest.NEW);
        long[] moment = seeds.clone();
        snapshot = await(engine, snapshot.id(), when);
        assertThat(snapshot.state()).as(when).isEqualTo(SnapshotState.COMPLETED);
        try (SnapshotReader found =
                engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).open(snapshot.id())) {
            for (int k = 0; k < 40; k++) {
                int piece = random.nextInt(PIECES);
                require(found, piece, moment[piece], maybe[piece], when + ", snapshot");
            }
        }
        String other = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1)).id();
        volumes(engine).delete(other);
    }

    private static Snapshot await(Engine engine, String id, String when) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (true) {
            Snapshot now =
                    engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION).get(id);
            if (now.state() != SnapshotState.PENDING) {
                return now;
            }
            assertThat(System.nanoTime()).as(when + ": pending").isLessThan(until);
            Thread.sleep(20);
        }
    }

    private void requireWholeDisk(Engine engine, String id, String when) throws IOException {
        try (BlockDevice disk = volumes(engine).attach(id)) {
            for (int piece = 0; piece < PIECES; piece++) {
                require(disk, piece, seeds[piece], maybe[piece], when);
            }
        }
    }

    /** Each page of a piece is as it was acknowledged, or as the write that failed would have it. */
    private static void require(BlockDevice disk, int piece, long seed, long maybeSeed, String when)
            throws IOException {
        ByteBuffer found = ByteBuffer.allocate(PIECE);
        disk.read(found, (long) piece * PIECE);
        ByteBuffer expected = ByteBuffer.wrap(content(seed));
        ByteBuffer allowed = seed == maybeSeed ? expected : ByteBuffer.wrap(content(maybeSeed));
        for (int at = 0; at < PIECE; at += 4096) {
            ByteBuffer page = found.slice(at, 4096);
            assertThat(page.equals(expected.slice(at, 4096)) || page.equals(allowed.slice(at, 4096)))
                    .as("%s: piece %d at %d", when, piece, at)
                    .isTrue();
        }
    }

    private static void fill(Path filler, long bytes) throws Exception {
        if (bytes > 0) {
            run("fallocate", "-l", String.valueOf(bytes), filler.toString());
        } else {
            Files.createFile(filler);
        }
    }

    private static @Nullable String run(String... command) throws Exception {
        Process process =
                new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as("%s: %s", new ArrayList<>(List.of(command)), said)
                .isZero();
        return said;
    }
}
