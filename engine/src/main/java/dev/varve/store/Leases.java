package dev.varve.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
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

    /** Held shared by who settles entries that others put, alone by who moves or condemns some. */
    private final ReentrantReadWriteLock settling = new ReentrantReadWriteLock();

    private final Object lock = new Object();

    /** What the collection marks that has begun and not swept yet. */
    private volatile @Nullable MarkedNames marked;

    @GuardedBy("lock")
    private boolean collecting;

    @GuardedBy("lock")
    private final Set<Entry> live = new HashSet<>();

    @GuardedBy("lock")
    private final List<LeaseRecord> dead = new ArrayList<>();

    @GuardedBy("lock")
    private long last;

    @GuardedBy("lock")
    private boolean closed;

    /** How many need the packs to stay as they are; nothing is reclaimed meanwhile. */
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
        private final Claims claims = new Claims();
        private volatile @Nullable IOException failure;

        Entry(LeaseRecord record) {
            this.record = record;
        }

        long number() {
            return record.number();
        }

        boolean hasClaimed(ChunkKey key) {
            return claims.contains(key);
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
        claim(lease, key);
        if (isForeign(lease, location.lease())) {
            lease.jointChunks.add(key);
            if (lease.jointChunks.size() > Entry.MAX_JOINT) {
                settleEarly(lease);
            }
        }
    }

    /** Notes that a lease found a node there already; the caller holds the node's stripe. */
    void foundNode(Entry lease, ChunkId id, long owner) throws IOException {
        claim(lease, ChunkKey.plain(id));
        if (isForeign(lease, owner)) {
            lease.jointNodes.add(id);
            if (lease.jointNodes.size() > Entry.MAX_JOINT) {
                settleEarly(lease);
            }
        }
    }

    private void claim(Entry lease, ChunkKey key) {
        lease.claims.add(key);
        MarkedNames running = marked;
        if (running != null) {
            running.claim(key);
        }
    }

    /** What a lease put that others settle has its number no more. */
    private void claimForOwner(ChunkKey key, long owner) {
        synchronized (lock) {
            live.stream().filter(entry -> entry.number() == owner).forEach(entry -> claim(entry, key));
        }
    }

    private boolean isForeign(Entry lease, long owner) {
        return owner != 0 && owner != lease.number() && unsettled.contains(owner);
    }

    private void settleEarly(Entry lease) throws IOException {
        publish();
        settleJoint(lease);
    }

    /** Publishes what is in flight; when that fails, every open lease has failed. */
    void publish() throws IOException {
        try {
            flights.publish();
        } catch (IOException e) {
            failAll(e);
            throw e;
        }
    }

    private void failAll(IOException e) {
        synchronized (lock) {
            live.forEach(lease -> lease.fail(e));
            flights.drop();
        }
    }

    /** Makes durable what a collection has appended to some packs; when that fails, every open lease has failed. */
    void syncPacks(Collection<Integer> appended) throws IOException {
        try {
            flights.sync(appended);
        } catch (IOException e) {
            failAll(e);
            throw e;
        }
    }

    void commit(Entry lease, Map<String, byte[]> puts, Set<String> deletes) throws IOException {
        publish();
        lease.checkUsable();
        boolean settles = !lease.jointChunks.isEmpty() || !lease.jointNodes.isEmpty();
        if (settles) {
            settling.readLock().lock();
        }
        try (IndexBatch batch = index.batch()) {
            settleNodes(lease);
            for (ChunkKey key : lease.jointChunks) {
                batch.chunk(key, joint(key).settled());
            }
            batch.records(puts, deletes).endLease(lease.number());
            writeSynced(batch);
        } finally {
            if (settles) {
                settling.readLock().unlock();
            }
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

    /** Applies a batch; it is durable then, with all that was written before. */
    void writeSynced(IndexBatch batch) throws IOException {
        written = true;
        head.advance(index.write(batch, true));
    }

    /** Settled too early is safe: what nobody names then is a collection's. */
    private void settleJoint(Entry lease) throws IOException {
        settling.readLock().lock();
        try (IndexBatch batch = index.batch()) {
            settleNodes(lease);
            List<ChunkKey> settled = List.copyOf(lease.jointChunks);
            for (ChunkKey key : settled) {
                batch.chunk(key, joint(key).settled());
            }
            index.write(batch, false);
            settled.forEach(lease.jointChunks::remove);
        } finally {
            settling.readLock().unlock();
        }
    }

    /** One by one, since each rewrites a whole node. */
    private void settleNodes(Entry lease) throws IOException {
        for (ChunkId id : List.copyOf(lease.jointNodes)) {
            byte[] stored = index.node(id);
            if (stored == null) {
                throw new IOException("node " + id + " went with the write that put it; write again");
            }
            ByteBuffer node = ByteBuffer.wrap(stored);
            claimForOwner(ChunkKey.plain(id), node.getLong());
            byte[] bytes = new byte[node.remaining()];
            node.get(bytes);
            try (IndexBatch batch = index.batch()) {
                index.write(batch.node(id, bytes, 0), false);
            }
            lease.jointNodes.remove(id);
        }
    }

    private Location joint(ChunkKey key) throws IOException {
        Location location = index.chunk(key);
        if (location == null) {
            throw new IOException("chunk " + key + " went with the write that put it; write again");
        }
        claimForOwner(key, location.lease());
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

    /**
     * Begins a collection: from now on what leases find is marked in it, and nothing is reclaimed until it ends.
     *
     * @throws IllegalStateException when there is one, or the store is closed
     */
    MarkedNames beginCollection() {
        synchronized (lock) {
            if (closed || collecting) {
                throw new IllegalStateException(closed ? "the store is closed" : "a collection is under way");
            }
            MarkedNames begun = new MarkedNames(last, List.copyOf(live));
            collecting = true;
            marked = begun;
            holds++;
            return begun;
        }
    }

    /** What leases find is marked no more; nothing is reclaimed all the same. */
    void endMarking() {
        marked = null;
    }

    void endCollection() {
        endMarking();
        synchronized (lock) {
            collecting = false;
        }
        releaseReclaims();
    }

    /** The first pack to which an open lease may have a frame on its way that nobody else can see yet. */
    int firstPackInUse() {
        synchronized (lock) {
            return live.stream()
                    .mapToInt(entry -> entry.record.startPack())
                    .min()
                    .orElse(Integer.MAX_VALUE);
        }
    }

    /** Whether no other lease is open. */
    boolean isOnly(Entry lease) {
        synchronized (lock) {
            return live.size() == 1 && live.contains(lease);
        }
    }

    /** Whether what a lease put may be dropped with it. */
    boolean isUnsettled(long number) {
        return unsettled.contains(number);
    }

    /** Changes an entry, or a node, while nobody puts, finds or settles it; the change is short. */
    void alone(ChunkId id, Alone change) throws IOException {
        synchronized (flights.stripe(id)) {
            settling.writeLock().lock();
            try {
                change.run();
            } finally {
                settling.writeLock().unlock();
            }
        }
    }

    /** A change of one entry. */
    interface Alone {
        void run() throws IOException;
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
