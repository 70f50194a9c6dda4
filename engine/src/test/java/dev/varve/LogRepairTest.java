package dev.varve;

import static dev.varve.SampleDisk.ACCOUNT;
import static dev.varve.SampleDisk.REGION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.varve.block.BlockDevice;
import dev.varve.cache.ChunkCache;
import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import dev.varve.file.FileTree;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.store.Compression;
import dev.varve.store.PackStore;
import dev.varve.store.StoreOptions;
import dev.varve.volume.VolumeRegistry;
import dev.varve.volume.VolumeRequest;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What rotted in a volume's log comes back from a copy of the store, whether or not the volume was opened meanwhile. */
class LogRepairTest {
    private static final int PAGE = 4096;
    private static final int PAGES = 20;
    private static final int RECORD = 64 + PAGE;

    @TempDir
    Path folder;

    private String id = "";

    private static EngineOptions options() {
        return SampleDisk.options();
    }

    private static Volumes volumes(Engine engine) {
        return engine.volumes(ACCOUNT, REGION);
    }

    private Path store() {
        return folder.resolve("store");
    }

    private Path second() {
        return folder.resolve("second");
    }

    private static void write(BlockDevice disk, int page, int value) throws IOException {
        byte[] bytes = new byte[PAGE];
        Arrays.fill(bytes, (byte) value);
        disk.write(ByteBuffer.wrap(bytes), (long) page * PAGE);
    }

