package dev.varve.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is in flight: chunks that lie in a pack but have no index entry yet, and their publication.
 *
 * <p>A thread of its own publishes whenever 8 MiB or 2,048 chunks have gathered, so that writing to disk goes on beside
 * hashing and compressing, and little is left to sync at a commit: with 32 MiB an import took 1.05 times as long. At
 * sixteen times as much a put publishes by itself and waits.
 */
final class Flights {
    private static final long PUBLISH_BYTES = 8L << 20;
    private static final int PUBLISH_CHUNKS = 2048;
    private static final int WAIT_FACTOR = 16;
    private static final int STRIPES = 1024;

    private final RocksIndex index;
    private final Packs packs;
    private final Object[] stripes = new Object[STRIPES];
    private final ConcurrentHashMap<ChunkKey, Location> flying = new ConcurrentHashMap<>();
    private final AtomicLong flyingBytes = new AtomicLong();
    private final AtomicBoolean publishing = new AtomicBoolean();
    private final Object publishLock = new Object();
    private final Background publisher = Background.Source.THREADS.make("varve-publisher", 1);

    /** Held while the index and the packs' states change together, which is short; inside the publisher's lock. */
    private final Object statesLock = new Object();

    @GuardedBy("statesLock")
    private final TreeMap<Integer, PackState> packStates = new TreeMap<>();

