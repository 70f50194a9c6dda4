package dev.varve.store;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;

/**
 * What a writer holds between its first chunk and its commit: nothing that it put, or found already there, is
 * reclaimed while the lease is open.
 *
 * <p>Puts may come from many threads. Nothing put is promised to survive until {@link #commit} has returned; a lease
 * that was closed without a commit, or died with its process, leaves nothing behind once the store is next opened or
 * has no other writer.
 */
public interface WriteLease extends AutoCloseable {
    /**
     * Stores a chunk unless it is there already.
     *
     * @param key its name, computed by the caller from the same bytes
     * @param plain exactly one chunk between position and limit, not all zeros; both stay as they are
     * @return true when the bytes were stored, false when the store had them
     * @throws IOException when they could not be stored: the lease can only be closed then
     */
    boolean put(ChunkKey key, ByteBuffer plain) throws IOException;

    /**
     * Stores a manifest node unless it is there already. {@link Store#node} finds it from here on.
     *
     * @param node its bytes, at most {@link #MAX_NODE_BYTES}
     * @return its id, SHA-256 of the bytes
     * @throws IOException when it could not be stored: the lease can only be closed then
     */
    ChunkId putNode(byte[] node) throws IOException;

    /**
     * Makes all that was put durable, then the records, and ends the lease. When the call returns, all of it survives
     * power loss; when power is lost before, either all records are there and everything they name, or none.
     *
     * @param puts record values by key
     * @param deletes record keys to delete
     * @throws IOException when the commit is not known to be durable
     */
    void commit(Map<String, byte[]> puts, Set<String> deletes) throws IOException;

    /** Ends the lease; without a commit before, all that only it put is dropped. Idempotent. */
    @Override
    void close();

    /** The largest manifest node a store takes: 64 KiB. */
    int MAX_NODE_BYTES = 1 << 16;
}
