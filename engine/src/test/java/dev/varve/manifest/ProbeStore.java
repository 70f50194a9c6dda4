package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.ChunkMissingException;
import dev.varve.store.Compression;
import dev.varve.store.GarbageCollection;
import dev.varve.store.HeapStore;
import dev.varve.store.Mending;
import dev.varve.store.Store;
import dev.varve.store.StoreProperties;
import dev.varve.store.StoreStats;
import dev.varve.store.Verification;
import dev.varve.store.WriteLease;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A heap store that counts what is read and put, and fails where a test says so. */
final class ProbeStore implements Store {
    final AtomicInteger nodeReads = new AtomicInteger();
    final AtomicInteger nodePuts = new AtomicInteger();
    final AtomicInteger chunkPuts = new AtomicInteger();
    final AtomicInteger openLeases = new AtomicInteger();
    final Set<ChunkId> missing = ConcurrentHashMap.newKeySet();

    /** Runs before each read of a node. */
    volatile Hook beforeNode = id -> {};

    /** Runs before each put of a chunk. */
    volatile Hook beforePut = id -> {};

    private final Store store;

    ProbeStore(int chunkSizeBytes) {
        this.store = new HeapStore(new StoreProperties(new UUID(1, 2), 1, chunkSizeBytes, Compression.STORED));
    }

    @FunctionalInterface
    interface Hook {
        void run(ChunkId id) throws IOException;
    }

    /** Stores any bytes as a node. */
    ChunkId node(byte[] bytes) throws IOException {
        try (WriteLease lease = store.write("test")) {
            ChunkId id = lease.putNode(bytes);
            lease.commit(Map.of(), Set.of());
            return id;
        }
    }

    @Override
    public byte[] neededNode(ChunkId id) throws IOException {
        return store.neededNode(id);
    }

    @Override
    public byte[] node(ChunkId id) throws IOException {
        nodeReads.incrementAndGet();
        beforeNode.run(id);
        if (missing.contains(id)) {
            throw new ChunkMissingException(ChunkKey.plain(id), "the probe");
        }
        return store.node(id);
    }

    @Override
    public void chunks(ChunkVisitor visitor) throws IOException {
        store.chunks(visitor);
    }

    @Override
    public int storedBytes(ChunkKey key) throws IOException {
        return store.storedBytes(key);
    }

    @Override
    public WriteLease write(String purpose) throws IOException {
        WriteLease lease = store.write(purpose);
        openLeases.incrementAndGet();
        return new WriteLease() {
            @Override
            public boolean put(ChunkKey key, ByteBuffer plain) throws IOException {
                chunkPuts.incrementAndGet();
                beforePut.run(key.id());
                return lease.put(key, plain);
            }

            @Override
            public ChunkId putNode(byte[] node) throws IOException {
                nodePuts.incrementAndGet();
                return lease.putNode(node);
            }

            @Override
            public void commit(Map<String, byte[]> puts, Set<String> deletes) throws IOException {
                lease.commit(puts, deletes);
            }

            @Override
            public void close() {
                openLeases.decrementAndGet();
                lease.close();
            }
        };
    }

    @Override
    public StoreProperties properties() {
        return store.properties();
    }

    @Override
    public void get(ChunkKey key, ByteBuffer dst) throws IOException {
        store.get(key, dst);
    }

    @Override
    public boolean contains(ChunkKey key) throws IOException {
        return store.contains(key);
    }

    @Override
    public boolean isWanted(ChunkKey key) throws IOException {
        return store.isWanted(key);
    }

    @Override
    public GarbageCollection collect() {
        return store.collect();
    }

    @Override
    public byte @Nullable [] record(String key) throws IOException {
        return store.record(key);
    }

    @Override
    public List<Map.Entry<String, byte[]>> records(String prefix, String after, int limit) throws IOException {
        return store.records(prefix, after, limit);
    }

    @Override
    public void commit(Map<String, byte[]> puts, Set<String> deletes) throws IOException {
        store.commit(puts, deletes);
    }

    @Override
    public StoreStats stats() throws IOException {
        return store.stats();
    }

    @Override
    public Verification verification() {
        return store.verification();
    }

    @Override
    public Mending mend(Set<Integer> unsound) throws IOException {
        return store.mend(unsound);
    }

    @Override
    public void close() throws IOException {
        store.close();
    }
}
