package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What was lost of a segment comes back from another copy of it, as it was, and nothing else does. */
@Timeout(120)
class SegmentMendingTest extends VolumeFixture {
    private static final int PAGES = 40;
    private static final int SEEDS_AT_THE_END = 100;

    private int records;
    private int pages;
    private int untaken;

    /** A copy of segments, as it was when this was made; what it brings goes through {@code lie}. */
    private record Copy(List<SegmentEntry> entries, Path folder, UnaryOperator<byte[]> lie) implements LogSource {
        @Override
        public String name() {
            return "copy";
        }

        @Override
        public byte @Nullable [] read(byte[] nonce, long offsetBytes, int lengthBytes) throws IOException {
            for (SegmentEntry entry : entries) {
                Path file = FileSegments.path(folder, entry.number());
                if (entry.nonce().equals(HexFormat.of().formatHex(nonce)) && Files.exists(file)) {
                    byte[] bytes = Arrays.copyOf(lie.apply(Files.readAllBytes(file)), entry.sizeBytes());
                    return Arrays.copyOfRange(bytes, (int) offsetBytes, (int) offsetBytes + lengthBytes);
                }
            }
            return null;
        }
    }

    private Copy copy(VolumeRig rig) throws IOException {
        Path folder = Files.createTempDirectory(tmp, "copy");
        for (SegmentEntry entry : rig.entries()) {
            Files.copy(file(entry.number()), FileSegments.path(folder, entry.number()));
        }
        return new Copy(List.copyOf(rig.entries()), folder, bytes -> bytes);
    }

    private Path file(long number) {
        return FileSegments.path(tmp.resolve("logs"), number);
    }

    /** What a repair does with one log; whether anything is lost still that was looked at. */
    private boolean mend(VolumeRig rig, FileIo with, boolean dryRun, LogSource... sources) throws IOException {
        SourceSegment.Failures failures = new SourceSegment.Failures();
        LogState state = new LogState(List.copyOf(rig.entries()), LogState.Start.FIRST, LogState.Start.FIRST);
        boolean isLeft = false;
        records = 0;
        pages = 0;
        untaken = 0;
        try (SegmentSpace space = VolumeRig.fileSegments(with, tmp.resolve("logs"))) {
            OwnLog log = new OwnLog(state, space, failed -> {});
            long last = log.before();
            for (int i = 0; i < state.segments().size(); i++) {
                SegmentEntry entry = state.segments().get(i);
                try (MendedFile own = new MendedFile(with, tmp.resolve("logs"), entry.number(), entry.sizeBytes())) {
                    SegmentMending mending =
                            new SegmentMending(own, log, i, List.of(sources), failures, last, this::count, dryRun);
                    mending.run();
                    last = mending.last();
                    isLeft |= mending.isLeft();
                    untaken += mending.goesOnElsewhere() ? 1 : 0;
                }
            }
        }
        return isLeft;
    }

    private void count(String source, LogMending.Found found) {
        records += (int) found.records();
        pages += (int) found.pages();
    }

    private boolean mend(VolumeRig rig, LogSource... sources) throws IOException {
        return mend(rig, io, false, sources);
    }

    /** Records of one page, of several, zeros; closed well, or killed. */
    private VolumeRig written(boolean closed) throws IOException {
        VolumeRig rig = files();
        VolumeDevice device = rig.open();
        for (int page = 0; page < PAGES; page++) {
            put(device, page, 1 + page % 3, page + 1);
            if (page % 5 == 0) {
                device.trim((long) (page + 100) << Pages.SHIFT, 7 << Pages.SHIFT);
            }
        }
        device.flush();
        if (closed) {
            device.close();
        }
        return rig;
    }

