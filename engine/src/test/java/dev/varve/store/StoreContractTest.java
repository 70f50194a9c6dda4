package dev.varve.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.ChunkMissingException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store does. */
abstract class StoreContractTest {
    static final int CHUNK = 64 << 10;

    Store store;

    abstract Store open() throws IOException;

    static StoreProperties properties(Compression compression) {
        return new StoreProperties(new UUID(1, 2), 1, CHUNK, compression);
    }

    @BeforeEach
    void openStore() throws IOException {
        store = open();
    }

    @AfterEach
    void closeStore() throws IOException {
        store.close();
    }

    /** A chunk of a number's own; even numbers compress, odd ones don't. */
    static ByteBuffer chunk(long number) {
        byte[] bytes = new byte[CHUNK];
        new Random(number).nextBytes(bytes);
        if (number % 2 == 0) {
            for (int i = 0; i < CHUNK; i++) {
                bytes[i] = (byte) (bytes[i & 0xfff] & 15);
            }
        }
        return ByteBuffer.wrap(bytes);
    }

    static ChunkKey key(ByteBuffer plain) {
        return ChunkKey.plain(new ChunkHasher().hash(plain));
    }

    static ChunkKey put(WriteLease lease, long number) throws IOException {
        ByteBuffer plain = chunk(number);
        ChunkKey key = key(plain);
        lease.put(key, plain);
        return key;
    }

    static void assertHolds(Store store, long number) throws IOException {
        ByteBuffer dst = ByteBuffer.allocateDirect(CHUNK);
        store.get(key(chunk(number)), dst);
        assertThat(dst.flip()).isEqualTo(chunk(number));
    }

    static Map<String, byte[]> record(String key) {
        return Map.of(key, key.getBytes(UTF_8));
    }

    @Test
    void committedChunksNodesAndRecordsAreFound() throws IOException {
        ChunkId node;
        try (WriteLease lease = store.write("test")) {
            for (int i = 0; i < 100; i++) {
                assertThat(lease.put(key(chunk(i)), chunk(i))).isTrue();
                assertThat(lease.put(key(chunk(i)), chunk(i))).isFalse();
            }
            node = lease.putNode("a node".getBytes(UTF_8));
            assertThat(store.record("r/1")).isNull();
            lease.commit(record("r/1"), Set.of());
        }
        for (int i = 0; i < 100; i++) {
            assertHolds(store, i);
        }
        assertThat(store.node(node)).isEqualTo("a node".getBytes(UTF_8));
        assertThat(store.record("r/1")).isEqualTo("r/1".getBytes(UTF_8));
    }

    @Test
    void whatIsNotThereIsMissing() throws IOException {
        ChunkKey key = key(chunk(1));
        assertThat(store.contains(key)).isFalse();
        assertThatThrownBy(() -> store.get(key, ByteBuffer.allocate(CHUNK)))
                .isInstanceOf(ChunkMissingException.class)
                .hasMessageContaining(key.toString());
        assertThatThrownBy(() -> store.node(key.id())).isInstanceOf(ChunkMissingException.class);
        assertThat(store.record("nothing")).isNull();
    }

    @Test
    void whatWasPutCanBeReadBeforeItIsCommitted() throws IOException {
        try (WriteLease lease = store.write("test")) {
            put(lease, 8);
            assertHolds(store, 8);
            ChunkId node = lease.putNode(new byte[] {9});
            assertThat(store.node(node)).isEqualTo(new byte[] {9});
        }
    }

    @Test
    void closedLeaseLeavesNothing() throws IOException {
        ChunkKey chunk;
        ChunkId node;
        try (WriteLease lease = store.write("test")) {
            chunk = put(lease, 7);
            node = lease.putNode(new byte[] {1, 2, 3});
        }
        assertThat(store.contains(chunk)).isFalse();
        assertThatThrownBy(() -> store.node(node)).isInstanceOf(ChunkMissingException.class);
    }

