package dev.varve.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.sun.management.ThreadMXBean;
import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.ChunkMissingException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every chunk cache promises, wherever its slots are. */
abstract class ChunkCacheContract {
    static final int CHUNK = 4096;
    private static final int SLOTS = 20;

    @TempDir
    Path tmp;

    final Chunks chunks = new Chunks();
    final ExecutorService threads = Executors.newCachedThreadPool();
    private ChunkCache cache;

    abstract ChunkCache open(int chunkSize, long capacityBytes) throws IOException;

    @BeforeEach
    void openCache() throws IOException {
        cache = open(CHUNK, SLOTS * CHUNK);
    }

    @AfterEach
    void closeCache() throws IOException {
        threads.shutdownNow();
        cache.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void loadedChunkIsReadByItsWord(boolean direct) throws IOException {
        long word = cache.load(Chunks.key(7), chunks.of(7));
        ByteBuffer dst = direct ? ByteBuffer.allocateDirect(300) : ByteBuffer.allocate(300);
        ByteBuffer slice = dst.position(50).slice().position(5);
        assertThat(cache.read(word, 1000, slice, 200)).isTrue();
        assertThat(slice.position()).isEqualTo(205);
        assertThat(Chunks.firstWrong(slice, 5, 7, 1000)).isNegative();
        assertThat(dst.get(54)).isZero();
        assertThat(dst.get(255)).isZero();
    }

    @Test
    void wholeChunksAndSinglesAreReadFromEverySlot() throws IOException {
        for (int number = 0; number < SLOTS; number++) {
            long word = cache.load(Chunks.key(number), chunks.of(number));
            for (int offset : new int[] {0, 1, CHUNK / 2, CHUNK - 1}) {
                ByteBuffer dst = ByteBuffer.allocateDirect(CHUNK);
                assertThat(cache.read(word, offset, dst, CHUNK - offset)).isTrue();
                assertThat(Chunks.firstWrong(dst, 0, number, offset)).isNegative();
                assertThat(cache.read(word, offset, dst.clear(), 1)).isTrue();
                assertThat(dst.get(0)).isEqualTo(Chunks.at(number, offset));
            }
        }
    }

    @Test
    void missIsNoWordAndIsReadByNobody() throws IOException {
        assertThat(cache.find(Chunks.key(1))).isEqualTo(ChunkCache.MISS);
        ByteBuffer dst = ByteBuffer.allocate(10);
        assertThat(cache.read(ChunkCache.MISS, 0, dst, 10)).isFalse();
        assertThat(dst.position()).isZero();
    }

    @Test
    void readThroughFetchesOnceAndThenFinds() throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(100);
        cache.readThrough(Chunks.key(1), chunks.of(1), 77, dst, 50);
        assertThat(cache.has(Chunks.key(1))).isTrue();
        Chunks.settle(cache);
        assertThat(cache.has(Chunks.key(1))).isTrue();
        long word = cache.readThrough(Chunks.key(1), chunks.of(1), 127, dst, 50);
        assertThat(Chunks.firstWrong(dst, 0, 1, 77)).isNegative();
        assertThat(dst.hasRemaining()).isFalse();
        assertThat(cache.find(Chunks.key(1))).isNotEqualTo(ChunkCache.MISS).isEqualTo(word);
        assertThat(cache.has(Chunks.key(2))).isFalse();
        assertThat(chunks.loads()).isEqualTo(1);
    }

    @Test
    void sameIdInAnotherDomainIsAnotherChunk() throws IOException {
        ChunkKey key = Chunks.key(1);
        ChunkKey other = new ChunkKey(key.domain() + 1, key.id());
        cache.load(key, chunks.of(1));
        assertThat(cache.find(other)).isEqualTo(ChunkCache.MISS);
        long word = cache.load(other, chunks.of(2));
        ByteBuffer dst = ByteBuffer.allocate(10);
        assertThat(cache.read(word, 0, dst, 10)).isTrue();
        assertThat(Chunks.firstWrong(dst, 0, 2, 0)).isNegative();
    }

