package dev.varve.store;

import static dev.varve.store.StoreContractTest.CHUNK;
import static dev.varve.store.StoreContractTest.assertHolds;
import static dev.varve.store.StoreContractTest.chunk;
import static dev.varve.store.StoreContractTest.key;
import static dev.varve.store.StoreContractTest.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.chunk.ChunkId;
import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Collections on disk: what becomes of pack files, beside readers and writers, and when the process ends. */
class PackCollectionTest {
    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

    private static final Map<ChunkId, Long> RANKS = IntStream.range(0, 40)
            .boxed()
            .collect(Collectors.toMap(i -> key(chunk(i)).id(), i -> (long) -i));

    @TempDir
    Path folder;

    private Path root() {
        return folder.resolve("store");
    }

    private static StoreOptions options(FileIo io) {
        return new StoreOptions(CHUNK, Compression.LZ4, 8 << 20, Path.of("target", "native"), io);
    }

    private static void commit(Store store, int... numbers) throws IOException {
        try (WriteLease lease = store.write("test")) {
            for (int number : numbers) {
                put(lease, number);
            }
            lease.commit(Map.of(), Set.of());
        }
    }

    /** Twice, so that what is not marked is dropped. */
    private static GarbageCollection.Compaction collect(Store store, int... marked) throws IOException {
        sweep(store, marked);
        try (GarbageCollection collection = store.collect()) {
            mark(collection, marked);
            collection.sweep(NOW, Duration.ZERO, false, Pace.FULL);
            return collection.compact(-1, PackCollectionTest::descending, Pace.FULL);
        }
    }

    private static void sweep(Store store, int... marked) throws IOException {
        try (GarbageCollection collection = store.collect()) {
            mark(collection, marked);
            collection.sweep(NOW, Duration.ZERO, false, Pace.FULL);
        }
    }

    private static void mark(GarbageCollection collection, int... marked) {
        for (int number : marked) {
            collection.markChunk(key(chunk(number)));
        }
    }

    /** The rank of a chunk in an order that is not that in which it was put. */
    private static long descending(ChunkId id) {
        return RANKS.getOrDefault(id, 0L);
    }

    private static void assertClean(Store store) throws IOException {
        assertThat(Verified.problems(store)).isEmpty();
    }

    private static long count(PackStore store) throws IOException {
        AtomicLong count = new AtomicLong();
        store.files().index().chunks((key, location) -> count.incrementAndGet());
        return count.get();
    }

    private List<Path> packs() throws IOException {
        try (Stream<Path> files = Files.list(root().resolve("packs"))) {
            return files.filter(file -> file.toString().endsWith(".pack")).toList();
        }
    }

    @Test
    void roomComesBackAndWhatIsLeftLiesInTheOrderOfItsRanks() throws IOException {
        try (PackStore store = PackStore.create(root(), options(new FileIo()))) {
            commit(store, IntStream.range(0, 20).toArray());
            long before = store.stats().packBytes();

            GarbageCollection.Compaction done = collect(store, 3, 5, 7, 4);

            assertThat(done.packs()).isEqualTo(1);
            assertThat(done.packBytes()).isEqualTo(before);
            assertThat(store.stats().packBytes())
                    .isEqualTo(PackHeader.BYTES + done.movedBytes())
                    .isLessThan(before / 3);
            assertThat(store.stats().liveBytes()).isEqualTo(done.movedBytes());
            TreeMap<Long, Integer> places = new TreeMap<>();
            for (int i : new int[] {3, 5, 7, 4}) {
                places.put(store.files().index().chunk(key(chunk(i))).offsetBytes(), i);
                assertHolds(store, i);
            }
            assertThat(places.values()).containsExactly(7, 5, 4, 3);
            assertClean(store);

            assertThat(collect(store).packs()).isEqualTo(1);
            assertThat(packs()).isEmpty();
            commit(store, 1, 2);
        }
        try (PackStore store = PackStore.open(root(), options(new FileIo()))) {
            assertHolds(store, 1);
            assertHolds(store, 2);
            assertThat(count(store)).isEqualTo(2);
            assertClean(store);
        }
    }

    /** Nobody knows what else lies in a damaged pack. */
    @Test
    void packWithDamageThatIsNeededStays() throws IOException {
        try (PackStore store = PackStore.create(root(), options(new FileIo()))) {
            commit(store, IntStream.range(0, 10).toArray());
            Location place = store.files().index().chunk(key(chunk(4)));
            try (FileChannel file = FileChannel.open(packs().get(0), StandardOpenOption.WRITE)) {
                file.write(ByteBuffer.allocate(1), place.offsetBytes() + 100);
                file.write(ByteBuffer.wrap(new byte[] {(byte) 0x5a}), place.offsetBytes() + 101);
            }

            assertThat(collect(store, 4, 6).packs()).isZero();

            assertHolds(store, 6);
            assertThat(packs()).hasSize(2);
            assertThat(store.contains(key(chunk(4)))).isTrue();
            assertThat(collect(store, 6).packs())
                    .as("the damage is needed no more")
                    .isEqualTo(2);
            assertThat(packs()).hasSize(1);
            assertHolds(store, 6);
        }
    }