    @Test
    void chunkFoundInAnotherOpenLeaseSurvivesTheOtherLease() throws IOException {
        byte[] node = {4, 5, 6};
        WriteLease first = store.write("first");
        try (WriteLease second = store.write("second")) {
            put(first, 1);
            first.putNode(node);
            assertThat(second.put(key(chunk(1)), chunk(1))).isFalse();
            ChunkId id = second.putNode(node);
            first.close();
            second.commit(record("r"), Set.of());
            assertHolds(store, 1);
            assertThat(store.node(id)).isEqualTo(node);
        }
        assertHolds(store, 1);
    }

    @Test
    void chunkSharedByTwoDeadLeasesGoes() throws IOException {
        try (WriteLease first = store.write("first");
                WriteLease second = store.write("second")) {
            put(first, 1);
            put(second, 1);
            put(second, 2);
        }
        assertThat(store.contains(key(chunk(1)))).isFalse();
        assertThat(store.contains(key(chunk(2)))).isFalse();
    }

    @Test
    void endedLeaseTakesNothing() throws IOException {
        WriteLease lease = store.write("test");
        lease.commit(Map.of(), Set.of());
        assertThatThrownBy(() -> put(lease, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> lease.commit(Map.of(), Set.of())).isInstanceOf(IllegalStateException.class);
        lease.close();
        lease.close();
    }

    @Test
    void commitThatIsRefusedChangesNothing() throws IOException {
        Map<String, byte[]> puts = new java.util.LinkedHashMap<>(record("good"));
        puts.put("ä", new byte[1]);
        ChunkKey chunk;
        try (WriteLease lease = store.write("test")) {
            chunk = put(lease, 7);
            assertThatThrownBy(() -> lease.commit(puts, Set.of())).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(store.record("good")).isNull();
        assertThat(store.contains(chunk)).isFalse();
    }

    @Test
    void recordsComeInOrderAndInPages() throws IOException {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            String key = String.format("a/%02d", i);
            keys.add(key);
            store.commit(record(key), Set.of());
        }
        store.commit(record("a0"), Set.of("a/07"));
        keys.remove("a/07");
        List<String> found = new ArrayList<>();
        String after = "";
        while (true) {
            List<Map.Entry<String, byte[]>> page = store.records("a/", after, 10);
            if (page.isEmpty()) {
                break;
            }
            assertThat(page.size()).isLessThanOrEqualTo(10);
            page.forEach(record -> found.add(record.getKey()));
            after = found.get(found.size() - 1);
        }
        assertThat(found).isEqualTo(keys);
    }

    @Test
    void wrongSizesAreRefused() throws IOException {
        try (WriteLease lease = store.write("test")) {
            ByteBuffer half = ByteBuffer.allocate(CHUNK / 2);
            assertThatThrownBy(() -> lease.put(key(half), half)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> lease.putNode(new byte[0])).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> lease.putNode(new byte[WriteLease.MAX_NODE_BYTES + 1]))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> store.get(key(chunk(1)), ByteBuffer.allocate(10)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.commit(Map.of("ä", new byte[1]), Set.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void closedStoreRefusesEveryCall() throws IOException {
        store.close();
        store.close();
        assertThatThrownBy(() -> store.get(key(chunk(1)), ByteBuffer.allocate(CHUNK)))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> store.record("a")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> store.records("a", "", 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> store.write("a")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> store.commit(Map.of(), Set.of())).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> store.stats()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void manyWritersOfOverlappingContentAgree() throws Exception {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> writers = new ArrayList<>();
        for (int w = 0; w < 8; w++) {
            int seed = w;
            Thread writer = new Thread(() -> {
                try (WriteLease lease = store.write("writer " + seed)) {
                    Random random = new Random(seed);
                    List<Integer> mine = new ArrayList<>();
                    for (int i = 0; i < 60; i++) {
                        int number = random.nextInt(100);
                        put(lease, number);
                        mine.add(number);
                    }
                    if (seed % 2 == 0) {
                        lease.commit(record("w/" + seed), Set.of());
                        for (int number : mine) {
                            assertHolds(store, number);
                        }
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            writers.add(writer);
            writer.start();
        }
        for (Thread writer : writers) {
            writer.join();
        }
        assertThat(failure.get()).isNull();
        for (int w = 0; w < 8; w += 2) {
            Random random = new Random(w);
            for (int i = 0; i < 60; i++) {
                assertHolds(store, random.nextInt(100));
            }
        }
    }

    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
    private static final Duration GRACE = Duration.ofMinutes(10);

    /** Commits chunks and a node of two bytes, all of one number each. */
    private void commit(int... numbers) throws IOException {
        try (WriteLease lease = store.write("test")) {
            for (int number : numbers) {
                put(lease, number);
                lease.putNode(node(number));
            }
            lease.commit(Map.of(), Set.of());
        }
    }

    private static byte[] node(int number) {
        return new byte[] {(byte) number, 1};
    }

    private static ChunkId nodeId(int number) {
        return new ChunkHasher().hash(ByteBuffer.wrap(node(number)));
    }

    private static void mark(GarbageCollection collection, int... numbers) {
        for (int number : numbers) {
            collection.markChunk(key(chunk(number)));
            collection.markNode(ChunkKey.plain(nodeId(number)));
        }
    }

    private GarbageCollection.Sweep collect(Instant now, int... marked) throws IOException {
        try (GarbageCollection collection = store.collect()) {
            mark(collection, marked);
            GarbageCollection.Sweep sweep = collection.sweep(now, GRACE, false, Pace.FULL);
            collection.compact(0, id -> 0, Pace.FULL);
            return sweep;
        }
    }

    private void assertThere(int... numbers) throws IOException {
        for (int number : numbers) {
            assertHolds(store, number);
            assertThat(store.node(nodeId(number))).isEqualTo(node(number));
        }
    }

    private void assertGone(int... numbers) throws IOException {
        for (int number : numbers) {
            assertThat(store.contains(key(chunk(number))))
                    .as("chunk %d", number)
                    .isFalse();
            assertThatThrownBy(() -> store.node(nodeId(number))).isInstanceOf(ChunkMissingException.class);
        }
    }

    @Test
    void whatIsNotMarkedIsCondemnedAndThenDropped() throws IOException {
        commit(1, 2, 3, 4, 5);

        GarbageCollection.Sweep first = collect(NOW, 1, 2);

        assertThat(first.marked().chunks()).isEqualTo(2);
        assertThat(first.marked().nodes()).isEqualTo(2);
        assertThat(first.condemned().chunks()).isEqualTo(3);
        assertThat(first.condemned().nodes()).isEqualTo(3);
        assertThat(store.isWanted(key(chunk(2)))).isTrue();
        assertThat(store.isWanted(key(chunk(3)))).isFalse();
        assertThat(store.contains(key(chunk(3)))).isTrue();

        assertThat(collect(NOW.plus(GRACE).minusSeconds(1), 1, 2).waiting().chunks())
                .isEqualTo(3);
        GarbageCollection.Sweep last = collect(NOW.plus(GRACE), 1, 2);

        assertThat(last.dropped().chunks()).isEqualTo(3);
        assertThat(last.dropped().nodes()).isEqualTo(3);
        assertThat(last.broughtBack().chunks()).isZero();
        assertThere(1, 2);
        assertGone(3, 4, 5);
        commit(3);
        assertThere(1, 2, 3);
    }

    @Test
    void dryRunChangesNothing() throws IOException {
        commit(1, 2);
        try (GarbageCollection collection = store.collect()) {
            mark(collection, 1);
            assertThat(collection.sweep(NOW, GRACE, true, Pace.FULL).condemned().chunks())
                    .isEqualTo(1);
        }
        assertThat(collect(NOW.plus(GRACE), 1).condemned().chunks()).isEqualTo(1);
        assertThere(1, 2);
    }

    @Test
    void whatIsReadOrFoundIsBroughtBack() throws IOException {
        commit(1, 2, 3, 4);
        collect(NOW);
        assertThat(store.stats().alarms()).isZero();
        assertThere(1);
        assertThat(store.stats().alarms()).as("a chunk and a node").isEqualTo(2);
        commit(2);
        assertThat(store.stats().alarms()).isEqualTo(4);
        assertThat(collect(NOW.plus(GRACE), 3).broughtBack().chunks()).isEqualTo(1);
        assertThat(store.stats().alarms()).isEqualTo(6);
        assertThat(store.isWanted(key(chunk(1)))).isFalse();
        assertThere(1, 2, 3);
        assertGone(4);
    }

    /** The lease began before the collection, and found something that nothing names. */
    @Test
    void whatAWriterHasFoundStaysUntilItsRecordIsThere() throws IOException {
        commit(1, 2);
        collect(NOW);
        try (WriteLease lease = store.write("finds")) {
            put(lease, 1);
            lease.putNode(node(1));
            put(lease, 6);
            try (GarbageCollection collection = store.collect()) {
                put(lease, 7);
                lease.commit(record("r"), Set.of());
                GarbageCollection.Sweep sweep = collection.sweep(NOW.plus(GRACE), GRACE, false, Pace.FULL);
                assertThat(sweep.kept().chunks()).isEqualTo(3);
                assertThat(sweep.dropped().chunks()).isEqualTo(1);
            }
        }
        assertThere(1);
        assertHolds(store, 6);
        assertHolds(store, 7);
        assertGone(2);
    }

    @Test
    void whatAWriterFindsWhileACollectionRunsStays() throws IOException {
        commit(1, 2, 3);
        collect(NOW);
        try (GarbageCollection collection = store.collect()) {
            commit(1, 8);
            collection.sweep(NOW.plus(GRACE), GRACE, false, Pace.FULL);
            collection.compact(-1, id -> 0, Pace.FULL);
        }
        assertThat(store.isWanted(key(chunk(1)))).as("not condemned again").isTrue();
        assertThat(store.isWanted(key(chunk(8)))).isTrue();
        assertThere(1, 8);
        assertGone(2, 3);
    }

    /** Two writers share a chunk; who found it settles it, and goes again, while who put it is still at work. */
    @Test
    void whatAnotherWriterHasSettledIsStillItsOwn() throws IOException {
        try (WriteLease putting = store.write("puts")) {
            put(putting, 1);
            putting.putNode(node(1));
            commit(1);
            collect(NOW);
            collect(NOW.plus(GRACE));
            assertThere(1);
            putting.commit(Map.of(), Set.of());
        }
        assertThere(1);
        assertThat(collect(NOW).condemned().chunks()).isEqualTo(1);
    }

    @Test
    void whatADeadWriterLeftGoesWithItAndNotBefore() throws IOException {
        commit(1);
        WriteLease living = store.write("lives");
        try (WriteLease dying = store.write("dies")) {
            put(dying, 2);
        }
        try (GarbageCollection collection = store.collect()) {
            mark(collection, 1);
            assertThat(collection
                            .sweep(NOW, Duration.ZERO, false, Pace.FULL)
                            .dropped()
                            .chunks())
                    .isZero();
            living.close();
            collection.compact(-1, id -> 0, Pace.FULL);
        }
        assertThere(1);
        assertThat(store.contains(key(chunk(2)))).isFalse();
    }

    @Test
    void thereIsOneCollectionAtATime() throws IOException {
        try (GarbageCollection collection = store.collect()) {
            assertThatThrownBy(store::collect).isInstanceOf(IllegalStateException.class);
            assertThat(collection.markNode(ChunkKey.plain(nodeId(1)))).isTrue();
            assertThat(collection.markNode(ChunkKey.plain(nodeId(1)))).isFalse();
        }
        store.collect().close();
    }

    @Test
    void recordsOfACollectionAreThoseOfAPrefix() throws IOException {
        store.commit(
                Map.of("a/1", new byte[] {1}, "b/1", new byte[] {2}, "b/2", new byte[] {3}, "c", new byte[0]),
                Set.of());
        List<String> found = new ArrayList<>();
        try (GarbageCollection collection = store.collect()) {
            collection.records("b/", (key, value) -> found.add(key + value[0]));
        }
        assertThat(found).containsExactly("b/12", "b/23");
    }
}
