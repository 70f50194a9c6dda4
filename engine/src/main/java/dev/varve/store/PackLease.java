package dev.varve.store;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** A writer's lease on a {@link PackStore}. Puts share its lock; commit and close have it alone, so they wait for puts. */
final class PackLease implements WriteLease {
    private final PackStore store;
    private final Leases.Entry entry;
    private final ReentrantReadWriteLock lock;
    private boolean ended;

    PackLease(PackStore store, Leases.Entry entry) {
        this.store = store;
        this.entry = entry;
        lock = entry.lock();
    }

    @Override
    public boolean put(ChunkKey key, ByteBuffer plain) throws IOException {
        lock.readLock().lock();
        try {
            checkOpen();
            return store.put(entry, key, plain);
        } catch (IOException e) {
            entry.fail(e);
            throw e;
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public ChunkId putNode(byte[] node) throws IOException {
        lock.readLock().lock();
        try {
            checkOpen();
            return store.putNode(entry, node);
        } catch (IOException e) {
            entry.fail(e);
            throw e;
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void commit(Map<String, byte[]> puts, Set<String> deletes) throws IOException {
        lock.writeLock().lock();
        try {
            checkOpen();
            store.leases().commit(entry, puts, deletes);
            ended = true;
        } catch (IOException e) {
            entry.fail(e);
            throw e;
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void checkOpen() throws IOException {
        if (ended) {
            throw new IllegalStateException("the lease has ended");
        }
        entry.checkUsable();
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (!ended) {
                ended = true;
                store.leases().abandon(entry);
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
