package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PackStoreTest extends StoreContractTest {
    @TempDir
    Path folder;

    private final FileIo io = new FileIo();

    private StoreOptions options(Compression compression) {
        return new StoreOptions(CHUNK, compression, 8 << 20, Path.of("target", "native"), io);
    }

    private Path root() {
        return folder.resolve("store");
    }

    @Override
    Store open() throws IOException {
        return PackStore.create(root(), options(Compression.LZ4));
    }

    private void reopen() throws IOException {
        store.close();
        store = PackStore.open(root(), options(Compression.LZ4));
    }

    private void write(String record, int from, int to) throws IOException {
        try (WriteLease lease = store.write(record)) {
            for (int i = from; i < to; i++) {
                put(lease, i);
            }
            lease.commit(record(record), Set.of());
        }
    }

    @Test
    void indexIsReadAheadAsFarAsItCanBe() throws IOException {
        write("a", 0, 50);
        store.close();
        FaultyFiles files = new FaultyFiles(1, folder.resolve("graves"));
        try (FileIo faulty = new FileIo(files);
                Store opened = PackStore.open(
                        root(),
                        new StoreOptions(CHUNK, Compression.LZ4, 8 << 20, Path.of("target", "native"), faulty))) {
            List<Path> read = new ArrayList<>();
            files.failWhen((call, path) -> {
                read.add(path);
                return true;
            });
            opened.warmUp();
            files.failNever();
            assertThat(read).isNotEmpty().allMatch(path -> path.toString().endsWith(".sst"));
            opened.warmUp();
            assertThat(opened.contains(key(chunk(7)))).isTrue();
        }
    }

    @Test
    void everythingIsThereAfterReopening() throws IOException {
        write("a", 0, 50);
        reopen();
        write("b", 40, 90);
        reopen();
        for (int i = 0; i < 90; i++) {
            assertHolds(store, i);
        }
        assertThat(store.record("a")).isNotNull();
        assertThat(Verified.problems(store)).isEmpty();
        assertThat(store.stats().chunks()).isEqualTo(90);
        assertThat(store.stats().packs()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void everyCompressionReadsBack(Compression compression) throws IOException {
        Path other = folder.resolve("other");
        try (PackStore made = PackStore.create(other, options(compression));
                WriteLease lease = made.write("test")) {
            put(lease, 1);
            put(lease, 2);
            lease.commit(record("r"), Set.of());
        }
        try (PackStore opened = PackStore.open(other, options(Compression.LZ4))) {
            assertThat(opened.properties().compression()).isEqualTo(compression);
            assertHolds(opened, 1);
            assertHolds(opened, 2);
        }
    }

    @Test
    void deadLeaseGivesItsSpaceBackAtOnce() throws IOException {
        write("a", 0, 10);
        long before = store.stats().packBytes();
        try (WriteLease lease = store.write("dead")) {
            for (int i = 100; i < 200; i++) {
                put(lease, i);
            }
        }
        assertThat(store.stats().packBytes()).isEqualTo(before);
        assertThat(Verified.problems(store)).isEmpty();
        write("b", 10, 20);
        reopen();
        for (int i = 0; i < 20; i++) {
            assertHolds(store, i);
        }
    }

    /** A write that failed on a full disk beside others that succeeded; then again with something behind it that is needed. */
    @Test
    void deadLeaseWithAHoleGivesItsSpaceBackAtOnce() throws IOException {
        write("a", 0, 10);
        long before = store.stats().packBytes();
        WriteLease dead = store.write("dead");
        for (int i = 100; i < 110; i++) {
            put(dead, i);
        }
        ((PackStore) store).leases().publish();
        punch(104);
        dead.close();
        assertThat(store.stats().packBytes()).isEqualTo(before);

        dead = store.write("dead");
        for (int i = 100; i < 110; i++) {
            put(dead, i);
        }
        ((PackStore) store).leases().publish();
        punch(104);
        write("b", 10, 20);
        long needed = store.stats().packBytes();
        for (int i = 110; i < 120; i++) {
            put(dead, i);
        }
        ((PackStore) store).leases().publish();
        dead.close();
        assertThat(store.stats().packBytes()).isEqualTo(needed);
        reopen();
        for (int i = 0; i < 20; i++) {
            assertHolds(store, i);
        }
        assertThat(store.stats().chunks()).isEqualTo(20);
    }

    private void punch(int number) throws IOException {
        Location location = ((PackStore) store).files().index().chunk(key(chunk(number)));
        assertThat(location).isNotNull();
        try (FileChannel pack = FileChannel.open(
                root().resolve("packs").resolve(String.format("%08x.pack", location.pack())),
                StandardOpenOption.WRITE)) {
            pack.write(ByteBuffer.allocate(location.lengthBytes()), location.offsetBytes());
        }
    }

    @Test
    void publishedChunksOfADeadLeaseGoToo() throws IOException {
        write("a", 0, 10);
        long before = store.stats().packBytes();
        try (WriteLease dead = store.write("dead")) {
            for (int i = 100; i < 110; i++) {
                put(dead, i);
            }
            write("publishes all that is in flight", 105, 107);
            assertThat(store.contains(key(chunk(101)))).isTrue();
        }
        assertThat(store.contains(key(chunk(101)))).isFalse();
        assertHolds(store, 105);
        assertHolds(store, 106);
        assertThat(store.stats().packBytes()).isGreaterThan(before);
        assertThat(Verified.problems(store)).isEmpty();
        reopen();
        assertThat(store.contains(key(chunk(101)))).isFalse();
        assertHolds(store, 106);
    }

    @Test
    void secondOpeningIsRefusedAndHarmsNobody() throws IOException {
        write("a", 0, 3);
        assertThatThrownBy(() -> PackStore.open(root(), options(Compression.LZ4)))
                .isInstanceOf(StoreInUseException.class)
                .hasMessageContaining(String.valueOf(ProcessHandle.current().pid()));
        assertHolds(store, 1);
        write("b", 3, 6);
        assertThatThrownBy(() -> PackStore.open(root(), options(Compression.LZ4)))
                .isInstanceOf(StoreInUseException.class);
    }

    @Test
    void folderThatIsNoStoreIsRefused() throws IOException {
        Path other = Files.createDirectory(folder.resolve("other"));
        assertThatThrownBy(() -> PackStore.open(other, options(Compression.LZ4)))
                .isInstanceOf(StoreNotFoundException.class);
        Files.writeString(other.resolve("letter.txt"), "dear");
        assertThatThrownBy(() -> PackStore.create(other, options(Compression.LZ4)))
                .isInstanceOf(StoreFormatException.class)
                .hasMessageContaining("letter.txt");
        assertThatThrownBy(() -> PackStore.create(root(), options(Compression.LZ4)))
                .isInstanceOf(StoreFormatException.class);
    }

    @Test
    void halfMadeStoreIsMadeAgain() throws IOException {
        store.close();
        Files.delete(root().resolve("FORMAT"));
        store = PackStore.create(root(), options(Compression.LZ4));
        write("a", 0, 3);
        assertHolds(store, 2);
    }

    @Test
    void newerFormatIsRefusedWithItsNumber() throws IOException {
        store.close();
        String text = Files.readString(root().resolve("FORMAT")).replace("format 1", "format 99");
        String body = text.substring(0, text.lastIndexOf("crc32c"));
        java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
        crc.update(body.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        Files.writeString(root().resolve("FORMAT"), body + String.format("crc32c %08x\n", crc.getValue()));
        assertThatThrownBy(() -> PackStore.open(root(), options(Compression.LZ4)))
                .isInstanceOf(StoreFormatException.class)
                .hasMessageContaining("99")
                .hasMessageContaining("1 to 1");
    }

    @Test
    void truncatedPackLosesItsTailOnlyAndSaysSo() throws IOException {
        write("a", 0, 20);
        store.close();
        Path pack = root().resolve("packs").resolve("00000001.pack");
        try (FileChannel file = FileChannel.open(pack, StandardOpenOption.WRITE)) {
            file.truncate(file.size() / 2);
        }
        store = PackStore.open(root(), options(Compression.LZ4));
        assertHolds(store, 0);
        assertThatThrownBy(() -> assertHolds(store, 19))
                .isInstanceOf(dev.varve.chunk.ChunkCorruptException.class)
                .hasMessageContaining("00000001.pack");
        assertThat(Verified.problems(store)).hasSizeGreaterThan(5);
        write("b", 20, 25);
        reopen();
        assertHolds(store, 24);
        assertHolds(store, 0);
    }

    /** RocksDB reads for ever where a record in the middle of a log claims to be of a log that is used again. */
    @Test
    @Timeout(60)
    void bitThatKeepsTheIndexFromOpeningForEverIsFound() throws IOException {
        write("a", 0, 3);
        write("b", 3, 6);
        ((PackStore) store).files().close(); // as a process that dies: the log is full
        try (Stream<Path> all = Files.list(root().resolve("index"))) {
            for (Path file : (Iterable<Path>) all::iterator) {
                String name = file.getFileName().toString();
                if (name.startsWith("MANIFEST") || name.endsWith(".log")) {
                    byte[] bytes = Files.readAllBytes(file);
                    int first = 7 + (bytes[4] & 255) + ((bytes[5] & 255) << 8);
                    flip(file, first + 6, 4);
                    assertThatThrownBy(() -> PackStore.open(root(), options(Compression.LZ4)))
                            .as(name)
                            .isInstanceOf(StoreCorruptException.class)
                            .hasMessageContaining(name)
                            .hasMessageContaining("at offset " + first + ": a record of kind 5");
                    restore();
                }
            }
        }
        store = PackStore.open(root(), options(Compression.LZ4));
        assertHolds(store, 5);
    }

    @Test
    void flippedByteAnywhereIsDetectedOrHarmless() throws IOException {
        write("a", 0, 20);
        write("b", 15, 30);
        store.close();
        long seed = Long.getLong("varve.seed", System.nanoTime());
        Random random = new Random(seed);
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.walk(root())) {
            all.filter(Files::isRegularFile).sorted().forEach(files::add);
        }
        int trials = Boolean.getBoolean("varve.long") ? 500 : 60;
        for (int i = 0; i < trials; i++) {
            Path file = files.get(i % files.size());
            long size = Files.size(file);
            if (size > 0) {
                long at = (long) (random.nextDouble() * size);
                int mask = 1 << random.nextInt(8);
                flip(file, at, mask);
                assertDetectedOrHarmless("seed " + seed + ", " + file + " at " + at + " mask " + mask);
                restore();
            }
        }
        store = PackStore.open(root(), options(Compression.LZ4));
        assertThat(Verified.problems(store)).isEmpty();
    }

    private final java.util.Map<Path, byte[]> before = new java.util.HashMap<>();

    private void flip(Path file, long at, int mask) throws IOException {
        before.clear();
        try (Stream<Path> all = Files.walk(root())) {
            for (Path path : (Iterable<Path>) all.filter(Files::isRegularFile)::iterator) {
                before.put(path, Files.readAllBytes(path));
            }
        }
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) at] ^= (byte) mask;
        Files.write(file, bytes);
    }

    /** Opening may rewrite files of the index, so all of them are put back. */
    private void restore() throws IOException {
        List<Path> now = new ArrayList<>();
        try (Stream<Path> all = Files.walk(root())) {
            all.filter(Files::isRegularFile).forEach(now::add);
        }
        for (Path path : now) {
            Files.delete(path);
        }
        for (java.util.Map.Entry<Path, byte[]> saved : before.entrySet()) {
            Files.write(saved.getKey(), saved.getValue());
        }
    }

    private void assertDetectedOrHarmless(String what) throws IOException {
        boolean detected = false;
        try (PackStore opened = PackStore.open(root(), options(Compression.LZ4))) {
            ByteBuffer dst = ByteBuffer.allocate(CHUNK);
            for (int i = 0; i < 30; i++) {
                try {
                    opened.get(key(chunk(i)), dst.clear());
                    assertThat(dst.flip()).as(what).isEqualTo(chunk(i));
                } catch (IOException e) {
                    detected = true;
                }
            }
            for (String record : List.of("a", "b")) {
                try {
                    assertThat(opened.record(record))
                            .as(what)
                            .isEqualTo(record(record).get(record));
                } catch (IOException e) {
                    detected = true;
                }
            }
            if (detected) {
                assertThat(Verified.problems(opened)).as(what).isNotEmpty();
            }
        } catch (IOException e) {
            assertThat(e.getMessage()).as(what).isNotBlank();
        }
    }
}
