package dev.varve.store;

import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.ChunkMissingException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A store on the Java heap: nothing outlives it, and it loads no native library. The same contract as on disk but for
 * crashes; one lock for everything.
 */
public final class HeapStore implements Store {
    private final StoreProperties properties;
    private final Map<ChunkKey, Held> chunks = new TreeMap<>(
            (a, b) -> a.domain() != b.domain() ? Integer.compare(a.domain(), b.domain()) : a.id().compareTo(b.id()));
    private final Map<ChunkId, Held> nodes = new TreeMap<>();
    private final TreeMap<String, byte[]> records = new TreeMap<>();
    private @Nullable HeapCollection collection;
    private long alarms;
    private boolean closed;

    /**
     * An empty store.
     *
     * @param properties its chunk size; compression does not matter, nothing is compressed
     */
    public HeapStore(StoreProperties properties) {
        this.properties = properties;
    }

    /** Bytes and the open leases that claim them; settled bytes stay when those end. */
    static final class Held {
        private final byte[] bytes;
        private final Set<HeapLease> claims = new HashSet<>();
        private boolean settled;

        /** 0 when it is not. */
        private long condemnedSeconds;

        Held(byte[] bytes) {
            this.bytes = bytes;
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the store is closed");
        }
    }

    @Override
    public StoreProperties properties() {
        return properties;
    }

    @Override
    public void get(ChunkKey key, ByteBuffer dst) throws IOException {
        if (dst.remaining() < properties.chunkSizeBytes()) {
            throw new IllegalArgumentException(
                    dst.remaining() + " bytes left for a chunk of " + properties.chunkSizeBytes());
        }
        Held found;
        synchronized (this) {
            checkOpen();
            found = chunks.get(key);
            if (found != null) {
                bringBack(found);
            }
        }
        if (found == null) {
            throw new ChunkMissingException(key, "the heap");
        }
        dst.put(found.bytes);
    }

    @Override
    public synchronized boolean contains(ChunkKey key) {
        checkOpen();
        return chunks.containsKey(key);
    }

    @Override
    public synchronized boolean isWanted(ChunkKey key) {
        checkOpen();
        Held found = chunks.get(key);
        return found != null && found.condemnedSeconds == 0;
    }

    @Override
    public synchronized byte[] node(ChunkId id) throws IOException {
        checkOpen();
        Held found = nodes.get(id);
        if (found == null) {
            throw new ChunkMissingException(ChunkKey.plain(id), "the heap");
        }
        bringBack(found);
        return found.bytes.clone();
    }

    @Override
    public synchronized byte[] neededNode(ChunkId id) throws IOException {
        checkOpen();
        Held found = nodes.get(id);
        if (found == null || found.condemnedSeconds != 0) {
            throw new ChunkMissingException(ChunkKey.plain(id), "the heap");
        }
        return found.bytes.clone();
    }

    @Override
    public void chunks(ChunkVisitor visitor) throws IOException {
        List<ChunkKey> keys;
        synchronized (this) {
            checkOpen();
            keys = new ArrayList<>(chunks.keySet());
        }
        for (ChunkKey key : keys) {
            visitor.chunk(key, properties.chunkSizeBytes());
        }
    }

    @Override
    public synchronized int storedBytes(ChunkKey key) {
        checkOpen();
        return chunks.containsKey(key) ? properties.chunkSizeBytes() : 0;
    }

    private void bringBack(Held found) {
        alarms += found.condemnedSeconds == 0 ? 0 : 1;
        found.condemnedSeconds = 0;
    }

    @Override
    public synchronized GarbageCollection collect() {
        checkOpen();
        if (collection != null) {
            throw new IllegalStateException("a collection is under way");
        }
        collection = new HeapCollection();
        return collection;
    }

    @Override
    public synchronized byte @Nullable [] record(String key) {
        checkOpen();
        byte[] found = records.get(key);
        return found == null ? null : found.clone();
    }