    @Test
    void packThatAWriterAppendsToStays() throws IOException {
        try (PackStore store = PackStore.create(root(), options(new FileIo()))) {
            commit(store, 1, 2);
            try (WriteLease lease = store.write("long")) {
                put(lease, 10);
                assertThat(collect(store, 1).packs()).isZero();
                put(lease, 11);
                lease.commit(Map.of(), Set.of());
            }
            for (int i : new int[] {1, 10, 11}) {
                assertHolds(store, i);
            }
            assertThat(collect(store, 1, 11).packs()).isPositive();
            assertHolds(store, 1);
            assertHolds(store, 11);
            assertClean(store);
        }
    }

    /**
     * A reader has looked up where a chunk lies, and is held up until a collection has moved it and deleted its pack: as he
     * opens the pack, or as he reads from it.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readerWhosePackHasGoneLooksAgain(boolean isOpen) throws IOException {
        FaultyFiles files = new FaultyFiles(7, folder.resolve("graves"));
        try (PackStore store = PackStore.create(root(), options(new FileIo(files)))) {
            commit(store, 1, 2, 3, 4);
            store.files().packs().leave(1);
            commit(store, 5); // the last pack is open from the start
            sweep(store, 1, 3, 5);
        }
        try (PackStore store = PackStore.open(root(), options(new FileIo(files)))) {
            if (isOpen) {
                assertHolds(store, 1);
            }
            AtomicLong deleted = new AtomicLong();
            files.beforeRead = () -> {
                files.beforeRead = () -> {};
                try {
                    deleted.set(collect(store, 1, 3, 5).packs());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            };
            assertHolds(store, 3);
            assertThat(deleted.get()).isPositive();
        }
    }

    /** Readers and writers go on while everything is moved again and again. */
    @Test
    void nobodyNoticesACollection() throws Exception {
        int[] kept = IntStream.range(0, 30).toArray();
        AtomicBoolean ended = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(5);
        try (PackStore store = PackStore.create(root(), options(new FileIo()))) {
            commit(store, kept);
            List<Future<?>> works = new ArrayList<>();
            for (int t = 0; t < 2; t++) {
                works.add(threads.submit(() -> {
                    for (int i = 0; !ended.get(); i = (i + 1) % kept.length) {
                        assertHolds(store, i);
                    }
                    return null;
                }));
            }
            for (int t = 0; t < 2; t++) {
                int first = 1000 * (t + 1);
                works.add(threads.submit(() -> {
                    for (int i = first; !ended.get(); i++) {
                        try (WriteLease lease = store.write("writer")) {
                            put(lease, i);
                            put(lease, 500 + i % 3); // found by the other, condemned, dropped, and put again
                            put(lease, i % kept.length);
                            if (i % 5 != 0) {
                                lease.commit(Map.of(), Set.of());
                                assertHolds(store, i % kept.length);
                            }
                        }
                    }
                    return null;
                }));
            }
            works.add(threads.submit(() -> {
                while (!ended.get()) {
                    assertClean(store);
                }
                return null;
            }));
            long moved = 0;
            for (int round = 0; round < 40; round++) {
                moved += collect(store, kept).movedBytes();
            }
            ended.set(true);
            for (Future<?> work : works) {
                work.get();
            }
            assertThat(moved).isPositive();
            collect(store, kept);
            assertThat(count(store)).isEqualTo(kept.length);
            assertClean(store);
        } finally {
            ended.set(true);
            threads.shutdownNow();
        }
    }

    /** Stops, cuts the power or fails one change at every change to a pack, and looks at what is left. */
    @ParameterizedTest
    @ValueSource(strings = {"killed", "power cut", "failed"})
    void everyCrashLeavesWhatIsMarked(String fault) throws IOException {
        FaultyFiles faults = new FaultyFiles(Long.getLong("varve.seed", 7), folder.resolve("graves"));
        PackStore.create(root(), options(new FileIo(faults))).close();
        boolean hit = true;
        for (long change = 0; hit; change++) {
            String when = "change " + change + ", " + fault;
            PackStore store = PackStore.open(root(), options(new FileIo(faults)));
            commit(store, 1, 2, 3, 4, 5, 6, 7, 8);
            sweep(store, 1, 3);
            if (fault.equals("failed")) {
                faults.failAt(change);
            } else {
                faults.stopAt(change);
            }
            boolean done = false;
            try {
                collect(store, 1, 3);
                commit(store, 20, 2);
                done = true;
            } catch (IOException e) {
                assertThat(e).as(when).hasMessageContaining("");
            }
            hit = faults.hit();
            if (fault.equals("failed")) {
                faults.failNever();
                assertHolds(store, 1);
                assertHolds(store, 3);
                store.close();
            } else {
                store.files().close();
                if (fault.equals("killed")) {
                    faults.killProcess();
                } else {
                    faults.losePower();
                }
            }
            try (PackStore opened = PackStore.open(root(), options(new FileIo(faults)))) {
                for (int i : done ? new int[] {1, 3, 20, 2} : new int[] {1, 3}) {
                    assertHolds(opened, i);
                }
                assertClean(opened);
                collect(opened, 1, 3);
                assertHolds(opened, 1);
                assertHolds(opened, 3);
                assertThat(opened.stats().packBytes())
                        .as(when)
                        .isEqualTo(opened.stats().liveBytes()
                                + (long) PackHeader.BYTES * opened.stats().packs());
                collect(opened);
            }
        }
    }
}
