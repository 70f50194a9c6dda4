package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.block.BlockDevice;
import dev.varve.snapshot.MemoryDisk;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotWriter;
import dev.varve.store.Losses;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What damage costs, and what brings it back. */
class RepairTest {
    private static final int BLOCK = 65_536;
    private static final int BLOCKS = 40;

    /** The last block is not a whole one. */
    private static final long SIZE = (long) BLOCKS * BLOCK - 4096;

    private static final EngineOptions OPTIONS = EngineOptions.defaults()
            .withBudgets(64L << 20, 1 << 20, 1 << 20)
            .withNativeFolder(Path.of("target", "native"));

    @TempDir
    Path folder;

    private static EngineScope scope(Engine engine) {
        return engine.scope("123456789012", "eu-west-1");
    }

    /** Blocks of one seed are equal wherever they are written; every third is zeros. */
    private static byte[] block(int number) {
        byte[] data = new byte[BLOCK];
        if (number % 3 != 0) {
            new Random(number).nextBytes(data);
        }
        if (number == BLOCKS - 1) {
            Arrays.fill(data, BLOCK - 4096, BLOCK, (byte) 0);
        }
        return data;
    }

    private static Snapshot snapshot(Engine engine) throws IOException {
        try (SnapshotWriter writer = scope(engine).snapshots().writer(SnapshotRequest.NEW)) {
            for (int i = 0; i < BLOCKS; i++) {
                writer.put(i, ByteBuffer.wrap(block(i)));
            }
            return writer.complete(SIZE);
        }
    }

    private static void assertHolds(Engine engine, String snapshot) throws IOException {
        try (BlockDevice disk = scope(engine).volumes().open(snapshot)) {
            for (int i = 0; i < BLOCKS; i++) {
                int length = (int) Math.min(BLOCK, SIZE - (long) i * BLOCK);
                ByteBuffer read = ByteBuffer.allocate(length);
                disk.read(read, (long) i * BLOCK);
                assertThat(read.flip()).as("block " + i).isEqualTo(ByteBuffer.wrap(block(i), 0, length));
            }
        }
    }

    /** A store with one snapshot; its cache is left empty. */
    private String made(Path store) throws IOException {
        try (Engine engine = Engine.create(store, NewStore.DEFAULT, OPTIONS)) {
            return snapshot(engine).id();
        }
    }

    private static MemoryDisk raw(int blocks) {
        MemoryDisk disk = new MemoryDisk((int) Math.min((long) blocks * BLOCK, SIZE));
        ByteBuffer out = ByteBuffer.wrap(disk.bytes());
        for (int i = 0; i < blocks; i++) {
            out.put(block(i), 0, Math.min(BLOCK, out.remaining()));
        }
        disk.allocated.set(0, disk.bytes().length / 512);
        return disk;
    }