    @Override
    public synchronized List<Map.Entry<String, byte[]>> records(String prefix, String after, int limit) {
        checkOpen();
        List<Map.Entry<String, byte[]>> found = new ArrayList<>();
        boolean afterPrefix = after.compareTo(prefix) > 0;
        for (Map.Entry<String, byte[]> record :
                records.tailMap(afterPrefix ? after : prefix, !afterPrefix).entrySet()) {
            if (!record.getKey().startsWith(prefix) || found.size() >= limit) {
                break;
            }
            found.add(Map.entry(record.getKey(), record.getValue().clone()));
        }
        return found;
    }

    @Override
    public synchronized void commit(Map<String, byte[]> puts, Set<String> deletes) {
        checkOpen();
        puts.keySet().forEach(RecordKeys::check);
        puts.forEach((key, value) -> records.put(key, value.clone()));
        deletes.forEach(records::remove);
    }

    @Override
    public synchronized WriteLease write(String purpose) {
        checkOpen();
        return new HeapLease();
    }

    @Override
    public synchronized StoreStats stats() {
        checkOpen();
        long bytes = (long) chunks.size() * properties.chunkSizeBytes();
        return new StoreStats(chunks.size(), nodes.size(), 0, bytes, bytes, 0, alarms);
    }

    /** There is nothing to read: the heap is taken at its word. */
    @Override
    public synchronized Verification verification() {
        checkOpen();
        return new Verification() {
            @Override
            public List<Pack> packs() {
                return List.of();
            }

            @Override
            public boolean isSound(int pack, Pace pace) {
                return true;
            }

            @Override
            public void findLost(Set<Integer> packs, VerifyReport report, Pace pace) {}

            @Override
            public void checkFiles(VerifyReport report) {}
        };
    }

    /** The heap loses nothing: what is put back here was put in beneath it. */
    @Override
    public synchronized Mending mend(Set<Integer> unsound) {
        checkOpen();
        return new Mending() {
            @Override
            public void chunk(ChunkKey key, ByteBuffer plain) {
                restore(chunks, key, plain);
            }

            @Override
            public void node(ChunkKey name, byte[] node) {
                restore(nodes, name.id(), ByteBuffer.wrap(node));
            }

            @Override
            public void drop(ChunkKey key) {}

            @Override
            public void publish() {}

            @Override
            public void commit() {}

            @Override
            public void close() {}
        };
    }

    private synchronized <K> void restore(Map<K, Held> held, K key, ByteBuffer content) {
        checkOpen();
        byte[] bytes = new byte[content.remaining()];
        content.duplicate().get(bytes);
        Held restored = new Held(bytes);
        restored.settled = true;
        held.put(key, restored);
    }

    @Override
    public synchronized void close() {
        closed = true;
        chunks.clear();
        nodes.clear();
        records.clear();
    }

    private final class HeapLease implements WriteLease {
        private boolean ended;

        private void checkLease() {
            checkOpen();
            if (ended) {
                throw new IllegalStateException("the lease has ended");
            }
        }

        private <K> boolean claim(Map<K, Held> held, K key, byte[] bytes) {
            Held found = held.get(key);
            boolean isNew = found == null;
            if (found == null) {
                found = new Held(bytes);
                held.put(key, found);
            }
            found.claims.add(this);
            if (collection != null) {
                collection.touched.add(found);
            }
            bringBack(found);
            return isNew;
        }

        @Override
        public boolean put(ChunkKey key, ByteBuffer plain) {
            if (plain.remaining() != properties.chunkSizeBytes()) {
                throw new IllegalArgumentException(
                        plain.remaining() + " bytes, expected a chunk of " + properties.chunkSizeBytes());
            }
            byte[] bytes = new byte[plain.remaining()];
            plain.duplicate().get(bytes);
            synchronized (HeapStore.this) {
                checkLease();
                return claim(chunks, key, bytes);
            }
        }

        @Override
        public ChunkId putNode(byte[] node) {
            if (node.length == 0 || node.length > MAX_NODE_BYTES) {
                throw new IllegalArgumentException("a node of " + node.length + " bytes");
            }
            ChunkId id = new ChunkHasher().hash(ByteBuffer.wrap(node));
            synchronized (HeapStore.this) {
                checkLease();
                claim(nodes, id, node.clone());
                return id;
            }
        }

