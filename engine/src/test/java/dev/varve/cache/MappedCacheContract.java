package dev.varve.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.varve.file.FaultyFiles;
import dev.varve.file.FaultyFiles.Call;
import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a cache in a mapped file promises beside the rest. */
abstract class MappedCacheContract extends ChunkCacheContract {
    private static final Path MAPS = Path.of("/proc/self/maps");

    private final FileSlots.Mapping mapping;
    private final FileIo io = new FileIo();

    MappedCacheContract(FileSlots.Mapping mapping) {
        this.mapping = mapping;
    }

    @Override
    ChunkCache open(int chunkSize, long capacityBytes) throws IOException {
        return open(io, "cache", chunkSize, capacityBytes);
    }

    /** A cache of another store each time, and so an empty one. */
    private ChunkCache open(FileIo files, String folder, int chunkSize, long capacityBytes) throws IOException {
        return ChunkCache.mapped(files, tmp.resolve(folder), UUID.randomUUID(), chunkSize, capacityBytes, mapping);
    }

    @AfterEach
    void closeIo() {
        io.close();
    }

    @Test
    void readersGetTheirBytesWhileTheDiskIsFull() throws IOException {
        FaultyFiles files = new FaultyFiles(1, tmp.resolve("graves"));
        try (FileIo faulty = new FileIo(files);
                ChunkCache cache = open(faulty, "full", CHUNK, 4 * CHUNK)) {
            long kept = cache.load(Chunks.key(0), chunks.of(0));
            files.failWhen((call, path) -> call == Call.WRITE);
            for (int round = 0; round < 10; round++) {
                ByteBuffer dst = ByteBuffer.allocate(CHUNK);
                assertThat(cache.readThrough(Chunks.key(1), chunks.of(1), 0, dst, CHUNK))
                        .isEqualTo(ChunkCache.MISS);
                Chunks.settle(cache);
                assertThat(Chunks.firstWrong(dst, 0, 1, 0)).isNegative();
                assertThat(cache.find(Chunks.key(1))).isEqualTo(ChunkCache.MISS);
            }
            assertThat(cache.read(kept, 0, ByteBuffer.allocate(1), 1)).isTrue();
            files.failNever();
            assertThat(cache.load(Chunks.key(1), chunks.of(1))).isNotEqualTo(ChunkCache.MISS);
            assertThat(cache.stats().uncached()).isEqualTo(10);
        }
    }

    @Test
    void readersDoNotWaitForFillsAndClosingDoes() throws Exception {
        FaultyFiles files = new FaultyFiles(1, tmp.resolve("graves"));
        CountDownLatch goOn = new CountDownLatch(1);
        try (FileIo faulty = new FileIo(files)) {
            ChunkCache cache = open(faulty, "slow", CHUNK, 40 * CHUNK);
            files.failWhen((call, path) -> {
                if (call == Call.WRITE) {
                    uninterruptibly(goOn);
                }
                return false;
            });
            ByteBuffer dst = ByteBuffer.allocate(CHUNK);
            for (int number = 0; number < ChunkCache.MAX_LOADS / 2; number++) {
                for (int time = 0; time < 2; time++) {
                    assertThat(cache.readThrough(Chunks.key(number), chunks.of(number), 0, dst.clear(), CHUNK))
                            .isEqualTo(ChunkCache.MISS);
                    assertThat(Chunks.firstWrong(dst, 0, number, 0)).isNegative();
                }
                assertThat(cache.has(Chunks.key(number))).isTrue();
                assertThat(cache.find(Chunks.key(number))).isEqualTo(ChunkCache.MISS);
            }
            assertThat(chunks.loads()).isEqualTo(ChunkCache.MAX_LOADS / 2);
            Thread[] closing = new Thread[1];
            CountDownLatch started = new CountDownLatch(1);
            Future<?> closer = threads.submit(() -> {
                closing[0] = Thread.currentThread();
                started.countDown();
                cache.close();
                return null;
            });
            started.await();
            while (closing[0].getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }
            assertThat(closer.isDone()).isFalse();
            goOn.countDown();
            closer.get();
            files.failNever();
        }
    }