    private static int read(BlockDevice disk, int page) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(PAGE);
        disk.read(bytes, (long) page * PAGE);
        return bytes.get(PAGE - 1);
    }

    /** A store with a volume of which each page was written twice; as it was before or after the volume was detached. */
    private void fill(boolean killed) throws IOException {
        Path made = folder.resolve("made");
        try (Engine engine = Engine.create(made, NewStore.DEFAULT, options())) {
            id = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1)).id();
            try (BlockDevice disk = volumes(engine).attach(id)) {
                for (int i = 0; i < 2 * PAGES; i++) {
                    write(disk, i % PAGES, i < PAGES ? 99 : i - PAGES + 1);
                }
                disk.flush();
                write(disk, PAGES, 1); // says that all before is durable
                disk.flush();
                write(disk, PAGES, 2);
                disk.flush();
                if (killed) {
                    copy(made, store());
                }
            }
        }
        if (!killed) {
            copy(made, store());
        }
        copy(store(), second());
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    private Path log() throws IOException {
        try (Stream<Path> files = Files.list(store().resolve("volumes"))) {
            return files.sorted().findFirst().orElseThrow();
        }
    }

    /** Rots places, and the directory. */
    private void flip(int... places) throws IOException {
        byte[] bytes = Files.readAllBytes(log());
        bytes[bytes.length - 64] ^= 1;
        for (int at : places) {
            bytes[at] ^= 1;
        }
        Files.write(log(), bytes);
    }

    private RepairReport repair(Engine engine) throws IOException {
        try (ContentSource source = Engine.openContent(second(), options())) {
            return engine.repair(List.of(RepairSource.ofStore("second", source)), false, (done, total) -> {});
        }
    }

    private void assertWhole(Engine engine, int from) throws IOException {
        try (BlockDevice disk = volumes(engine).attach(id)) {
            for (int page = from; page < PAGES; page++) {
                assertThat(read(disk, page)).isEqualTo(page + 1);
            }
            assertThat(read(disk, PAGES)).isEqualTo(2);
        }
    }

    private static long records(RepairReport report) {
        return report.found().stream().mapToLong(RepairReport.Found::logRecords).sum();
    }

    @ParameterizedTest
    @CsvSource({"true, 0", "false, 0", "true, 1", "false, 1", "true, 3", "false, 3"})
    void allIsBackHoweverOftenItWasOpenedBefore(boolean killed, int openings) throws IOException {
        fill(killed);
        flip((PAGES + 3) * RECORD + 9, (PAGES + 5) * RECORD + 70, (PAGES + 10) * RECORD + 9);
        for (int i = 0; i < openings; i++) {
            try (Engine engine = Engine.open(store(), options());
                    BlockDevice disk = volumes(engine).attach(id)) {
                assertThatThrownBy(() -> read(disk, 3)).isInstanceOf(IOException.class);
                assertThatThrownBy(() -> read(disk, 5)).isInstanceOf(IOException.class);
                write(disk, 0, 50 + i); // newer
                disk.flush();
            }
        }
        try (Engine engine = Engine.open(store(), options())) {
            RepairReport report = repair(engine);
            assertThat(report.left().problems()).isEmpty();
            assertThat(report.failures()).isEmpty();
            assertThat(records(report)).isEqualTo(2);
            assertThat(report.found()).anySatisfy(found -> {
                assertThat(found.source()).isEqualTo("second");
                assertThat(found.logPages()).isEqualTo(1);
            });
            assertWhole(engine, openings > 0 ? 1 : 0);
            assertThat(repair(engine).found()).as("nothing more").isEmpty();
        }
        try (Engine engine = Engine.open(store(), options());
                BlockDevice disk = volumes(engine).attach(id)) {
            assertThat(read(disk, 0)).isEqualTo(openings > 0 ? 49 + openings : 1);
            assertThat(read(disk, 3)).isEqualTo(4);
        }
    }

    /** What was written after the damage was noted is newer than what comes back. */
    @Test
    void whatWasWrittenSinceStays() throws IOException {
        fill(true);
        flip((PAGES + 3) * RECORD + 9);
        try (Engine engine = Engine.open(store(), options())) {
            try (BlockDevice disk = volumes(engine).attach(id)) {
                write(disk, 3, 77);
            }
            assertThat(repair(engine).left().problems()).isEmpty();
            try (BlockDevice disk = volumes(engine).attach(id)) {
                assertThat(read(disk, 3)).isEqualTo(77);
            }
        }
    }

    /** Two records in a row: the volume can't be opened. */
    @Test
    void volumeThatCouldNotBeOpenedCanBe() throws IOException {
        fill(true);
        flip(3 * RECORD + 9, 4 * RECORD + 9);
        try (Engine engine = Engine.open(store(), options())) {
            assertThatThrownBy(() -> volumes(engine).attach(id)).hasMessageContaining("its log is damaged");
            assertThat(engine.repair(List.of(), false, (done, total) -> {})
                            .left()
                            .problems())
                    .as("without a source")
                    .singleElement()
                    .satisfies(problem -> assertThat(problem.message()).contains("its log is damaged"));
            RepairReport report = repair(engine);
            assertThat(report.left().problems()).isEmpty();
            assertThat(records(report)).isEqualTo(2);
            assertWhole(engine, 0);
        }
    }

    /** The older record of the page is not taken for the newer one. */
    @Test
    void whatCanNotBeMendedIsListedAndStaysDamaged() throws IOException {
        fill(true);
        flip((PAGES + 3) * RECORD + 9, (PAGES + 5) * RECORD + 70);
        byte[] bytes = Files.readAllBytes(log());
        Files.write(second().resolve(store().relativize(log())), bytes); // rotted in the same places
        try (Engine engine = Engine.open(store(), options())) {
            for (int i = 0; i < 2; i++) {
                RepairReport report = repair(engine);
                assertThat(report.found()).isEmpty();
                assertThat(report.left().problems())
                        .extracting(CheckProblem::snapshotId, CheckProblem::offsetBytes, CheckProblem::lengthBytes)
                        .containsExactly(tuple(id, 3L * PAGE, (long) PAGE), tuple(id, 5L * PAGE, (long) PAGE));
                try (BlockDevice disk = volumes(engine).attach(id)) { // notes them
                    assertThatThrownBy(() -> read(disk, 3)).isInstanceOf(IOException.class);
                    assertThat(read(disk, 4)).isEqualTo(5);
                }
            }
        }
    }

    @Test
    void attachedVolumeIsLookedAtOnly() throws IOException {
        fill(true);
        flip((PAGES + 5) * RECORD + 70);
        byte[] damaged = Files.readAllBytes(log());
        try (Engine engine = Engine.open(store(), options())) {
            try (BlockDevice disk = volumes(engine).attach(id)) {
                assertThat(repair(engine).left().problems()).singleElement().satisfies(problem -> {
                    assertThat(problem.message()).contains("in use: detach it");
                    assertThat(problem.offsetBytes()).isEqualTo(5L * PAGE);
                });
                assertThat(read(disk, 4)).isEqualTo(5);
            }
            assertThat(Files.readAllBytes(log())).isEqualTo(damaged);
            assertThat(repair(engine).left().problems()).isEmpty();
            assertWhole(engine, 0);
        }
    }

    @Test
    void volumeThatCanBeRestoredIsMended() throws IOException {
        fill(false);
        flip((PAGES + 3) * RECORD + 9, (PAGES + 5) * RECORD + 70);
        try (Engine engine = Engine.open(store(), options())) {
            volumes(engine).delete(id);
            assertThat(repair(engine).left().problems()).isEmpty();
            volumes(engine).restore(id);
            assertWhole(engine, 0);
        }
    }

    /** A log that was closed says where it ends; of another nobody knows what came after the copy was made. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void deletedFileIsMadeAnew(boolean killed) throws IOException {
        fill(killed);
        if (killed) { // else the directory of the log that was closed would be there
            byte[] bytes = Files.readAllBytes(log());
            Arrays.fill(bytes, bytes.length - 4096, bytes.length, (byte) 0);
            Files.write(second().resolve(store().relativize(log())), bytes);
        }
        Files.delete(log());
        try (Engine engine = Engine.open(store(), options())) {
            assertThatThrownBy(() -> volumes(engine).attach(id)).isInstanceOf(IOException.class);
            RepairReport report = repair(engine);
            assertThat(report.failures()).isEmpty();
            if (killed) {
                assertThat(report.left().problems()).singleElement().satisfies(problem -> {
                    assertThat(problem.message()).contains("what was written later");
                    assertThat(problem.snapshotId()).isEqualTo(id);
                });
            } else {
                assertThat(report.left().problems()).isEmpty();
            }
            assertWhole(engine, 0);
            assertThat(repair(engine).left().problems()).isEmpty();
        }
    }

    private static Engine over(Path folder, FileIo io, SteppedBackground background) throws IOException {
        StoreOptions with =
                new StoreOptions(SampleDisk.BLOCK, Compression.LZ4, 8 << 20, Path.of("target", "native"), io);
        return Engine.over(
                Files.exists(folder) ? PackStore.open(folder, with) : PackStore.create(folder, with),
                io,
                () -> ChunkCache.onHeap(SampleDisk.BLOCK, 1 << 20),
                new VolumeRegistry.LogFolder(io, folder.resolve("volumes")),
                options(),
                background);
    }

    /** What can't be made durable is a problem, and not counted as mended; another repair mends it. */
    @Test
    void whatCanNotBeWrittenIsListed() throws IOException {
        fill(true);
        flip((PAGES + 5) * RECORD + 70);
        Path log = log();
        FaultyFiles files = new FaultyFiles(1, folder.resolve("graves"));
        try (Engine engine = over(store(), new FileIo(files), new SteppedBackground())) {
            files.failWhen((call, path) -> call == FaultyFiles.Call.SYNC && path.equals(log));
            RepairReport failed = repair(engine);
            assertThat(failed.found()).isEmpty();
            assertThat(failed.left().problems()).singleElement().satisfies(problem -> {
                assertThat(problem.message()).contains("could not be mended");
                assertThat(problem.snapshotId()).isEqualTo(id);
            });
            files.failNever();
            assertThat(repair(engine).left().problems()).isEmpty();
            assertWhole(engine, 0);
        }
    }

    /** Nothing stands behind it; only the volume's record says that it was there. */
    @Test
    void lastRecordOfALayerIsNotForgotten() throws IOException {
        Path made = folder.resolve("made");
        try (Engine engine = over(made, new FileIo(), new SteppedBackground())) { // folds nothing
            id = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1)).id();
            try (BlockDevice disk = volumes(engine).attach(id)) {
                write(disk, 0, 1);
                write(disk, 1, 2);
                volumes(engine).snapshot(id, SnapshotRequest.NEW);
                copy(made, store());
                copy(made, second());
            }
        }
        flip(RECORD + 9);
        try (Engine engine = over(store(), new FileIo(), new SteppedBackground())) {
            assertThat(engine.repair(List.of(), false, (done, total) -> {})
                            .left()
                            .problems())
                    .extracting(CheckProblem::snapshotId)
                    .contains(id);
            RepairReport report = repair(engine);
            assertThat(report.left().problems()).isEmpty();
            assertThat(records(report)).isEqualTo(1);
            try (BlockDevice disk = volumes(engine).attach(id)) {
                assertThat(read(disk, 1)).isEqualTo(2);
            }
        }
    }

    @Test
    void dryRunChangesNothing() throws IOException {
        fill(true);
        flip((PAGES + 3) * RECORD + 9, (PAGES + 5) * RECORD + 70);
        byte[] damaged = Files.readAllBytes(log());
        try (Engine engine = Engine.open(store(), options());
                ContentSource source = Engine.openContent(second(), options())) {
            List<RepairSource> sources = List.of(RepairSource.ofStore("second", source));
            RepairReport dry = engine.repair(sources, true, (done, total) -> {});
            assertThat(Files.readAllBytes(log())).isEqualTo(damaged);
            assertThat(dry.left().problems()).isEmpty();
            assertThat(engine.repair(sources, false, (done, total) -> {}).found())
                    .isEqualTo(dry.found());
        }
    }

    /** Another store's content, with a step in between. */
    private record Stepping(ContentSource below, Step step) implements ContentSource {
        private interface Step {
            void run() throws IOException;
        }

        @Override
        public byte @Nullable [] chunk(byte[] id) throws IOException {
            return below.chunk(id);
        }

        @Override
        public byte @Nullable [] node(byte[] id) throws IOException {
            return below.node(id);
        }

        @Override
        public byte @Nullable [] logBytes(byte[] nonce, long offsetBytes, int lengthBytes) throws IOException {
            step.run();
            return below.logBytes(nonce, offsetBytes, lengthBytes);
        }

        @Override
        public void close() throws IOException {
            below.close();
        }
    }

    /** Who attaches a volume whose log is being mended gets it mended. */
    @Test
    void whoAttachesMeanwhileWaits() throws Exception {
        fill(true);
        flip((PAGES + 3) * RECORD + 9, (PAGES + 5) * RECORD + 70);
        try (Engine engine = Engine.open(store(), options())) {
            CompletableFuture<Integer> found = new CompletableFuture<>();
            Thread client = new Thread(() -> {
                try (BlockDevice disk = volumes(engine).attach(id)) {
                    found.complete(read(disk, 3) + read(disk, 5));
                } catch (IOException | RuntimeException e) {
                    found.completeExceptionally(e);
                }
            });
            AtomicBoolean begun = new AtomicBoolean();
            Stepping.Step attach = () -> {
                if (begun.compareAndSet(false, true)) {
                    client.start();
                }
                while (client.getState() != Thread.State.BLOCKED && client.isAlive()) {
                    Thread.onSpinWait();
                }
            };
            try (ContentSource source = new Stepping(Engine.openContent(second(), options()), attach)) {
                RepairReport report =
                        engine.repair(List.of(RepairSource.ofStore("second", source)), false, (done, total) -> {});
                assertThat(report.left().problems()).isEmpty();
            }
            assertThat(found.get(60, TimeUnit.SECONDS)).isEqualTo(4 + 6);
            client.join();
        }
    }

    @Test
    void partsOfLogsAreChecked() throws IOException {
        fill(true);
        try (ContentSource source = Engine.openContent(second(), options())) {
            assertThat(source.logBytes(new byte[16], 0, 64)).as("no such life").isNull();
            assertThat(source.logBytes(new byte[3], 0, 64)).isNull();
            assertThatThrownBy(() -> source.logBytes(new byte[16], -1, 64))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> source.logBytes(new byte[16], 0, 0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> source.logBytes(new byte[16], 0, ContentSource.MAX_LOG_BYTES + 1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** A source that can't be read any more is told, and the others are asked. */
    @Test
    void sourceThatFailsIsPassedOver() throws IOException {
        fill(true);
        flip((PAGES + 5) * RECORD + 70);
        try (Engine engine = Engine.open(store(), options());
                ContentSource source = Engine.openContent(second(), options())) {
            ContentSource failing = new Stepping(source, () -> {
                throw new IOException("it has gone");
            });
            RepairReport report = engine.repair(
                    List.of(RepairSource.ofStore("failing", failing), RepairSource.ofStore("second", source)),
                    false,
                    (done, total) -> {});
            assertThat(report.failures()).containsExactly("failing: it has gone");
            assertThat(report.left().problems()).isEmpty();
        }
    }

    /** A file that is there and can't be opened is not one that is not there. */
    @Test
    void sourceThatCanNotOpenItsFileIsTold() throws IOException {
        fill(true);
        flip((PAGES + 5) * RECORD + 70);
        Path theirs = second().resolve(store().relativize(log()));
        Files.delete(theirs);
        Files.createSymbolicLink(theirs, theirs.getFileName()); // to itself
        try (Engine engine = Engine.open(store(), options())) {
            RepairReport report = repair(engine);
            assertThat(report.failures()).singleElement().asString().startsWith("second: ");
            assertThat(report.left().problems()).hasSize(1);
        }
    }

    private static final int MANY = 1024;

    /**
     * A volume with a history.
     *
     * @param had takes all that each page held
     * @return what each page holds at its end
     */
    private byte[] live(Path made, Random random, List<BitSet> had) throws IOException {
        byte[] values = new byte[MANY];
        had.forEach(page -> page.set(0));
        try (Engine engine = Engine.create(made, NewStore.DEFAULT, options())) {
            id = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1)).id();
            for (int session = 0; session < 3; session++) {
                try (BlockDevice disk = volumes(engine).attach(id)) {
                    for (int i = 0; i < 60; i++) {
                        int count = 1 + random.nextInt(random.nextInt(4) == 0 ? 100 : 4);
                        int page = random.nextInt(MANY - count);
                        byte value = (byte) (random.nextInt(5) == 0 ? 0 : 1 + random.nextInt(100));
                        Arrays.fill(values, page, page + count, value);
                        had.subList(page, page + count).forEach(each -> each.set(value));
                        if (value == 0) {
                            disk.writeZeroes((long) page * PAGE, (long) count * PAGE);
                        } else {
                            byte[] bytes = new byte[count * PAGE];
                            Arrays.fill(bytes, value);
                            disk.write(ByteBuffer.wrap(bytes), (long) page * PAGE);
                        }
                        if (random.nextInt(8) == 0) {
                            disk.flush();
                        }
                    }
                    disk.flush();
                    if (session == 2 && random.nextBoolean()) {
                        copyAtWork(made, store());
                    }
                }
            }
        }
        if (!Files.exists(store())) {
            copy(made, store());
        }
        return values;
    }

    /** A segment that is made meanwhile may be in the index and not in the folder: that is no state of one moment. */
    private static void copyAtWork(Path from, Path to) throws IOException {
        while (true) {
            if (Files.exists(to)) {
                FileTree.delete(to);
            }
            List<Path> before = logs(from);
            try {
                copy(from, to);
                if (before.equals(logs(from))) {
                    return;
                }
            } catch (NoSuchFileException e) {
                // one that the index needs no more
            }
        }
    }

    private static List<Path> logs(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("volumes"))) {
            return files.sorted().toList();
        }
    }

    private void rot(Random random) throws IOException {
        try (Stream<Path> files = Files.list(store().resolve("volumes"))) {
            for (Path file : files.sorted().toList()) {
                byte[] bytes = Files.readAllBytes(file);
                for (int i = random.nextInt(40); i > 0; i--) {
                    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                }
                if (random.nextBoolean()) {
                    int from = random.nextInt(bytes.length - 20_000);
                    Arrays.fill(bytes, from, from + 20_000, (byte) 0);
                }
                if (random.nextInt(4) == 0) {
                    bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
                }
                Files.write(file, bytes);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void logsThatHaveRottedAllOverAreWholeAgain(long seed) throws IOException {
        Random random = new Random(seed);
        List<BitSet> had = Stream.generate(BitSet::new).limit(MANY).toList();
        byte[] values = live(folder.resolve("made"), random, had);
        copy(store(), second());
        rot(random);
        try (Engine engine = Engine.open(store(), options())) {
            RepairReport report = repair(engine);
            assertThat(report.left().problems())
                    .as("but for files that were cut: nobody knows how far they went")
                    .allSatisfy(
                            problem -> assertThat(problem.message()).contains("what was written later, if anything"));
            boolean isTold = report.failures().stream().anyMatch(each -> each.contains("a source has more"));
            try (BlockDevice disk = volumes(engine).attach(id)) {
                for (int page = 0; page < MANY; page++) {
                    int found = read(disk, page);
                    assertThat(found == values[page] || isTold && had.get(page).get(found))
                            .as("page %d, %s", page, report.failures())
                            .isTrue();
                }
            }
            assertThat(repair(engine).left().problems()).isEmpty();
        }
    }
}