    @Test
    void wordOfAChunkThatMadeRoomIsRefused() throws IOException {
        long[] words = new long[3 * SLOTS];
        for (int number = 0; number < words.length; number++) {
            words[number] = cache.load(Chunks.key(number), chunks.of(number));
        }
        int held = 0;
        for (int number = 0; number < words.length; number++) {
            ByteBuffer dst = ByteBuffer.allocate(CHUNK);
            boolean read = cache.read(words[number], 0, dst, CHUNK);
            assertThat(read).isEqualTo(cache.find(Chunks.key(number)) == words[number]);
            assertThat(dst.position()).isEqualTo(read ? CHUNK : 0);
            assertThat(Chunks.firstWrong(dst, 0, number, 0)).isNegative();
            held += read ? 1 : 0;
        }
        assertThat(held).isEqualTo(SLOTS);
        CacheStats stats = cache.stats();
        assertThat(stats.evictions()).isEqualTo(2 * SLOTS);
        assertThat(stats.loads()).isEqualTo(3 * SLOTS);
        assertThat(stats.hits()).isEqualTo(SLOTS);
        assertThat(stats.usedBytes()).isEqualTo(stats.capacityBytes()).isEqualTo(SLOTS * CHUNK);
    }

    @Test
    void failedLoadIsToldAndForgotten() throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(10);
        ChunkMissingException missing = new ChunkMissingException(Chunks.key(1), "the test");
        assertThatExceptionOfType(ChunkMissingException.class)
                .isThrownBy(() -> cache.readThrough(Chunks.key(1), failing(missing), 0, dst, 10));
        assertThat(dst.position()).isZero();
        assertThatExceptionOfType(OutOfMemoryError.class)
                .isThrownBy(() -> cache.load(Chunks.key(1), failing(new OutOfMemoryError("of the test"))));
        assertThatIOException()
                .isThrownBy(() -> cache.load(Chunks.key(1), (key, chunk) -> chunk.put((byte) 1)))
                .withMessageContaining("loaded short");
        assertThat(cache.find(Chunks.key(1))).isEqualTo(ChunkCache.MISS);
        assertThat(cache.load(Chunks.key(1), chunks.of(1))).isNotEqualTo(ChunkCache.MISS);
        assertThat(cache.stats().failedLoads()).isEqualTo(3);
    }

    @Test
    void failedLoadEvictsNothing() throws IOException {
        for (int number = 0; number < SLOTS; number++) {
            cache.load(Chunks.key(number), chunks.of(number));
        }
        for (int i = 0; i < 3 * SLOTS; i++) {
            assertThatIOException().isThrownBy(() -> cache.load(Chunks.key(SLOTS), failing(new IOException("no"))));
        }
        assertThat(cache.stats().evictions()).isZero();
        assertThat(cache.stats().usedBytes()).isEqualTo(SLOTS * CHUNK);
    }

    @Test
    void oneThreadLoadsForAllWhoAsk() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        ChunkLoader slow = (key, dst) -> {
            loading.countDown();
            uninterruptibly(goOn);
            chunks.of(1).load(key, dst);
        };
        List<Future<ByteBuffer>> readers = new ArrayList<>();
        List<Thread> waiting = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            int offset = i;
            readers.add(threads.submit(() -> {
                synchronized (waiting) {
                    waiting.add(Thread.currentThread());
                }
                ByteBuffer dst = ByteBuffer.allocate(500);
                cache.readThrough(Chunks.key(1), slow, offset, dst, 500);
                return dst;
            }));
        }
        loading.await();
        while (parked(waiting) < 32) {
            Thread.onSpinWait();
        }
        goOn.countDown();
        for (int i = 0; i < 32; i++) {
            assertThat(Chunks.firstWrong(readers.get(i).get(), 0, 1, i)).isNegative();
        }
        assertThat(chunks.loads()).isEqualTo(1);
    }

    @Test
    void failureReachesAllWhoWait() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        ChunkMissingException missing = new ChunkMissingException(Chunks.key(1), "the test");
        ChunkLoader slow = (key, dst) -> {
            uninterruptibly(goOn);
            throw missing;
        };
        List<Future<Long>> readers = new ArrayList<>();
        List<Thread> waiting = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            readers.add(threads.submit(() -> {
                synchronized (waiting) {
                    waiting.add(Thread.currentThread());
                }
                return cache.load(Chunks.key(1), slow);
            }));
        }
        while (parked(waiting) < 8) {
            Thread.onSpinWait();
        }
        goOn.countDown();
        for (Future<Long> reader : readers) {
            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(reader::get)
                    .withCause(missing);
        }
        assertThat(cache.stats().failedLoads()).isEqualTo(1);
    }

    @Test
    void interruptedCallerIsServedAndKeepsItsFlag() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch loading = new CountDownLatch(1);
        Future<Long> loader = threads.submit(() -> cache.load(Chunks.key(1), (key, dst) -> {
            loading.countDown();
            uninterruptibly(goOn);
            chunks.of(1).load(key, dst);
        }));
        loading.await();
        Thread[] reader = new Thread[1];
        CountDownLatch started = new CountDownLatch(1);
        Future<Boolean> kept = threads.submit(() -> {
            reader[0] = Thread.currentThread();
            Thread.currentThread().interrupt();
            started.countDown();
            ByteBuffer dst = ByteBuffer.allocate(10);
            long word = cache.readThrough(Chunks.key(1), chunks.of(1), 0, dst, 10);
            return cache.read(word, 0, dst.clear(), 10) && Thread.interrupted();
        });
        started.await();
        while (reader[0].getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        reader[0].interrupt();
        goOn.countDown();
        assertThat(kept.get()).isTrue();
        assertThat(loader.get()).isNotEqualTo(ChunkCache.MISS);
    }

    @Test
    void oneSlotServesManyThreads() throws Exception {
        try (ChunkCache tiny = open(CHUNK, CHUNK)) {
            List<Future<Void>> readers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Random random = new Random(i);
                readers.add(threads.submit((Callable<Void>) () -> {
                    ByteBuffer dst = ByteBuffer.allocate(CHUNK);
                    for (int round = 0; round < 500; round++) {
                        int number = random.nextInt(4);
                        long word = tiny.readThrough(Chunks.key(number), chunks.of(number), 0, dst.clear(), CHUNK);
                        assertThat(Chunks.firstWrong(dst, 0, number, 0)).isNegative();
                        if (tiny.read(word, 0, dst.clear(), CHUNK)) {
                            assertThat(Chunks.firstWrong(dst, 0, number, 0)).isNegative();
                        }
                    }
                    return null;
                }));
            }
            for (Future<Void> reader : readers) {
                reader.get();
            }
        }
    }

    @Test
    void moreLoadsThanBuffersTakeTurns() throws Exception {
        List<Future<Long>> readers = new ArrayList<>();
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch loading = new CountDownLatch(ChunkCache.MAX_LOADS);
        for (int i = 0; i < 2 * ChunkCache.MAX_LOADS; i++) {
            int number = i;
            readers.add(threads.submit(() -> cache.load(Chunks.key(number), (key, dst) -> {
                loading.countDown();
                uninterruptibly(goOn);
                chunks.of(number).load(key, dst);
            })));
        }
        loading.await();
        assertThat(chunks.loads()).isZero();
        goOn.countDown();
        for (Future<Long> reader : readers) {
            reader.get();
        }
        assertThat(chunks.loads()).isEqualTo(2 * ChunkCache.MAX_LOADS);
    }

    @Test
    void rangesAreChecked() throws IOException {
        long word = cache.load(Chunks.key(1), chunks.of(1));
        ByteBuffer dst = ByteBuffer.allocateDirect(100);
        for (int[] range : new int[][] {{-1, 1}, {0, -1}, {CHUNK, 1}, {CHUNK - 1, 2}, {1, Integer.MAX_VALUE}}) {
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> cache.read(word, range[0], dst, range[1]));
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> cache.readThrough(Chunks.key(1), chunks.of(1), range[0], dst, range[1]));
        }
        assertThatExceptionOfType(BufferOverflowException.class).isThrownBy(() -> cache.read(word, 0, dst, 101));
        assertThatExceptionOfType(ReadOnlyBufferException.class)
                .isThrownBy(() -> cache.read(word, 0, dst.asReadOnlyBuffer(), 1));
        long foreign = (word & 0xFFFFFFFF00000000L) | SLOTS;
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> cache.read(foreign, 0, dst, 1));
        assertThat(cache.read(word, CHUNK, dst, 0)).isTrue();
        assertThatIllegalArgumentException().isThrownBy(() -> open(CHUNK, CHUNK - 1));
        assertThatIllegalArgumentException().isThrownBy(() -> open(CHUNK + 1, 10 * CHUNK));
        assertThatIllegalArgumentException().isThrownBy(() -> open(CHUNK, Long.MAX_VALUE));
    }

    @Test
    void closeWaitsForWhoIsInsideAndThenEveryCallIsAnIllegalState() throws Exception {
        long word = cache.load(Chunks.key(1), chunks.of(1));
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        ByteBuffer dst = ByteBuffer.allocate(10);
        Future<Long> loader = threads.submit(() -> cache.readThrough(
                Chunks.key(2),
                (key, chunk) -> {
                    loading.countDown();
                    uninterruptibly(goOn);
                    chunks.of(2).load(key, chunk);
                },
                0,
                dst,
                10));
        loading.await();
        Future<Void> closer = threads.submit(() -> {
            cache.close();
            return null;
        });
        ByteBuffer unused = ByteBuffer.allocate(10);
        awaitClosed(() -> cache.read(word, 0, unused.clear(), 10));
        assertThat(closer.isDone()).isFalse();
        goOn.countDown();
        loader.get();
        closer.get();
        assertThat(Chunks.firstWrong(dst, 0, 2, 0)).isNegative();
        assertThatIllegalStateException().isThrownBy(() -> cache.read(word, 0, unused, 10));
        assertThatIllegalStateException().isThrownBy(() -> cache.find(Chunks.key(1)));
        assertThatIllegalStateException().isThrownBy(() -> cache.load(Chunks.key(1), chunks.of(1)));
        assertThatIllegalStateException()
                .isThrownBy(() -> cache.readThrough(Chunks.key(1), chunks.of(1), 0, unused, 10));
        assertThatIllegalStateException().isThrownBy(cache::stats);
        cache.close();
    }

    @Test
    void newCacheServesNothingOfTheOneBefore() throws IOException {
        long word = cache.load(Chunks.key(1), chunks.of(1));
        cache.close();
        cache = open(CHUNK, SLOTS * CHUNK);
        assertThat(cache.find(Chunks.key(1))).isEqualTo(ChunkCache.MISS);
        assertThat(cache.read(word, 0, ByteBuffer.allocate(1), 1)).isFalse();
    }

    @Test
    void randomCallsAgreeWithAModel() throws IOException {
        for (long seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            int slots = 1 + random.nextInt(100);
            int keys = 1 + random.nextInt(3 * slots);
            Map<Integer, Long> words = new HashMap<>();
            try (ChunkCache tested = open(CHUNK, (long) slots * CHUNK)) {
                for (int step = 0; step < 400; step++) {
                    int number = (int) (keys * Math.pow(random.nextDouble(), 2));
                    int offset = random.nextInt(CHUNK);
                    int length = random.nextInt(CHUNK - offset + 1);
                    ByteBuffer dst =
                            random.nextBoolean() ? ByteBuffer.allocate(length) : ByteBuffer.allocateDirect(length);
                    long known = words.getOrDefault(number, ChunkCache.MISS);
                    boolean hit = tested.read(known, offset, dst, length);
                    assertThat(hit)
                            .as("seed %d, step %d", seed, step)
                            .isEqualTo(known != ChunkCache.MISS && tested.find(Chunks.key(number)) == known);
                    if (!hit) {
                        tested.readThrough(Chunks.key(number), chunks.of(number), offset, dst, length);
                        Chunks.settle(tested);
                        words.put(number, tested.find(Chunks.key(number)));
                    }
                    assertThat(dst.hasRemaining()).isFalse();
                    assertThat(Chunks.firstWrong(dst, 0, number, offset))
                            .as("seed %d, step %d", seed, step)
                            .isNegative();
                }
                CacheStats stats = tested.stats();
                assertThat(stats.usedBytes()).isEqualTo((stats.loads() - stats.evictions()) * CHUNK);
                assertThat(stats.usedBytes()).isLessThanOrEqualTo((long) slots * CHUNK);
            }
        }
    }

    @Test
    void everyByteIsRightWhileChunksMakeRoomAndCachesClose() throws Exception {
        new EvictionUnderLoad(this::open).run();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void hitAllocatesNothing(boolean direct) throws IOException {
        ThreadMXBean counter = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long[] words = new long[SLOTS];
        for (int number = 0; number < SLOTS; number++) {
            words[number] = cache.load(Chunks.key(number), chunks.of(number));
        }
        ByteBuffer dst = direct ? ByteBuffer.allocateDirect(CHUNK) : ByteBuffer.allocate(CHUNK);
        long least = Long.MAX_VALUE; // the JVM itself allocates a little now and then while it compiles
        for (int round = 0; round < 5 && least != 0; round++) {
            long before = counter.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 100_000; i++) {
                if (!cache.read(words[i % SLOTS], i & 7, dst.clear(), 1000)) {
                    throw new AssertionError("a miss");
                }
            }
            least = Math.min(least, counter.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(least).isZero();
    }

    private static ChunkLoader failing(Throwable failure) {
        return (key, dst) -> {
            if (failure instanceof Error e) {
                throw e;
            }
            throw (IOException) failure;
        };
    }

    static void uninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static long parked(List<Thread> waiting) {
        synchronized (waiting) {
            return waiting.stream()
                    .filter(thread -> thread.getState() == Thread.State.WAITING)
                    .count();
        }
    }

    private static void awaitClosed(Callable<Boolean> call) throws Exception {
        while (true) {
            try {
                call.call();
            } catch (IllegalStateException e) {
                return;
            }
        }
    }
}