    @Test
    void victimOfAFillThatFailedIsGoneAndItsWordRefused() throws IOException {
        FaultyFiles files = new FaultyFiles(1, tmp.resolve("graves"));
        try (FileIo faulty = new FileIo(files);
                ChunkCache cache = open(faulty, "full", CHUNK, CHUNK)) {
            long word = cache.load(Chunks.key(0), chunks.of(0));
            files.failAt(0);
            assertThat(cache.load(Chunks.key(1), chunks.of(1))).isEqualTo(ChunkCache.MISS);
            assertThat(cache.read(word, 0, ByteBuffer.allocate(1), 1)).isFalse();
            assertThat(cache.find(Chunks.key(0))).isEqualTo(ChunkCache.MISS);
            assertThat(cache.load(Chunks.key(0), chunks.of(0))).isNotIn(ChunkCache.MISS, word);
        }
    }

    /** Many times over, because compiled code learns of it in other ways than interpreted code. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void memoryThatCannotBeReadIsAnIoErrorAndIsLoadedAnew(boolean direct) throws IOException {
        int chunkSize = 1 << 16;
        ByteBuffer dst = direct ? ByteBuffer.allocateDirect(chunkSize) : ByteBuffer.allocate(chunkSize);
        Path file = tmp.resolve("cut/chunks");
        try (ChunkCache cache = open(io, "cut", chunkSize, 10L * chunkSize);
                FileChannel cut = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int round = 0; round < 300; round++) {
                long word = cache.load(Chunks.key(1), chunks.of(1));
                int good = round % 16 * 4096;
                cut.truncate((long) SlotGenerations.slot(word) * chunkSize + good);
                assertThatIOException()
                        .isThrownBy(() -> cache.read(word, 0, dst.clear(), chunkSize))
                        .withMessageContaining(file.toString());
                assertThat(dst.position()).isZero();
                assertThat(cache.read(word, 0, dst, 1)).isFalse();
                assertThat(cache.find(Chunks.key(1))).isEqualTo(ChunkCache.MISS);
                long again = cache.load(Chunks.key(1), chunks.of(1));
                assertThat(cache.read(again, 0, dst, chunkSize)).isTrue();
                assertThat(Chunks.firstWrong(dst, 0, 1, 0)).isNegative();
                cut.truncate((long) SlotGenerations.slot(again) * chunkSize);
                assertThatIOException().isThrownBy(() -> cache.read(again, 12345, dst.clear(), 3));
            }
        }
    }

    @Test
    void contentThatLooksLikeAMarkIsRead() throws IOException {
        ByteBuffer dst = ByteBuffer.allocateDirect(CHUNK);
        for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
            ByteBuffer marks = ByteBuffer.allocate(CHUNK).order(order);
            while (marks.hasRemaining()) {
                marks.putLong(CopyMarks.MARK);
            }
            try (ChunkCache cache = open(CHUNK, 10 * CHUNK)) {
                long word = cache.load(Chunks.key(1), (key, chunk) -> chunk.put(marks.flip()));
                for (int length = 0; length <= CHUNK; length = 2 * length + 1) {
                    assertThat(cache.read(word, 0, dst.clear().order(order), length))
                            .isTrue();
                    assertThat(dst.flip()).isEqualTo(marks.slice(0, length));
                }
            }
        }
    }

    @Test
    void fileIsSparseHasItsFullLengthAndStays() throws IOException {
        long capacity = 8L << 30;
        try (ChunkCache cache = open(io, "big", 1 << 16, capacity)) {
            long word = cache.load(Chunks.key(1), chunks.of(1));
            ByteBuffer dst = ByteBuffer.allocate(1 << 16);
            assertThat(cache.read(word, 0, dst, 1 << 16)).isTrue();
            assertThat(Chunks.firstWrong(dst, 0, 1, 0)).isNegative();
        }
        assertThat(Files.size(tmp.resolve("big/chunks"))).isEqualTo(capacity);
        open(io, "big", 1 << 16, capacity).close();
    }

    @Test
    void mappingIsGivenBackWhenNobodyCanReachIt() throws Exception {
        Path path = tmp.resolve("dropped/chunks");
        openReadAndClose(path);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (isMapped(path)) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            System.gc();
            Thread.sleep(10);
        }
    }

    private void openReadAndClose(Path path) throws IOException {
        try (ChunkCache cache = open(io, "dropped", CHUNK, CHUNK)) {
            long word = cache.load(Chunks.key(1), chunks.of(1));
            assertThat(cache.read(word, 0, ByteBuffer.allocate(1), 1)).isTrue();
            assertThat(isMapped(path)).isEqualTo(Files.exists(MAPS));
        }
    }

    private static boolean isMapped(Path path) throws IOException {
        return Files.exists(MAPS) && Files.readString(MAPS).contains(path.toString());
    }

    @Test
    void fileOfAnotherLengthIsMadeAnew() throws IOException {
        for (long slots : new long[] {5, 3, 9}) {
            open(CHUNK, slots * CHUNK).close();
            assertThat(tmp.resolve("cache/chunks")).hasSize(slots * CHUNK);
        }
    }

    @Test
    void whatWasLoadedIsFoundAgainWithoutALoad() throws IOException {
        UUID store = UUID.randomUUID();
        for (int life = 0; life < 3; life++) {
            try (ChunkCache cache = ChunkCache.mapped(io, tmp.resolve("warm"), store, CHUNK, 200 * CHUNK, mapping)) {
                for (int number = 0; number < 300; number += 2) {
                    assertThat(cache.find(Chunks.key(number))).isEqualTo(ChunkCache.MISS);
                    ByteBuffer dst = ByteBuffer.allocate(CHUNK);
                    cache.readThrough(Chunks.key(number), chunks.of(number), 0, dst, CHUNK);
                    assertThat(Chunks.firstWrong(dst, 0, number, 0)).isNegative();
                    Chunks.settle(cache);
                    long word = cache.find(Chunks.key(number));
                    assertThat(cache.read(word, 0, dst.clear(), CHUNK)).isTrue();
                    assertThat(Chunks.firstWrong(dst, 0, number, 0)).isNegative();
                }
                assertThat(chunks.loads()).isEqualTo(150);
                assertThat(cache.stats().reused()).isEqualTo(life == 0 ? 0 : 150);
                assertThat(cache.stats().usedBytes()).isEqualTo(150 * CHUNK);
            }
        }
    }

    @Test
    void everyByteIsRightWhileSurvivorsMakeRoom() throws Exception {
        UUID store = UUID.randomUUID();
        EvictionUnderLoad load = new EvictionUnderLoad((chunkSize, capacityBytes) ->
                ChunkCache.mapped(io, tmp.resolve("warm"), store, chunkSize, capacityBytes, mapping));
        load.run();
        assertThat(load.reused()).isPositive();
    }

    @Test
    void interruptedOpenerIsServed() throws IOException {
        Thread.currentThread().interrupt();
        try (ChunkCache cache = open(io, "other", CHUNK, 3 * CHUNK)) {
            long word = cache.load(Chunks.key(1), chunks.of(1));
            assertThat(cache.read(word, 0, ByteBuffer.allocate(1), 1)).isTrue();
        }
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void fileThatCannotBeMadeIsNamed() throws IOException {
        Path directory = Files.createDirectories(tmp.resolve("other/chunks"));
        assertThatIOException()
                .isThrownBy(() -> open(io, "other", CHUNK, 3 * CHUNK))
                .withMessageContaining(directory.toString());
    }
}
