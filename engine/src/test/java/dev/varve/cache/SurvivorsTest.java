package dev.varve.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.varve.file.FaultyFiles;
import dev.varve.file.FaultyFiles.Call;
import dev.varve.file.FileIo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a cache makes of the files that an earlier one left, whatever has become of them. */
class SurvivorsTest {
    private static final int CHUNK = ChunkCacheContract.CHUNK;
    private static final int ENTRY = 40;
    private static final UUID STORE = new UUID(1, 2);

    @TempDir
    private Path tmp;

    private final FileIo io = new FileIo();
    private final Chunks chunks = new Chunks();

    @AfterEach
    void closeIo() {
        io.close();
    }

    private Path directory() {
        return tmp.resolve("cache/directory");
    }

    private Path slots() {
        return tmp.resolve("cache/chunks");
    }

    private ChunkCache open(int slotCount) throws IOException {
        return open(io, tmp.resolve("cache"), slotCount);
    }

    private static ChunkCache open(FileIo io, Path folder, int slotCount) throws IOException {
        return ChunkCache.mapped(io, folder, STORE, CHUNK, (long) slotCount * CHUNK, FileSlots.Mapping.JDK);
    }

    /** Leaves the first few even numbers, one a slot, and tells what the directory has in the end. */
    private byte[] leave(int count) throws IOException {
        try (ChunkCache cache = open(count)) {
            readAll(cache, count);
        }
        return Files.readAllBytes(directory());
    }

    /** Reads those chunks, checks every byte, and tells how many were loaded. */
    private long readAll(ChunkCache cache, int count) throws IOException {
        long before = chunks.loads();
        for (int number = 0; number < 2 * count; number += 2) {
            read(cache, number);
            Chunks.settle(cache);
        }
        return chunks.loads() - before;
    }

