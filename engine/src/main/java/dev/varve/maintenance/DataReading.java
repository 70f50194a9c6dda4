package dev.varve.maintenance;

import dev.varve.store.Background;
import dev.varve.store.Pace;
import dev.varve.store.Store;
import dev.varve.store.Verification;
import dev.varve.store.Verification.Pack;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** Reads all data of a store as fast as it can, on all processors, beside all that is done with it. */
final class DataReading {
    /** More would have a disk seek. */
    private static final int MAX_THREADS = 8;

    /** So often is told how far it has come. */
    private static final long STEP_BYTES = 1 << 20;

    private final Store store;
    private final Damage damage;
    private final Scrubber.Progress progress;
    private final Set<Integer> unsound = ConcurrentHashMap.newKeySet();
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong total = new AtomicLong();

    DataReading(Store store, Damage damage, Scrubber.Progress progress) {
        this.store = store;
        this.damage = damage;
        this.progress = progress;
    }

    /** Packs that are not sound, once all was read. */
    Set<Integer> unsound() {
        return unsound;
    }

    /** Reads; how many bytes of packs. */
    long run() throws IOException {
        Verification verification = store.verification();
        List<Pack> packs = verification.packs();
        read(packs);
        List<Pack> grown = new ArrayList<>(verification.packs()); // where a collection has copied chunks meanwhile
        if (!packs.isEmpty()) {
            int last = packs.get(packs.size() - 1).number();
            grown.removeIf(pack -> pack.number() < last || packs.contains(pack));
        }
        read(grown);
        verification.findLost(unsound, damage, Pace.FULL);
        verification.checkFiles(damage);
        return done.get();
    }

    private void read(List<Pack> packs) throws IOException {
        total.addAndGet(packs.stream().mapToLong(Pack::bytes).sum());
        int threads = Math.min(MAX_THREADS, Math.min(Runtime.getRuntime().availableProcessors(), packs.size()));
        Queue<Pack> left = new ConcurrentLinkedQueue<>(packs);
        if (threads <= 1) {
            readSome(left);
            return;
        }
        try (Background readers = Background.Source.THREADS.make("varve-reader", threads)) {
            CompletableFuture<?>[] parts = new CompletableFuture<?>[threads];
            for (int i = 0; i < threads; i++) {
                parts[i] = CompletableFuture.runAsync(() -> readAll(left), readers::execute);
            }
            CompletableFuture.allOf(parts).join(); // which no interrupt ends
        } catch (CompletionException e) {
            if (e.getCause() instanceof UncheckedIOException failure && failure.getCause() != null) {
                throw failure.getCause();
            }
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        }
    }

    /** The others end, too, when one fails. */
    private void readAll(Queue<Pack> left) {
        boolean succeeded = false;
        try {
            readSome(left);
            succeeded = true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (!succeeded) {
                left.clear();
            }
        }
    }

    private void readSome(Queue<Pack> left) throws IOException {
        Verification verification = store.verification();
        Counting pace = new Counting();
        for (Pack pack = left.poll(); pack != null; pack = left.poll()) {
            if (!verification.isSound(pack.number(), pace)) {
                unsound.add(pack.number());
            }
        }
        pace.tell();
    }

    /** Tells of progress, of one thread. */
    private final class Counting implements Pace {
        private long bytes;

        @Override
        public void spent(long more) {
            bytes += more;
            if (bytes >= STEP_BYTES) {
                tell();
            }
        }

        void tell() {
            long all = total.get();
            progress.progress(Math.min(done.addAndGet(bytes), all), all);
            bytes = 0;
        }
    }
}
