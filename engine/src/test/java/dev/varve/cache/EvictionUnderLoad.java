package dev.varve.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Many threads that read at random from ten times what a cache holds, while they are interrupted and the cache is closed
 * under them and opened again. Every byte they get is checked.
 */
final class EvictionUnderLoad {
    private static final boolean LONG = Boolean.getBoolean("varve.long");
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int SHORT_READS = 6_000;
    private static final int READS_A_LIFE = LONG ? 20_000 : 1_500;
    private static final int THREADS = 8;
    private static final int CHUNK = ChunkCacheContract.CHUNK;
    private static final int SLOTS = 64;
    private static final int KEYS = 10 * SLOTS;
    private static final int LOAD_FAILURES = 97; // one of so many

    interface Opener {
        ChunkCache open(int chunkSize, long capacityBytes) throws IOException;
    }

    /** A cache and the words of its chunks, as the leaves of a manifest would hold them. */
    private record Life(ChunkCache cache, AtomicLongArray words, AtomicLong reads) {}

    private final Opener opener;
    private volatile Life life;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicLong reads = new AtomicLong();
    private final AtomicLong hits = new AtomicLong();
    private final AtomicLong turnedAway = new AtomicLong();
    private final AtomicLong flags = new AtomicLong();
    private final AtomicLong failedLoads = new AtomicLong();
    private long reused;

    EvictionUnderLoad(Opener opener) throws IOException {
        this.opener = opener;
        life = open(opener);
    }

    void run() throws Exception {
        List<Thread> readers = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Random random = new Random(i);
            Thread thread = new Thread(() -> read(random), "reader-" + i);
            readers.add(thread);
            thread.start();
        }
        long end = System.nanoTime() + LONG_NANOS;
        Random random = new Random(-1);
        int closes = 0;
        while (failure.get() == null && (LONG ? System.nanoTime() < end : reads.get() < THREADS * SHORT_READS)) {
            readers.get(random.nextInt(THREADS)).interrupt();
            LockSupport.parkNanos(random.nextInt(200_000));
            Life now = life;
            if (now.reads.get() > READS_A_LIFE) {
                reused += now.cache.stats().reused();
                now.cache.close();
                closes++;
                life = open(opener);
            }
        }
        stop.set(true);
        for (Thread reader : readers) {
            reader.join();
        }
        life.cache.close();
        if (failure.get() != null) {
            throw new AssertionError("a reader failed", failure.get());
        }
        assertThat(closes).isPositive();
        assertThat(hits).hasPositiveValue();
        assertThat(turnedAway).hasPositiveValue();
        assertThat(flags).hasPositiveValue();
        assertThat(failedLoads).hasPositiveValue();
    }

    /** How many chunks were found again in a cache that was opened again. */
    long reused() {
        return reused;
    }

    private static Life open(Opener opener) throws IOException {
        return new Life(opener.open(CHUNK, (long) SLOTS * CHUNK), new AtomicLongArray(KEYS), new AtomicLong());
    }

    private void read(Random random) {
        ByteBuffer heap = ByteBuffer.allocate(CHUNK);
        ByteBuffer direct = ByteBuffer.allocateDirect(CHUNK);
        try {
            while (!stop.get()) {
                try {
                    readOnce(life, random, random.nextBoolean() ? heap.clear() : direct.clear());
                    reads.incrementAndGet();
                } catch (IllegalStateException e) {
                    assertThat(e).hasMessage("the chunk cache is closed");
                    turnedAway.incrementAndGet();
                } catch (IOException e) {
                    assertThat(e).hasMessage("a load of the test");
                    failedLoads.incrementAndGet();
                }
                if (Thread.interrupted()) {
                    flags.incrementAndGet();
                }
            }
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    private void readOnce(Life now, Random random, ByteBuffer dst) throws IOException {
        int number = (int) (KEYS * Math.pow(random.nextDouble(), 3));
        int offset = random.nextInt(CHUNK);
        int length = 1 + random.nextInt(CHUNK - offset);
        boolean fails = random.nextInt(LOAD_FAILURES) == 0;
        now.reads.incrementAndGet();
        if (now.cache.read(now.words.getOpaque(number), offset, dst, length)) {
            hits.incrementAndGet();
        } else {
            ChunkLoader loader = (key, chunk) -> {
                if (fails) {
                    throw new IOException("a load of the test");
                }
                chunk.put(Chunks.content(number, 0, CHUNK));
            };
            now.words.setOpaque(number, now.cache.readThrough(Chunks.key(number), loader, offset, dst, length));
        }
        assertThat(dst.position()).isEqualTo(length);
        int wrong = Chunks.firstWrong(dst, 0, number, offset);
        if (wrong >= 0) {
            throw new AssertionError("chunk " + number + ", offset " + offset + ": byte " + wrong + " is wrong");
        }
    }
}
