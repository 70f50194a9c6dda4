package dev.varve.store;

import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.Codec;
import dev.varve.chunk.FrameCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Mending} of a {@link PackStore}: frames are appended and synced, then entries point to them, one by one, each unless it
 * was changed meanwhile. As in a collection, but for entries that are missing, or can't be read: those are written anew.
 *
 * <p>Its lease keeps a collection from the packs that it appends to. No entry carries the lease, so none goes with it.
 */
final class PackMending implements Mending {
    /** So much is appended from one sync to the next. */
    private static final long TOGETHER_BYTES = 16L << 20;

    private final PackStore store;
    private final Leases leases;
    private final Leases.Entry lease;
    private final RocksIndex index;
    private final Flights flights;
    private final Packs packs;
    private final Codec compression;
    private final FrameCodec codec;
    private final PackVerification verification;
    private final ChunkHasher hasher = new ChunkHasher();
    private final List<Copy> copies = new ArrayList<>();
    private long copiedBytes;
    private boolean ended;

    /** A chunk, where it lay when it was looked up, if anywhere, and where its copy lies. */
    private record Copy(ChunkKey key, @Nullable Location old, Location copy) {}

    PackMending(PackStore store, Codec compression) throws IOException {
        this.store = store;
        this.compression = compression;
        leases = store.leases();
        index = store.files().index();
        flights = store.flights();
        packs = store.files().packs();
        codec = new FrameCodec(store.properties().chunkSizeBytes());
        verification = new PackVerification(store);
        lease = leases.begin("mending");
    }

    @Override
    public void chunk(ChunkKey key, ByteBuffer plain) throws IOException {
        if (plain.remaining() != store.properties().chunkSizeBytes()) {
            throw new IllegalArgumentException(plain.remaining() + " bytes for chunk " + key);
        }
        requireName(key, plain);
        inUse(() -> append(key, plain));
    }

    /** While nobody ends the lease: a store that is closed waits. */
    private void inUse(Step step) throws IOException {
        lease.lock().readLock().lock();
        try {
            lease.checkUsable();
            step.run();
        } finally {
            lease.lock().readLock().unlock();
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    private void append(ChunkKey key, ByteBuffer plain) throws IOException {
        Location old = entry(key);
        Location copy = packs.append(codec.encode(key, plain, compression), lease.number());
        copies.add(new Copy(key, old, copy));
        copiedBytes += copy.lengthBytes();
        if (copiedBytes >= TOGETHER_BYTES) {
            publishAll();
        }
    }

    private void requireName(ChunkKey key, ByteBuffer content) {
        ChunkId found = hasher.hash(content);
        if (!key.equals(ChunkKey.plain(found))) {
            throw new IllegalArgumentException("content of chunk " + found + " for " + key);
        }
    }

    /** An entry; null also when the index can't be read there: what is written over it counts. */
    private @Nullable Location entry(ChunkKey key) throws IOException {
        try {
            return index.chunk(key);
        } catch (StoreCorruptException e) {
            return null;
        }
    }

    @Override
    public void publish() throws IOException {
        inUse(this::publishAll);
    }

    private void publishAll() throws IOException {
        if (copies.isEmpty()) {
            return;
        }
        leases.syncPacks(copies.stream().map(copy -> copy.copy.pack()).toList());
        for (Copy each : copies) {
            leases.alone(each.key.id(), () -> {
                boolean isFlying = flights.find(each.key) != null; // asked first: who lands writes the entry before
                Location now = entry(each.key);
                if (!isFlying && Objects.equals(place(now), place(each.old))) {
                    flights.move(each.key, now, each.copy.with(now == null ? 0 : now.lease()));
                }
            });
        }
        copies.clear();
        copiedBytes = 0;
    }

    private static @Nullable Location place(@Nullable Location location) {
        return location == null ? null : location.settled();
    }

    @Override
    public void node(ChunkKey name, byte[] node) throws IOException {
        if (node.length == 0 || node.length > WriteLease.MAX_NODE_BYTES) {
            throw new IllegalArgumentException("a node of " + node.length + " bytes");
        }
        requireName(name, ByteBuffer.wrap(node));
        inUse(() -> leases.alone(name.id(), () -> {
            try (IndexBatch batch = index.batch()) {
                index.write(batch.node(name.id(), node, 0), false);
            }
        }));
    }

    /** Not beside writers, who may have found it; what lies there is looked at before, since a bad disk takes its time. */
    @Override
    public void drop(ChunkKey key) throws IOException {
        Location before = index.chunk(key);
        if (before != null && verification.isGone(key, before)) {
            inUse(() -> leases.alone(key.id(), () -> {
                Location now = index.chunk(key);
                if (now != null && now.samePlace(before) && leases.isOnly(lease)) {
                    flights.drop(key, now);
                }
            }));
        }
    }

    @Override
    public void commit() throws IOException {
        lease.lock().writeLock().lock();
        try {
            publish();
            leases.commit(lease, Map.of(), Set.of());
            ended = true;
        } finally {
            lease.lock().writeLock().unlock();
        }
        store.files().mendFormat(store.properties());
    }

    @Override
    public void close() {
        lease.lock().writeLock().lock();
        try {
            if (!ended) {
                ended = true;
                leases.abandon(lease);
            }
        } finally {
            lease.lock().writeLock().unlock();
        }
    }
}