        @Override
        public void commit(Map<String, byte[]> puts, Set<String> deletes) {
            synchronized (HeapStore.this) {
                checkLease();
                HeapStore.this.commit(puts, deletes);
                ended = true;
                settle(chunks);
                settle(nodes);
            }
        }

        private void settle(Map<?, Held> held) {
            for (Held one : held.values()) {
                if (one.claims.remove(this)) {
                    one.settled = true;
                }
            }
        }

        @Override
        public void close() {
            synchronized (HeapStore.this) {
                if (!ended && !closed) {
                    drop(chunks);
                    drop(nodes);
                }
                ended = true;
            }
        }

        private void drop(Map<?, Held> held) {
            held.values().removeIf(one -> one.claims.remove(this) && one.claims.isEmpty() && !one.settled);
        }
    }

    /** A collection; what leases claim, or did since it began, is touched. */
    private final class HeapCollection implements GarbageCollection {
        private final Set<Held> touched = new HashSet<>();
        private final Set<ChunkKey> marked = new HashSet<>();
        private final Set<ChunkKey> markedNodes = new HashSet<>();

        HeapCollection() {
            chunks.values().forEach(this::meet);
            nodes.values().forEach(this::meet);
        }

        private void meet(Held held) {
            if (!held.claims.isEmpty()) {
                touched.add(held);
            }
        }

        @Override
        public void records(String prefix, RecordVisitor visitor) throws IOException {
            for (Map.Entry<String, byte[]> record : HeapStore.this.records(prefix, "", Integer.MAX_VALUE)) {
                visitor.record(record.getKey(), record.getValue());
            }
        }

        @Override
        public boolean markNode(ChunkKey name) {
            marked.add(ChunkKey.plain(name.id()));
            return markedNodes.add(name);
        }

        @Override
        public boolean markChunk(ChunkKey key) {
            return marked.add(key);
        }

        @Override
        public Sweep sweep(Instant now, Duration grace, boolean dryRun, Pace pace) {
            Tally tally = new Tally();
            synchronized (HeapStore.this) {
                chunks.entrySet().removeIf(entry -> {
                    Verdict verdict = verdict(entry.getKey(), entry.getValue(), now, grace, dryRun);
                    tally.chunk(verdict, entry.getValue().bytes.length);
                    return verdict == Verdict.DROPPED && !dryRun;
                });
                nodes.entrySet().removeIf(entry -> {
                    Verdict verdict = verdict(ChunkKey.plain(entry.getKey()), entry.getValue(), now, grace, dryRun);
                    tally.node(verdict, entry.getValue().bytes.length);
                    return verdict == Verdict.DROPPED && !dryRun;
                });
            }
            return tally.sweep();
        }

        private Verdict verdict(ChunkKey key, Held held, Instant now, Duration grace, boolean dryRun) {
            Verdict verdict = Verdict.of(
                    marked.contains(key),
                    () -> touched.contains(held),
                    held.condemnedSeconds,
                    now.minus(grace).getEpochSecond());
            if (!dryRun && (verdict == Verdict.BROUGHT_BACK || verdict == Verdict.CONDEMNED)) {
                held.condemnedSeconds = verdict == Verdict.CONDEMNED ? now.getEpochSecond() : 0;
                alarms += verdict == Verdict.BROUGHT_BACK ? 1 : 0;
            }
            return verdict;
        }

        /** There is nothing to copy: the heap's own collector has it. */
        @Override
        public Compaction compact(double maxDeadShare, ToLongFunction<ChunkId> rank, Pace pace) {
            return new Compaction(0, 0, 0);
        }

        @Override
        public Compaction evacuate(Set<Integer> packs, ToLongFunction<ChunkId> rank, Pace pace) {
            return new Compaction(0, 0, 0);
        }

        @Override
        public void close() {
            synchronized (HeapStore.this) {
                collection = null;
            }
        }
    }
}