    private static Path pack(Path store) throws IOException {
        try (Stream<Path> packs = Files.list(store.resolve("packs"))) {
            return packs.filter(file -> file.toString().endsWith(".pack"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static void damage(Path store, String how) throws IOException {
        Path pack = pack(store);
        switch (how) {
            case "flips" ->
                change(pack, bytes -> {
                    for (int at = 5000; at < bytes.length; at += 300_000) {
                        bytes[at] ^= 4;
                    }
                });
            case "zeros" -> change(pack, bytes -> Arrays.fill(bytes, 100_000, 400_000, (byte) 0));
            case "header" -> change(pack, bytes -> bytes[9] ^= 1);
            case "swapped" ->
                change(
                        pack,
                        bytes -> { // random content: frames are equally long
                            int frame = BLOCK + 56;
                            byte[] one = Arrays.copyOfRange(bytes, 64, 64 + frame);
                            System.arraycopy(bytes, 64 + frame, bytes, 64, frame);
                            System.arraycopy(one, 0, bytes, 64 + frame, frame);
                        });
            case "truncated" -> {
                try (RandomAccessFile file = new RandomAccessFile(pack.toFile(), "rw")) {
                    file.setLength(file.length() / 3);
                }
            }
            case "deleted" -> Files.delete(pack);
            default -> throw new AssertionError(how);
        }
    }

    private static void change(Path file, Consumer<byte[]> change) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        change.accept(bytes);
        Files.write(file, bytes);
    }

    private static CheckResult check(Engine engine) throws IOException {
        return engine.check(true, (done, total) -> {});
    }

    private static RepairReport repair(Engine engine, RepairSource... sources) throws IOException {
        return engine.repair(
                List.of(sources), false, (done, total) -> assertThat(done).isLessThanOrEqualTo(total));
    }

    @ParameterizedTest
    @ValueSource(strings = {"flips", "zeros", "header", "swapped", "truncated", "deleted"})
    void allIsMendedFromAnotherStore(String how) throws IOException {
        Path store = folder.resolve("store");
        Path other = folder.resolve("other");
        String id = made(store);
        made(other);
        damage(store, how);
        try (Engine engine = Engine.open(store, OPTIONS);
                ContentSource content = Engine.openContent(other, OPTIONS)) {
            assertThat(check(engine).isClean()).isFalse();
            RepairReport report = repair(engine, RepairSource.ofStore("other", content));
            assertThat(report.left().problems()).isEmpty();
            long mended = report.found().stream()
                    .mapToLong(RepairReport.Found::chunks)
                    .sum();
            assertThat(mended).isEqualTo(report.lostChunks());
            assertThat(mended > 0).isEqualTo(!how.equals("header"));
            assertHolds(engine, id);
            assertThat(check(engine).problems()).isEmpty();
            assertThat(engine.scrubStatus().problemCount()).isZero();
        }
        try (Engine engine = Engine.open(store, OPTIONS)) {
            assertThat(check(engine).problems()).isEmpty();
            assertHolds(engine, id);
        }
        try (Engine engine = Engine.open(other, OPTIONS)) {
            assertThat(check(engine).problems()).as("the source is as it was").isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"flips", "truncated", "deleted"})
    void allIsMendedFromTheRawDisk(String how) throws IOException {
        Path store = folder.resolve("store");
        String id = made(store);
        damage(store, how);
        try (Engine engine = Engine.open(store, OPTIONS);
                BlockDevice disk = raw(BLOCKS)) {
            RepairReport report = repair(engine, RepairSource.ofDisk("disk.raw", disk));
            assertThat(report.left().problems()).isEmpty();
            assertThat(report.lostChunks()).isPositive();
            assertHolds(engine, id);
            assertThat(check(engine).problems()).isEmpty();
        }
    }

    @Test
    void allIsMendedFromTheCache() throws IOException {
        Path store = folder.resolve("store");
        String id = made(store);
        try (Engine engine = Engine.open(store, OPTIONS)) {
            assertHolds(engine, id); // reads all into the cache
        }
        damage(store, "deleted");
        try (Engine engine = Engine.open(store, OPTIONS)) {
            RepairReport report = repair(engine);
            assertThat(report.found()).extracting(RepairReport.Found::source).containsExactly("cache and volumes");
            assertThat(report.left().problems()).isEmpty();
        }
        deleteCache(store);
        try (Engine engine = Engine.open(store, OPTIONS)) {
            assertThat(check(engine).problems()).isEmpty();
            assertHolds(engine, id);
        }
    }

    private static void deleteCache(Path store) throws IOException {
        try (Stream<Path> files = Files.list(store.resolve("cache"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void allIsMendedFromWhatWasWrittenToAVolume() throws IOException {
        Path store = folder.resolve("store");
        String id = made(store);
        try (Engine engine = Engine.open(store, OPTIONS)) {
            String volume = scope(engine)
                    .volumes()
                    .create(VolumeRequest.NEW.withSizeGib(1))
                    .id();
            try (BlockDevice disk = scope(engine).volumes().attach(volume)) {
                for (int i = 0; i < BLOCKS; i++) {
                    disk.write(ByteBuffer.wrap(block(i)), (long) (i + 7) * BLOCK);
                }
                damage(store, "deleted");
                RepairReport report = repair(engine); // it is attached
                assertThat(report.left().problems()).isEmpty();
                assertThat(report.lostChunks()).isPositive();
            }
            assertHolds(engine, id);
        }
    }

    @Test
    void whatCanNotBeMendedIsListedAndTheRestIs() throws IOException {
        Path store = folder.resolve("store");
        String id = made(store);
        damage(store, "deleted");
        try (Engine engine = Engine.open(store, OPTIONS);
                BlockDevice disk = raw(20)) {
            RepairSource source = RepairSource.ofDisk("half", disk);
            List<CheckProblem> before = check(engine).problems();
            RepairReport dry = engine.repair(List.of(source), true, (done, total) -> {});
            assertThat(check(engine).problems()).as("nothing was changed").isEqualTo(before);
            RepairReport report = repair(engine, source);
            assertThat(dry.found()).isEqualTo(report.found());
            assertThat(report.left().problems()).isNotEmpty().allSatisfy(problem -> {
                if (problem.lengthBytes() > 0) {
                    assertThat(problem.snapshotId()).isEqualTo(id);
                    assertThat(problem.offsetBytes()).isGreaterThanOrEqualTo(20L * BLOCK);
                }
            });
            try (BlockDevice read = scope(engine).volumes().open(id)) {
                read.read(ByteBuffer.allocate(20 * BLOCK), 0);
                assertThatThrownBy(() -> read.read(ByteBuffer.allocate(BLOCK), 22L * BLOCK))
                        .isInstanceOf(IOException.class);
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    /** Nodes tell what else is lost: level by level, then chunks. */
    @Test
    void lostManifestsAreMendedFromAnotherStoreAndThenWhatTheyName() throws IOException {
        Path store = folder.resolve("store");
        Path other = folder.resolve("other");
        long far = 300_000;
        try (Engine engine = Engine.create(store, NewStore.DEFAULT, OPTIONS);
                SnapshotWriter writer = scope(engine).snapshots().writer(SnapshotRequest.NEW)) {
            for (int i = 0; i < BLOCKS; i++) {
                writer.put(i == 7 ? far : i, ByteBuffer.wrap(block(i)));
            }
            writer.complete((far + 1) * BLOCK);
        }
        copy(store, other); // the tree of last writers has ids in it: only a copy has the same
        int nodes = Losses.nodes(store);
        damage(store, "flips");
        try (Engine engine = Engine.open(store, OPTIONS);
                ContentSource content = Engine.openContent(other, OPTIONS)) {
            RepairReport none = repair(engine);
            assertThat(none.lostNodes()).as("what is below is not known").isLessThan(nodes);
            assertThat(none.left().problems()).isNotEmpty();
            RepairReport report = repair(engine, RepairSource.ofStore("other", content));
            assertThat(report.left().problems()).isEmpty();
            assertThat(report.lostChunks()).isPositive();
            assertThat(report.found())
                    .hasSize(1)
                    .allSatisfy(found -> assertThat(found.nodes())
                            .isEqualTo(report.lostNodes())
                            .isGreaterThan(none.lostNodes()));
            assertThat(check(engine).problems()).isEmpty();
        }
    }
}
