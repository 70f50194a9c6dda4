package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handles of a volume beside each other and after each other. */
@Timeout(120)
class VolumeHandleTest extends VolumeFixture {
    /** read() looks at the zero ranges twice; a trim in between moves the read backwards: what follows is shifted. */
    @Test
    void readBesideATrimIsNotShifted() throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        AtomicInteger wrong = new AtomicInteger();
        int trims = 0;
        AtomicReference<Throwable> failure = new AtomicReference<>();
        while (System.nanoTime() < end && wrong.get() == 0 && failure.get() == null) {
            HookedSpace space = new HookedSpace(new HeapSegments());
            VolumeDevice device = new VolumeRig(() -> space, 1L << 30).open();
            int rounds = 1000;
            for (int i = 0; i < rounds; i++) {
                put(device, 32 * i + 16, 7); // the first page of every odd group of 16; even groups have no word
            }
            AtomicInteger round = new AtomicInteger();
            AtomicBoolean done = new AtomicBoolean();
            Thread reader = new Thread(() -> {
                try {
                    ByteBuffer dst = ByteBuffer.allocate(15 * Pages.BYTES);
                    while (!done.get()) {
                        long group = (long) round.get() * 32 * Pages.BYTES;
                        device.read(dst.clear(), group + 2L * Pages.BYTES); // 14 pages of zeros, then one of sevens
                        if (dst.get(0) != 0 || dst.get(14 * Pages.BYTES) != 7) {
                            wrong.incrementAndGet();
                        }
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            reader.start();
            Random random = new Random(1);
            for (int i = 0; i < rounds && wrong.get() == 0; i++) {
                round.set(i);
                for (int spin = 2000 + random.nextInt(3000); spin > 0; spin--) {
                    Thread.onSpinWait();
                }
                device.trim((long) i * 32 * Pages.BYTES, 16L * Pages.BYTES);
                trims++;
            }
            done.set(true);
            reader.join();
        }
        assertThat(failure.get()).isNull();
        assertThat(wrong.get()).as("wrong reads after %d trims", trims).isZero();
    }

    /** Who closes second, as the engine does, is told "done" while the first still flushes. */
    @Test
    void closingTwiceWaitsForTheFirst() throws Exception {
        HookedSpace space = new HookedSpace(VolumeRig.fileSegments(io, tmp.resolve("logs")));
        VolumeDevice device = new VolumeRig(() -> space, SIZE).open();
        put(device, 0, 1);
        CountDownLatch syncing = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        space.beforeSync = (segment, bytes, offset) -> {
            syncing.countDown();
            await(go);
        };
        CompletableFuture<Void> first = CompletableFuture.runAsync(() -> close(device));
        await(syncing);
        CompletableFuture<Void> second = CompletableFuture.runAsync(() -> close(device));
        boolean early = true;
        try {
            second.get(2, TimeUnit.SECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
            early = false;
        }
        go.countDown();
        first.join();
        second.join();
        assertThat(early).as("closed, although its flush is still running").isFalse();
    }

    private static void close(VolumeDevice device) {
        try {
            device.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
