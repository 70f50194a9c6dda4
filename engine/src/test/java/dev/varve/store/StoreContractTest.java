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
}