    private void deleteLogs() throws IOException {
        try (Stream<Path> files = Files.list(tmp.resolve("logs"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    private static void assertWritten(VolumeDevice device) throws IOException {
        for (int page = 0; page < PAGES; page++) {
            assertThat(get(device, page)).as("page %d", page).isEqualTo(page + 1);
        }
    }

    private static int endOf(byte[] bytes) {
        int end = bytes.length - LogSegment.TRAILER_BYTES;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }

    private interface Change {
        byte @Nullable [] of(byte[] bytes);
    }

    private void change(long number, Change change) throws IOException {
        byte[] changed = change.of(Files.readAllBytes(file(number)));
        if (changed == null) {
            Files.delete(file(number));
        } else {
            Files.write(file(number), changed);
        }
    }

    /** Damage of a kind, within the first 170 KB, which records take. */
    private static byte @Nullable [] damaged(byte[] bytes, String kind, Random random) {
        int at = random.nextInt(160 << 10);
        int other = random.nextInt(160 << 10);
        switch (kind) {
            case "flips" -> {
                for (int i = 0; i < 20; i++) {
                    bytes[random.nextInt(160 << 10)] ^= (byte) (1 << random.nextInt(8));
                }
            }
            case "header" -> bytes[9] ^= 1;
            case "headers" -> {
                bytes[9] ^= 1;
                bytes[RecordHeader.recordBytes(RecordHeader.Type.DATA, 1) + 9] ^= 1;
            }
            case "zeros" -> Arrays.fill(bytes, Math.min(at, other), Math.max(at, other), (byte) 0);
            case "all" -> Arrays.fill(bytes, 0, 160 << 10, (byte) 0); // but the last ones
            case "swapped" -> {
                byte[] part = Arrays.copyOfRange(bytes, at & -64, (at & -64) + 8192);
                System.arraycopy(bytes, other & -64, bytes, at & -64, 8192);
                System.arraycopy(part, 0, bytes, other & -64, 8192);
            }
            case "directory" -> {
                bytes[bytes.length - 60] ^= 1;
                bytes[9] ^= 1;
                bytes[100] ^= 1;
            }
            case "cut" -> {
                return Arrays.copyOf(bytes, at);
            }
            case "longer" -> {
                return Arrays.copyOf(bytes, bytes.length + 5000);
            }
            case "deleted" -> {
                return null;
            }
            default -> throw new IllegalArgumentException(kind);
        }
        return bytes;
    }

    @ParameterizedTest
    @CsvSource({
        "flips, true", "flips, false", "header, true", "header, false", "headers, true", "headers, false",
        "zeros, true", "zeros, false", "all, true", "all, false", "swapped, true", "swapped, false",
        "directory, true", "cut, true", "cut, false", "longer, true", "longer, false", "deleted, true",
        "deleted, false"
    })
    void whatWasLostComesBackAsItWas(String kind, boolean closed) throws IOException {
        for (int seed = 0; seed < 3; seed++) {
            Random random = new Random(seed);
            VolumeRig rig = written(closed);
            Copy copy = copy(rig);
            long number = rig.entries().get(0).number();
            byte[] before = Files.readAllBytes(file(number));
            change(number, bytes -> damaged(bytes, kind, random));
            assertThat(mend(rig, copy)).as("%s, seed %d", kind, seed).isFalse();
            byte[] after = Files.readAllBytes(file(number));
            int end = closed ? before.length : endOf(before);
            assertThat(after).hasSameSizeAs(before);
            if (kind.equals("directory") || kind.equals("swapped")) {
                end = 160 << 10; // the directory is never needed
            }
            assertThat(Arrays.mismatch(after, 0, end, before, 0, end))
                    .as("%s, seed %d", kind, seed)
                    .isEqualTo(-1);
            try (VolumeDevice device = rig.open()) {
                assertWritten(device);
            }
            deleteLogs();
        }
    }

    /** Also without another copy: the headers are there twice. */
    @Test
    void headerComesBackFromTheDirectory() throws IOException {
        VolumeRig rig = written(true);
        flip(1, 9);
        assertThat(mend(rig)).isFalse();
        assertThat(records).isEqualTo(1);
        loseDirectory(1);
        try (VolumeDevice device = rig.open()) {
            assertWritten(device);
        }
    }

    @Test
    void dryRunChangesNothingAndFindsTheSame() throws IOException {
        VolumeRig rig = written(false);
        Copy copy = copy(rig);
        change(1, bytes -> damaged(bytes, "zeros", new Random(3)));
        byte[] damaged = Files.readAllBytes(file(1));
        assertThat(mend(rig, io, true, copy)).isFalse();
        int foundRecords = records;
        int foundPages = pages;
        assertThat(foundRecords).isPositive();
        assertThat(Files.readAllBytes(file(1))).isEqualTo(damaged);
        mend(rig, copy);
        assertThat(records).isEqualTo(foundRecords);
        assertThat(pages).isEqualTo(foundPages);
    }

    /** Of a copy that was made before the last records were written, the others stay. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void newerRecordsStay(boolean closed) throws IOException {
        VolumeRig rig = files();
        VolumeDevice device = rig.open();
        put(device, 0, 1);
        put(device, 1, 1);
        device.flush();
        Copy copy = copy(rig);
        put(device, 1, 2);
        put(device, 2, 2);
        device.flush();
        if (closed) {
            device.close();
        }
        flip(1, 9);
        flip(1, 3 * ONE_PAGE + 200);
        assertThat(mend(rig, copy)).as("what it does not have").isTrue();
        try (VolumeDevice mended = rig.open()) {
            assertThat(get(mended, 0)).isEqualTo(1);
            assertThat(get(mended, 1)).isEqualTo(2);
        } catch (IOException e) {
            throw new AssertionError("the rest is readable", e);
        }
        assertThat(tryGet(rig, 2)).isIn("damaged", closed ? "damaged" : "0");
    }

    @Test
    void ofAnotherLifeNothingIsTaken() throws IOException {
        VolumeRig rig = written(false);
        Copy copy = copy(rig);
        SegmentEntry entry = rig.entries().get(0);
        String other = "00".repeat(LogSegment.NONCE_BYTES);
        change(1, bytes -> damaged(bytes, "zeros", new Random(3)));
        byte[] damaged = Files.readAllBytes(file(1));
        Copy unknown = new Copy(
                List.of(new SegmentEntry(entry.number(), entry.sizeBytes(), other, entry.endBytes())),
                copy.folder,
                bytes -> bytes);
        mend(rig, unknown);
        assertThat(Files.readAllBytes(file(1))).isEqualTo(damaged);

        // one that says that it is of this life, and is of another
        Path third = Files.createDirectories(tmp.resolve("third"));
        VolumeRig stranger = VolumeRig.inFiles(() -> io, third, SIZE);
        VolumeDevice device = stranger.open();
        put(device, 0, 60, 77);
        device.flush();
        Copy lying = new Copy(List.of(entry), third, bytes -> bytes);
        mend(rig, lying);
        assertThat(Files.readAllBytes(file(1))).isEqualTo(damaged);
        assertThat(records + pages).isZero();
    }

    /** What has rotted in the copy as well is not taken; what has not is. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void whatIsWrongInTheCopyIsNotTaken(long seed) throws IOException {
        VolumeRig rig = written(seed % 2 == 0);
        byte[] before = Files.readAllBytes(file(1));
        Copy copy = copy(rig);
        Copy lying = new Copy(copy.entries, copy.folder, bytes -> damaged(bytes, "flips", new Random(seed)));
        change(1, bytes -> damaged(bytes, seed % 3 == 0 ? "all" : "zeros", new Random(seed + 7)));
        byte[] damaged = Files.readAllBytes(file(1));
        mend(rig, lying);
        byte[] after = Files.readAllBytes(file(1));
        for (int at = 0; at < 160 << 10; at++) {
            assertThat(after[at]).as("at %d", at).isIn(before[at], damaged[at]);
        }
        mend(rig, lying, copy);
        try (VolumeDevice device = rig.open()) {
            assertWritten(device);
        }
    }

    /** Ended anywhere, also by a loss of power, no byte is wrong, and another mending ends it. */
    @ParameterizedTest
    @ValueSource(strings = {"flips", "zeros", "all", "cut", "deleted"})
    void endedAnywhereItIsGoneOnWith(String kind) throws IOException {
        int changes = 0;
        while (endedAt(changes, changes, kind, changes % 5 == 0)) {
            changes++;
        }
        assertThat(changes).isPositive();
    }

    /** Where a file gets its length, which is to come last. */
    @ParameterizedTest
    @ValueSource(strings = {"cut", "deleted"})
    void fileHasItsLengthWhenAllElseIsDurable(String kind) throws IOException {
        int changes = 0;
        while (endedAt(changes, 0, kind, false)) {
            changes++;
        }
        for (int seed = 0; seed < SEEDS_AT_THE_END; seed++) {
            endedAt(changes - 1 - seed % 4, seed, kind, false);
        }
    }

    /** Ends a mending at one change; whether there were so many. */
    private boolean endedAt(int change, int seed, String kind, boolean closed) throws IOException {
        VolumeRig rig = written(closed);
        Copy copy = copy(rig);
        change(1, bytes -> damaged(bytes, kind, new Random(1)));
        FaultyFiles files = new FaultyFiles(seed, tmp.resolve("graves"));
        files.stopAt(change);
        try (FileIo faulty = new FileIo(files)) {
            mend(rig, faulty, false, copy);
        } catch (IOException e) {
            assertThat(files.hit()).isTrue();
        }
        boolean hit = files.hit();
        if (seed % 5 == 1) {
            files.killProcess();
        } else {
            files.losePower();
        }
        assertNothingIsWrong(rig, kind);
        mend(rig, copy);
        try (VolumeDevice device = rig.open()) {
            assertWritten(device);
        }
        deleteLogs();
        return hit;
    }

    /**
     * Looks without opening it, which would note what is lost. Where no header is left that says what was durable, a log that
     * lost its first record looks empty, mended or not; but not one that was cut.
     */
    private void assertNothingIsWrong(VolumeRig rig, String kind) throws IOException {
        LogState state = new LogState(List.copyOf(rig.entries()), LogState.Start.FIRST, LogState.Start.FIRST);
        PageIndex index = new PageIndex();
        SegmentTable table = new SegmentTable();
        try {
            new LogRecovery(VolumeRig.ID, state, index).run(VolumeRig.fileSegments(io, tmp.resolve("logs")), table);
            LogReader reader = new LogReader(VolumeRig.ID, table, index);
            ByteBuffer found = ByteBuffer.allocate(Pages.BYTES);
            for (int page = 0; page < PAGES; page++) {
                long word = index.get(page);
                if (word == PageWord.NONE) {
                    assertThat(kind)
                            .as("page %d is as if it had never been written", page)
                            .isIn("flips", "zeros", "all");
                } else if (!PageWord.isDamaged(word)) {
                    reader.read(page, word, 0, found.clear(), Pages.BYTES, new Pages.Scratch());
                    boolean mayBeOlder = List.of("flips", "zeros", "all").contains(kind);
                    assertThat((int) found.get(0))
                            .as("page %d", page)
                            .isBetween(mayBeOlder ? page - 1 : page + 1, page + 1);
                }
            }
        } catch (IOException e) {
            assertThat(e.getMessage()).isNotBlank(); // refused, or a page is damaged
        } finally {
            table.close();
        }
    }

    /** The lost record was the last one that was durable: what the volume's record says of the end leaves its place. */
    @Test
    void lastDurableRecordComesBackAlsoAfterAnOpening() throws IOException {
        VolumeRig rig = files();
        VolumeDevice device = rig.open();
        put(device, 0, 1);
        put(device, 0, 2);
        device.flush();
        put(device, 5, 5);
        Copy copy = copy(rig);
        flip(1, ONE_PAGE + 9);
        assertThat(tryGet(rig, 0)).isEqualTo("damaged");
        assertThat(tryGet(rig, 0)).as("noted").isEqualTo("damaged");
        assertThat(rig.entries().get(0).endBytes()).isEqualTo(2 * ONE_PAGE);
        assertThat(mend(rig, copy)).isFalse();
        assertThat(tryGet(rig, 0)).as("noted still").isEqualTo("damaged");
        try (VolumeLog log = rig.openLog(LogState.Start.FIRST)) {
            assertThat(new DamageNotes(log, new Staging()).undo(LogState.Start.FIRST))
                    .isEqualTo(1);
        }
        assertThat(tryGet(rig, 0)).isEqualTo("2");
        assertThat(tryGet(rig, 5)).isEqualTo("5");
    }

    /** Behind the end that is recorded for a segment stands what was never durable: it is not taken for a lost record. */
    @Test
    void lostRecordOfAnotherSegmentLeavesARecordedEndAsItIs() throws IOException {
        VolumeRig rig = files();
        VolumeDevice device = rig.open();
        put(device, 0, 1);
        device.flush();
        put(device, 1, 1); // torn
        flip(1, ONE_PAGE + 200);
        put(rig.open(), 2, 2); // ends the first segment, is all of the second
        VolumeLog third = rig.openLog(new LogState.Start(3, 2));
        third.append(3, ByteBuffer.allocate(Pages.BYTES), new Staging(), VolumeLog.ALWAYS);
        List<SegmentEntry> entries = List.copyOf(rig.entries());
        assertThat(entries).extracting(SegmentEntry::endBytes).startsWith(ONE_PAGE, ONE_PAGE);
        flip(entries.get(1).number(), 9);
        LogState state = new LogState(entries, LogState.Start.FIRST, new LogState.Start(3, 2));
        SegmentTable table = new SegmentTable();
        try {
            LogRecovery recovery = new LogRecovery(VolumeRig.ID, state, new PageIndex());
            recovery.run(VolumeRig.fileSegments(io, tmp.resolve("logs")), table);
            assertThat(recovery.keptInMemory()).extracting(LogSegment::endBytes).startsWith(ONE_PAGE);
        } finally {
            table.close();
        }
    }

    /** A source that breaks off must not make a file whole of which it has not brought all. */
    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true", "false, false"})
    void sourceThatBreaksOffDoesNotEndAFile(boolean closed, boolean fails) throws IOException {
        VolumeRig rig = written(closed);
        Copy copy = copy(rig);
        loseDirectory(copy); // else it says where all ends
        Files.delete(file(1));
        int[] parts = {0};
        LogSource broken = new LogSource() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public byte @Nullable [] read(byte[] nonce, long offsetBytes, int lengthBytes) throws IOException {
                if (parts[0]++ < 6) {
                    return copy.read(nonce, offsetBytes, lengthBytes);
                }
                if (fails) {
                    throw new IOException("it has gone");
                }
                return null;
            }
        };
        assertThat(mend(rig, broken)).isTrue();
        assertThat(Files.exists(file(1))
                        && Files.size(file(1)) == rig.entries().get(0).sizeBytes())
                .as("taken for whole")
                .isFalse();
        assertThat(mend(rig, copy)).isFalse();
        try (VolumeDevice device = rig.open()) {
            assertWritten(device);
        }
    }

    private static void loseDirectory(Copy copy) throws IOException {
        Path file = FileSegments.path(copy.folder, copy.entries.get(0).number());
        byte[] bytes = Files.readAllBytes(file);
        Arrays.fill(bytes, bytes.length - 4096, bytes.length, (byte) 0);
        Files.write(file, bytes);
    }

    /** A copy that is newer than ours does not move ours forward. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void newerRecordsOfACopyAreNotTaken(boolean closed) throws IOException {
        VolumeRig rig = files();
        VolumeDevice device = rig.open();
        for (int page = 0; page < 5; page++) {
            put(device, page, 1);
        }
        device.flush();
        byte[] ours = Files.readAllBytes(file(1));
        for (int page = 0; page < 5; page++) {
            put(device, page, 2);
        }
        if (closed) {
            device.close();
        }
        Copy newer = copy(rig);
        Files.write(file(1), ours);
        assertThat(mend(rig, newer)).isFalse();
        assertThat(untaken).isEqualTo(1);
        assertThat(Files.readAllBytes(file(1))).isEqualTo(ours);

        flip(1, 9);
        flip(1, 3 * ONE_PAGE + 9);
        assertThat(mend(rig, newer)).isFalse();
        assertThat(records).isEqualTo(2);
        assertThat(Files.readAllBytes(file(1))).isEqualTo(ours);

        byte[] lost = ours.clone(); // of the last one nothing is left
        Arrays.fill(lost, 4 * ONE_PAGE, 5 * ONE_PAGE, (byte) 0);
        Files.write(file(1), lost);
        mend(rig, newer);
        assertThat(untaken).as("told").isEqualTo(1);
        assertThat(Files.readAllBytes(file(1))).isEqualTo(lost);
        try (VolumeDevice opened = rig.open()) {
            assertThat(get(opened, 3)).isEqualTo(1);
        }
    }

    /** Parts of a block that can't be read can't be written either: it is written whole. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, 13})
    void badSectorIsWrittenWhole(int block) throws IOException {
        VolumeRig rig = written(false);
        byte[] before = Files.readAllBytes(file(1));
        Copy copy = copy(rig);
        FaultyFiles files = new FaultyFiles(1, tmp.resolve("graves"));
        files.goBad(file(1), (long) block * Pages.BYTES);
        try (FileIo faulty = new FileIo(files)) {
            assertThat(mend(rig, faulty, false, copy)).isFalse();
            assertThat(mend(rig, faulty, true, copy)).isFalse();
            assertThat(records + pages).as("all is there").isZero();
        }
        assertThat(Files.readAllBytes(file(1))).isEqualTo(before);
    }

    /** The kernel has what a mending wrote that was killed; it may be lost until it is synced. */
    @Test
    void secondMendingSyncsWhatTheFirstOneWrote() throws IOException {
        VolumeRig rig = written(true);
        byte[] before = Files.readAllBytes(file(1));
        Copy copy = copy(rig);
        change(1, bytes -> damaged(bytes, "flips", new Random(1)));
        FaultyFiles files = new FaultyFiles(1, tmp.resolve("graves"));
        files.beforeSync = files::stop;
        try (FileIo faulty = new FileIo(files)) {
            assertThatThrownBy(() -> mend(rig, faulty, false, copy)).isInstanceOf(IOException.class);
        }
        files.killProcess();
        files.beforeSync = () -> {};
        assertThat(Files.readAllBytes(file(1))).isEqualTo(before);
        try (FileIo again = new FileIo(files)) {
            mend(rig, again, false, copy);
        }
        files.losePower();
        assertThat(Files.readAllBytes(file(1))).isEqualTo(before);
    }

    /** The control: a segment that is short is not taken for one that ends there. */
    @Test
    void shortSegmentWithoutACopyStaysAsItIs() throws IOException {
        VolumeRig rig = written(false);
        try (RandomAccessFile file = new RandomAccessFile(file(1).toFile(), "rw")) {
            file.setLength(100_000);
        }
        assertThat(mend(rig)).isTrue();
        assertThat(Files.size(file(1))).isEqualTo(100_000);
    }
}