    Flights(RocksIndex index, Packs packs, Collection<PackState> packStates) {
        this.index = index;
        this.packs = packs;
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Object();
        }
        synchronized (statesLock) {
            packStates.forEach(pack -> this.packStates.put(pack.number(), pack));
        }
    }

    /** The lock that a put of this chunk or node holds. */
    Object stripe(ChunkId id) {
        return stripes[id.hashCode() & (STRIPES - 1)];
    }

    @Nullable
    Location find(ChunkKey key) {
        return flying.get(key);
    }

    /** Adds a chunk whose frame is written; the caller holds its stripe. */
    void add(ChunkKey key, Location location) {
        flying.put(key, location);
        flyingBytes.addAndGet(location.lengthBytes());
    }

    /** Publishes, in the background or at once, where enough has gathered; the caller holds no stripe. */
    void publishIfMany(Leases leases) throws IOException {
        long bytes = flyingBytes.get();
        int chunks = flying.size();
        if (bytes >= WAIT_FACTOR * PUBLISH_BYTES || chunks >= WAIT_FACTOR * PUBLISH_CHUNKS) {
            leases.publish();
        } else if ((bytes >= PUBLISH_BYTES || chunks >= PUBLISH_CHUNKS) && publishing.compareAndSet(false, true)) {
            publisher.execute(() -> {
                try {
                    leases.publish();
                } catch (IOException e) {
                    // The leases have been told; each says so at its next call.
                } finally {
                    publishing.set(false);
                }
            });
        }
    }

    /**
     * Makes everything that is in flight durable and gives it index entries, in one batch of at most a few MiB.
     *
     * @throws IOException when it did not: what was in flight stays there
     */
    void publish() throws IOException {
        synchronized (publishLock) {
            List<Map.Entry<ChunkKey, Location>> ready = new ArrayList<>(flying.entrySet());
            if (ready.isEmpty()) {
                return;
            }
            packs.sync();
            synchronized (statesLock) {
                Map<Integer, PackState> changed = grown(ready);
                packs.checkSound(changed.keySet()); // a put that began before a failure may have come in after it
                try (IndexBatch batch = index.batch()) {
                    for (PackState pack : changed.values()) {
                        batch.pack(pack);
                    }
                    for (Map.Entry<ChunkKey, Location> chunk : ready) {
                        batch.chunk(chunk.getKey(), chunk.getValue());
                    }
                    index.write(batch, false);
                }
                packStates.putAll(changed);
            }
            for (Map.Entry<ChunkKey, Location> chunk : ready) {
                flying.remove(chunk.getKey());
                flyingBytes.addAndGet(-chunk.getValue().lengthBytes());
            }
        }
    }

    @GuardedBy("statesLock")
    private Map<Integer, PackState> grown(List<Map.Entry<ChunkKey, Location>> ready) {
        Map<Integer, PackState> changed = new HashMap<>();
        for (Map.Entry<ChunkKey, Location> chunk : ready) {
            grow(changed, chunk.getValue());
        }
        return changed;
    }

    @GuardedBy("statesLock")
    private void grow(Map<Integer, PackState> changed, Location at) {
        PackState old = changed.getOrDefault(at.pack(), packStates.get(at.pack()));
        long published = old == null ? PackHeader.BYTES : old.publishedBytes();
        long live = old == null ? 0 : old.liveBytes();
        changed.put(at.pack(), new PackState(at.pack(), Math.max(published, at.endBytes()), live + at.lengthBytes()));
    }

    /** Forgets what is in flight: after a failure, when every lease that could name it has been told. */
    void drop() {
        synchronized (publishLock) {
            flying.clear();
            flyingBytes.set(0);
            packs.abandonTail();
        }
    }

    List<PackState> packStates() {
        synchronized (statesLock) {
            return List.copyOf(packStates.values());
        }
    }

    @Nullable
    PackState packState(int pack) {
        synchronized (statesLock) {
            return packStates.get(pack);
        }
    }

    /** Makes durable what was appended to some packs. */
    void sync(Collection<Integer> appended) throws IOException {
        synchronized (publishLock) {
            packs.sync();
            packs.checkSound(appended);
        }
    }

    /** Deletes a pack that is forgotten, while nobody syncs it. */
    void delete(int pack) throws IOException {
        synchronized (publishLock) {
            packs.cut(pack, 0);
        }
    }

    /** Packs that hold something in flight. */
    Set<Integer> flyingPacks() {
        return flying.values().stream().map(Location::pack).collect(Collectors.toSet());
    }

    /** Drops a chunk's entry; the caller holds what nobody else changes it without. */
    void drop(ChunkKey key, Location location) throws IOException {
        synchronized (statesLock) {
            try (IndexBatch batch = index.batch()) {
                Map<Integer, PackState> changed = new HashMap<>();
                shrink(changed, location);
                batch.deleteChunk(key);
                for (PackState pack : changed.values()) {
                    batch.pack(pack);
                }
                index.write(batch, false);
                packStates.putAll(changed);
            }
        }
    }

    /**
     * Has a chunk's entry, which there need not be yet, point to a copy, which is durable; the caller holds what nobody else
     * changes it without.
     */
    void move(ChunkKey key, @Nullable Location from, Location to) throws IOException {
        synchronized (statesLock) {
            Map<Integer, PackState> changed = new HashMap<>();
            if (from != null) {
                shrink(changed, from);
            }
            grow(changed, to);
            try (IndexBatch batch = index.batch()) {
                batch.chunk(key, to);
                for (PackState pack : changed.values()) {
                    batch.pack(pack);
                }
                index.write(batch, false);
            }
            packStates.putAll(changed);
        }
    }

    @GuardedBy("statesLock")
    private void shrink(Map<Integer, PackState> changed, Location location) {
        PackState state = packStates.get(location.pack());
        if (state != null) { // what a damaged entry names need not be there
            long live = Math.max(0, state.liveBytes() - location.lengthBytes());
            changed.put(state.number(), new PackState(state.number(), state.publishedBytes(), live));
        }
    }

    /** Forgets packs in which nothing is left, durably. */
    void dropPacks(Collection<Integer> numbers, Leases leases) throws IOException {
        try (IndexBatch batch = index.batch()) {
            for (int number : numbers) {
                batch.deletePack(number);
            }
            leases.writeSynced(batch); // with no lock: nobody else changes what is known of them any more
        }
        synchronized (statesLock) {
            numbers.forEach(packStates::remove);
        }
    }

    /** Takes over what a reclaim has left of the packs. */
    void setPackStates(Collection<PackState> states) {
        synchronized (statesLock) {
            packStates.clear();
            states.forEach(pack -> packStates.put(pack.number(), pack));
        }
    }

    /** Ends the background thread after what it is doing. */
    void close() {
        publisher.close();
    }
}
