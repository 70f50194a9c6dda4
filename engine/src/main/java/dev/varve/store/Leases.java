package dev.varve.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The writers of a {@link PackStore}: begins, commits and buries their leases. Its rules stand there. */
final class Leases {
    private static final Logger LOG = LoggerFactory.getLogger(Leases.class);

    private final RocksIndex index;
    private final Packs packs;
    private final Flights flights;
    private final Head head;
    private final Reclaimer reclaimer;

    /** Numbers of leases that are neither committed nor reclaimed. */
    private final Set<Long> unsettled = ConcurrentHashMap.newKeySet();

    private final Object lock = new Object();

    @GuardedBy("lock")
    private final Set<Entry> live = new HashSet<>();

    @GuardedBy("lock")
    private final List<LeaseRecord> dead = new ArrayList<>();

    @GuardedBy("lock")
    private long last;

    @GuardedBy("lock")
    private boolean closed;

    /** How many read the packs from end to end; nothing is reclaimed meanwhile. */
    @GuardedBy("lock")
    private int holds;

    private volatile boolean written;

    Leases(RocksIndex index, Packs packs, Flights flights, Head head, Reclaimer reclaimer) {
        this.index = index;
        this.packs = packs;
        this.flights = flights;
        this.head = head;
        this.reclaimer = reclaimer;
    }

    /** One writer. */
    static final class Entry {
        /** So many joint chunks, or nodes, are remembered; more are settled at once, and a collector finds them later. */
        private static final int MAX_JOINT = 1 << 16;

        private final LeaseRecord record;
        private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
        private final Set<ChunkKey> jointChunks = ConcurrentHashMap.newKeySet();
        private final Set<ChunkId> jointNodes = ConcurrentHashMap.newKeySet();
        private volatile @Nullable IOException failure;

        Entry(LeaseRecord record) {
            this.record = record;
        }

        long number() {
            return record.number();
        }

        /** Shared by puts; whoever ends the lease has it alone. */
        ReentrantReadWriteLock lock() {
            return lock;
        }

        void fail(IOException e) {
            if (failure == null) {
                failure = e;
            }
        }

        void checkUsable() throws IOException {
            IOException before = failure;
            if (before != null) {
                throw new IOException("this write has failed before: " + before.getMessage(), before);
            }
        }
    }

    /** Buries what the last process left behind; before any writer begins. */
    void recover() throws IOException {
        synchronized (lock) {
            last = index.lastLease();
            dead.addAll(index.leases());
            dead.forEach(lease -> unsettled.add(lease.number()));
            reclaim();
        }
    }

    Entry begin(String purpose) throws IOException {
        synchronized (lock) {
            if (closed) {
                throw new IllegalStateException("the store is closed");
            }
            Location tail = packs.tail();
            LeaseRecord record = new LeaseRecord(++last, tail.pack(), tail.offsetBytes(), purpose);
            try (IndexBatch batch = index.batch()) {
                index.write(batch.lease(record), false);
            }
            written = true;
            unsettled.add(record.number());
            Entry entry = new Entry(record);
            live.add(entry);
            return entry;
        }
    }

    /** Notes that a lease found a chunk there already; the caller holds the chunk's stripe. */
    void found(Entry lease, ChunkKey key, Location location) throws IOException {
        if (isForeign(lease, location.lease())) {
            lease.jointChunks.add(key);
            if (lease.jointChunks.size() > Entry.MAX_JOINT) {
                settleEarly(lease);
            }
        }
    }

    /** Notes that a lease found a node there already; the caller holds the node's stripe. */
    void foundNode(Entry lease, ChunkId id, long owner) throws IOException {
        if (isForeign(lease, owner)) {
            lease.jointNodes.add(id);
            if (lease.jointNodes.size() > Entry.MAX_JOINT) {
                settleEarly(lease);
            }
        }
    }

    private boolean isForeign(Entry lease, long owner) {
        return owner != 0 && owner != lease.number() && unsettled.contains(owner);
    }

    private void settleEarly(Entry lease) throws IOException {
        publish();
        settleJoint(lease, false);
    }

    /** Publishes what is in flight; when that fails, every open lease has failed. */
    void publish() throws IOException {
        try {
            flights.publish();
        } catch (IOException e) {
            synchronized (lock) {
                live.forEach(lease -> lease.fail(e));
                flights.drop();
            }
            throw e;
        }
    }