    private void read(ChunkCache cache, int number) throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(CHUNK);
        cache.readThrough(Chunks.key(number), chunks.of(number), 0, dst, CHUNK);
        assertThat(Chunks.firstWrong(dst, 0, number, 0)).isNegative();
        long word = cache.find(Chunks.key(number));
        if (word != ChunkCache.MISS && cache.read(word, 0, dst.clear(), CHUNK)) {
            assertThat(Chunks.firstWrong(dst, 0, number, 0)).isNegative();
        }
    }

    private void loadUnchecked(ChunkCache cache, int number) {
        try {
            cache.load(Chunks.key(number), chunks.of(number));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long readAllAnew(int count) throws IOException {
        try (ChunkCache cache = open(count)) {
            return readAll(cache, count);
        }
    }

    @Test
    void processThatWasKilledLeavesAllButItsLastFew() throws IOException {
        try (ChunkCache killed = open(200)) {
            readAll(killed, 150);
            assertThat(readAllAnew(200)).isEqualTo(200 - 128);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, CHUNK / 2, CHUNK - 1})
    void slotThatWasChangedIsLoadedAnew(int offset) throws IOException {
        leave(5);
        byte[] changed = Files.readAllBytes(slots());
        changed[3 * CHUNK + offset] ^= 1;
        Files.write(slots(), changed);
        assertThat(readAllAnew(5)).isEqualTo(1);
        assertThat(readAllAnew(5)).isZero();
    }

    @Test
    void whatFailedItsCheckIsNotFoundAgain() throws IOException {
        try (ChunkCache cache = open(8)) {
            readAll(cache, 5);
        }
        byte[] changed = Files.readAllBytes(slots());
        changed[3 * CHUNK] ^= 1;
        Files.write(slots(), changed);
        try (ChunkCache cache = open(8)) {
            assertThat(readAll(cache, 5)).isEqualTo(1);
            assertThat(readAll(cache, 5))
                    .as("loaded again, into a slot that was free")
                    .isZero();
        }
    }

    @Test
    void slotThatCannotBeReadIsLoadedAnew() throws IOException {
        leave(5);
        FaultyFiles files = new FaultyFiles(1, tmp.resolve("graves"));
        try (FileIo faulty = new FileIo(files);
                ChunkCache cache = open(faulty, tmp.resolve("cache"), 5)) {
            files.failWhen((call, path) -> call == Call.READ);
            assertThat(readAll(cache, 5)).isEqualTo(5);
        }
    }

    @Test
    void flippedBitAnywhereInTheDirectoryCostsLoadsAtMost() throws IOException {
        byte[] whole = leave(4);
        assertThat(whole).hasSize(5 * ENTRY);
        for (int i = 0; i < whole.length; i++) {
            byte[] changed = whole.clone();
            changed[i] ^= (byte) (1 << i % 8);
            Files.write(directory(), changed);
            assertThat(readAllAnew(4)).as("byte %d", i).isEqualTo(i < ENTRY ? 4 : 1);
            assertThat(readAllAnew(4)).as("byte %d", i).isZero();
        }
    }

    @Test
    void directoryOfAnyLengthIsReadAsFarAsItGoes() throws IOException {
        byte[] whole = leave(4);
        for (int length = 0; length <= whole.length; length++) {
            Files.write(directory(), Arrays.copyOf(whole, length));
            int entries = Math.max(0, length / ENTRY - 1);
            assertThat(readAllAnew(4)).as("%d bytes", length).isEqualTo(4 - entries);
        }
        Files.write(directory(), Arrays.copyOf(whole, 3 * whole.length));
        assertThat(readAllAnew(4)).isZero();
    }

    @Test
    void entriesOfTheWrongSlotsCostLoadsAtMost() throws IOException {
        byte[] whole = leave(20);
        Random random = new Random(1);
        for (int round = 0; round < 50; round++) {
            byte[] mixed = whole.clone();
            for (int slot = 0; slot < 20; slot++) {
                int other = random.nextInt(20); // some are there twice, some not at all
                System.arraycopy(whole, ENTRY * (other + 1), mixed, ENTRY * (slot + 1), ENTRY);
            }
            Files.write(directory(), mixed);
            assertThat(readAllAnew(20)).isBetween(1L, 20L);
        }
    }

    @Test
    void directoryThatIsReadInManyPartsIsReadWhole() throws IOException {
        byte[] two = leave(2);
        int last = 10_000;
        byte[] whole = Arrays.copyOf(two, ENTRY * (last + 1));
        setSlotCount(whole, last);
        System.arraycopy(two, 2 * ENTRY, whole, ENTRY * last, ENTRY);
        Files.write(directory(), whole);
        byte[] content = Files.readAllBytes(slots());
        try (var file = FileChannel.open(slots(), StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(content, CHUNK, CHUNK), (long) (last - 1) * CHUNK);
        }
        try (ChunkCache cache = open(last)) {
            assertThat(cache.stats().usedBytes()).isEqualTo(2 * CHUNK);
            assertThat(readAll(cache, 2)).isZero();
        }
    }

    private static void setSlotCount(byte[] directory, int slotCount) {
        ByteBuffer.wrap(directory).putInt(32, slotCount);
        seal(directory);
    }

    private static void seal(byte[] directory) {
        CRC32C crc = new CRC32C();
        crc.update(directory, 0, 36);
        ByteBuffer.wrap(directory).putInt(36, (int) crc.getValue());
    }

    @Test
    void directoryOfAnotherVersionStoreOrSizeIsMadeAnew() throws IOException {
        byte[] newer = leave(4);
        newer[11]++;
        seal(newer);
        Files.write(directory(), newer);
        assertThat(readAllAnew(4)).isEqualTo(4);
        try (ChunkCache other = ChunkCache.mapped(io, tmp.resolve("cache"), new UUID(1, 3), CHUNK, 4 * CHUNK)) {
            assertThat(readAll(other, 4)).isEqualTo(4);
        }
        assertThat(readAllAnew(4)).isEqualTo(4);
        try (ChunkCache larger = open(5)) {
            assertThat(readAll(larger, 4)).isEqualTo(4);
        }
        try (ChunkCache coarser = ChunkCache.mapped(io, tmp.resolve("cache"), STORE, 2 * CHUNK, 10 * CHUNK)) {
            assertThat(coarser.stats().usedBytes()).isZero();
        }
    }

    @Test
    void directoryThatCannotBeReadCostsLoadsOrIsNamed() throws IOException {
        boolean hit = true;
        for (int n = 0; hit; n++) {
            leave(4);
            FaultyFiles files = new FaultyFiles(1, tmp.resolve("graves"));
            AtomicInteger left = new AtomicInteger(n);
            files.failWhen((call, path) -> path.equals(directory()) && left.getAndDecrement() == 0);
            try (FileIo faulty = new FileIo(files);
                    ChunkCache cache = open(faulty, tmp.resolve("cache"), 4)) {
                files.failNever();
                assertThat(readAll(cache, 4)).isEqualTo(files.hit() ? 4 : 0);
            } catch (IOException e) {
                assertThat(e).hasMessageContaining(directory().toString());
            }
            hit = files.hit();
        }
    }

    @Test
    void directoryThatCannotBeMadeIsNamed() throws IOException {
        Files.createDirectories(directory());
        assertThatIOException()
                .isThrownBy(() -> open(4))
                .withMessageContaining(directory().toString());
    }

    @Test
    void entriesThatCannotBeWrittenCostLoadsLater() throws IOException {
        FaultyFiles files = new FaultyFiles(1, tmp.resolve("graves"));
        try (FileIo faulty = new FileIo(files);
                ChunkCache cache = open(faulty, tmp.resolve("cache"), 100)) {
            files.failWhen((call, path) -> call == Call.WRITE && path.equals(directory()));
            assertThat(readAll(cache, 100)).isEqualTo(100);
            assertThat(readAll(cache, 100)).isZero();
        }
        assertThat(files.hit()).isTrue();
        assertThat(readAllAnew(100)).isPositive();
    }

    /** Chunks come and go in few slots, and everything stops at any change to the files. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void crashAtAnyChangeLeavesNoWrongByte(boolean power) throws IOException {
        int count = 80;
        int slotCount = 66;
        boolean hit = true;
        for (int n = 0; hit; n++) {
            Path folder = tmp.resolve("crash" + n);
            FaultyFiles files = new FaultyFiles(n, tmp.resolve("graves"));
            try (FileIo faulty = new FileIo(files)) {
                files.stopAt(n);
                crash(faulty, folder, slotCount, count);
                hit = files.hit();
                if (power) {
                    files.losePower();
                } else {
                    files.killProcess();
                }
                try (ChunkCache cache = open(faulty, folder, slotCount)) {
                    assertThat(readAll(cache, count)).isBetween(14L, 80L);
                    assertThat(cache.stats().reused()).isLessThanOrEqualTo(slotCount);
                }
            }
        }
    }

    private void crash(FileIo faulty, Path folder, int slotCount, int count) throws IOException {
        try (ChunkCache cache = open(faulty, folder, slotCount)) {
            readAll(cache, count);
        } catch (IOException e) {
            assertThat(e).hasStackTraceContaining("injected at change");
        }
    }

    @Test
    void survivorIsCheckedOnceForAllWhoAsk() throws Exception {
        leave(1);
        ExecutorService threads = Executors.newCachedThreadPool();
        for (int round = 0; round < 100; round++) {
            try (ChunkCache cache = open(1)) {
                List<Callable<Void>> readers = Collections.nCopies(16, () -> {
                    read(cache, 0);
                    return null;
                });
                for (Future<Void> reader : threads.invokeAll(readers)) {
                    reader.get();
                }
                assertThat(cache.stats().reused()).isEqualTo(1);
                assertThat(cache.stats().loads()).isZero();
            }
        }
        threads.shutdown();
        assertThat(chunks.loads()).isEqualTo(1);
    }

    @Test
    void survivorMayMakeRoomWhileItIsChecked() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        for (int round = 0; round < 200; round++) {
            leave(1);
            try (ChunkCache cache = open(1)) {
                List<Callable<Void>> readers = new ArrayList<>();
                for (int number : new int[] {0, 2, 0, 4}) {
                    readers.add(() -> {
                        read(cache, number);
                        return null;
                    });
                }
                for (Future<Void> reader : threads.invokeAll(readers)) {
                    reader.get();
                }
                Chunks.settle(cache);
                assertThat(cache.stats().usedBytes()).isEqualTo(CHUNK);
            }
        }
        threads.shutdown();
    }

    /** Evicted by the very thread that is about to read it. */
    @Test
    void survivorThatMadeRoomBeforeItIsReadIsLoadedAnew() throws IOException {
        leave(1);
        FaultyFiles files = new FaultyFiles(1, tmp.resolve("graves"));
        try (FileIo faulty = new FileIo(files);
                ChunkCache cache = open(faulty, tmp.resolve("cache"), 1)) {
            AtomicBoolean once = new AtomicBoolean(true);
            files.failWhen((call, path) -> {
                if (call == Call.READ && once.getAndSet(false)) {
                    loadUnchecked(cache, 2);
                }
                return false;
            });
            assertThat(readAll(cache, 1)).isEqualTo(2);
            assertThat(cache.stats().usedBytes()).isEqualTo(CHUNK);
            assertThat(cache.stats().reused()).isZero();
        }
        assertThat(readAllAnew(1)).isZero();
    }
}