    void commit(Entry lease, Map<String, byte[]> puts, Set<String> deletes) throws IOException {
        publish();
        lease.checkUsable();
        settleJoint(lease, true);
        try (IndexBatch batch = index.batch()) {
            for (ChunkKey key : lease.jointChunks) {
                batch.chunk(key, joint(key).settled());
            }
            batch.records(puts, deletes).endLease(lease.number());
            writeSynced(batch);
        }
        unsettled.remove(lease.number());
        synchronized (lock) {
            live.remove(lease);
            reclaimIfQuiet();
        }
    }

    void commitRecords(Map<String, byte[]> puts, Set<String> deletes) throws IOException {
        try (IndexBatch batch = index.batch()) {
            writeSynced(batch.records(puts, deletes));
        }
    }

    private void writeSynced(IndexBatch batch) throws IOException {
        written = true;
        head.advance(index.write(batch, true));
    }

    /**
     * Settles joint nodes one by one, since each rewrites a whole node; chunks too unless they follow in the caller's
     * batch. Settled too early is safe: what nobody names then is the collector's.
     */
    private void settleJoint(Entry lease, boolean nodesOnly) throws IOException {
        for (ChunkId id : List.copyOf(lease.jointNodes)) {
            byte[] stored = index.node(id);
            if (stored == null) {
                throw new IOException("node " + id + " went with the write that put it; write again");
            }
            ByteBuffer node = ByteBuffer.wrap(stored).position(Long.BYTES);
            byte[] bytes = new byte[node.remaining()];
            node.get(bytes);
            try (IndexBatch batch = index.batch()) {
                index.write(batch.node(id, bytes, 0), false);
            }
            lease.jointNodes.remove(id);
        }
        if (nodesOnly) {
            return;
        }
        try (IndexBatch batch = index.batch()) {
            List<ChunkKey> settled = List.copyOf(lease.jointChunks);
            for (ChunkKey key : settled) {
                batch.chunk(key, joint(key).settled());
            }
            index.write(batch, false);
            settled.forEach(lease.jointChunks::remove);
        }
    }

    private Location joint(ChunkKey key) throws IOException {
        Location location = index.chunk(key);
        if (location == null) {
            throw new IOException("chunk " + key + " went with the write that put it; write again");
        }
        return location;
    }

    /** Ends a lease that did not commit. */
    void abandon(Entry lease) {
        synchronized (lock) {
            if (live.remove(lease)) {
                dead.add(lease.record);
                reclaimIfQuiet();
            }
        }
    }

    /** Lets nothing be cut from the packs until {@link #releaseReclaims}. */
    void holdReclaims() {
        synchronized (lock) {
            holds++;
        }
    }

    void releaseReclaims() {
        synchronized (lock) {
            holds--;
            if (!closed) {
                reclaimIfQuiet();
            }
        }
    }

    @GuardedBy("lock")
    private void reclaimIfQuiet() {
        if (live.isEmpty() && !dead.isEmpty() && holds == 0) {
            flights.drop();
            try {
                reclaim();
            } catch (IOException e) {
                LOG.warn("what a dead write left is dropped later: {}", e.getMessage());
            }
        }
    }

    @GuardedBy("lock")
    private void reclaim() throws IOException {
        Reclaimer.Result left = reclaimer.reclaim(dead, flights.packStates());
        flights.setPackStates(left.packs());
        packs.startAt(left.tailPack(), left.tailEndBytes());
        dead.forEach(lease -> unsettled.remove(lease.number()));
        dead.clear();
    }

    /** Waits for puts and commits in progress, abandons every lease, and flushes: nothing depends on the log then. */
    void close() throws IOException {
        List<Entry> open;
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            open = List.copyOf(live);
        }
        for (Entry lease : open) {
            lease.lock.writeLock().lock();
            try {
                lease.fail(new IOException("the store was closed"));
                abandon(lease);
            } finally {
                lease.lock.writeLock().unlock();
            }
        }
        flights.close();
        synchronized (lock) {
            reclaimIfQuiet();
        }
        if (written) {
            long sequence = index.sequence();
            index.flush();
            head.advance(sequence);
        }
    }
}
