package dev.varve.store;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Chunks and manifest nodes by content, and small records by name.
 *
 * <ul>
 *   <li><b>Reading.</b> Only what is committed is promised to be found. Every read is checked before it is returned.
 *   <li><b>Writing.</b> Chunks and nodes go in through a {@link WriteLease}; its commit makes them durable, then the
 *       records that name them, in one step.
 *   <li><b>Records.</b> Keys are ASCII text, ordered byte by byte; values are bytes of the caller's own format.
 *   <li><b>Threads.</b> All methods may be called from many threads; interrupting one harms nobody.
 *   <li><b>After {@link #close}</b> every call is an {@link IllegalStateException}; closing waits for calls in progress.
 * </ul>
 */
public interface Store extends AutoCloseable {
    /** More than any chunk takes, with all that is stored around it. */
    int MAX_STORED_BYTES = (1 << 20) - 1;

    /**
     * What the store was created with.
     *
     * @return fixed for its life
     */
    StoreProperties properties();

    /**
     * Reads one chunk.
     *
     * @param key its name
     * @param dst takes exactly {@code properties().chunkSizeBytes()} bytes at its position, which then moves past them
     * @throws dev.varve.chunk.ChunkMissingException when there is no such chunk
     * @throws dev.varve.chunk.ChunkCorruptException when what is stored does not pass its check
     * @throws IOException when the file could not be read
     */
    void get(ChunkKey key, ByteBuffer dst) throws IOException;

    /**
     * Whether a chunk has an index entry.
     *
     * @param key its name
     * @return true when {@link #get} would find it
     * @throws IOException when the index could not be read
     */
    boolean contains(ChunkKey key) throws IOException;

    /**
     * Whether a chunk has an index entry, and no collection has condemned it: for who wants it only if others do.
     *
     * @param key its name
     * @return true when it is worth reading
     * @throws IOException when the index could not be read
     */
    boolean isWanted(ChunkKey key) throws IOException;

    /**
     * Reads one manifest node and checks it against its name.
     *
     * @param id SHA-256 of the node
     * @return its bytes, the caller's own
     * @throws dev.varve.chunk.ChunkMissingException when there is no such node
     * @throws dev.varve.chunk.ChunkCorruptException when what is stored does not hash to {@code id}
     * @throws IOException when the index could not be read
     */
    byte[] node(ChunkId id) throws IOException;

    /**
     * Reads one manifest node and checks it against its name, if no collection has condemned it, and does not bring it back.
     *
     * @param id SHA-256 of the node
     * @return its bytes, the caller's own
     * @throws dev.varve.chunk.ChunkMissingException when there is no such node, or nothing needs it
     * @throws dev.varve.chunk.ChunkCorruptException when what is stored does not hash to {@code id}
     * @throws IOException when the index could not be read
     */
    byte[] neededNode(ChunkId id) throws IOException;

    /**
     * Reads one record.
     *
     * @param key its name
     * @return its value, or null when there is none
     * @throws IOException when the index could not be read
     */
    byte @Nullable [] record(String key) throws IOException;

    /**
     * Reads records in key order.
     *
     * @param prefix with which their keys start
     * @param after only keys greater than this; an empty text for all
     * @param limit how many at most
     * @return up to {@code limit} records
     * @throws IOException when the index could not be read: a damaged record is an error, never left out
     */
    List<Map.Entry<String, byte[]>> records(String prefix, String after, int limit) throws IOException;

    /**
     * Changes records in one atomic step, durable when the call returns.
     *
     * @param puts values by key
     * @param deletes keys to delete; one that does not exist is passed over
     * @throws IOException when the change is not known to be durable: after reopening it is there whole or not at all
     */
    void commit(Map<String, byte[]> puts, Set<String> deletes) throws IOException;

    /**
     * Starts writing chunks and nodes.
     *
     * @param purpose for people: what is being written
     * @return a lease, to be closed by the caller
     * @throws IOException when the store can't be written
     */
    WriteLease write(String purpose) throws IOException;

    /** Is told of chunks. */
    interface ChunkVisitor {
        /**
         * One chunk.
         *
         * @param key its name
         * @param storedBytes what it takes in the store, 1 to {@link #MAX_STORED_BYTES}
         * @throws IOException to end the listing
         */
        void chunk(ChunkKey key, int storedBytes) throws IOException;
    }

    /**
     * Tells of every chunk in the index, named by something or not, in the order of domains and ids. Nothing is held: what
     * changes meanwhile may be told as it was or as it is.
     *
     * @param visitor is told of each, from the calling thread; it may be long and use the store
     * @throws IOException when the index could not be read, or from the visitor
     */
    void chunks(ChunkVisitor visitor) throws IOException;

    /**
     * What a chunk takes.
     *
     * @param key its name
     * @return its bytes in the store; 0 when it is not in the index
     * @throws IOException when the index could not be read
     */
    int storedBytes(ChunkKey key) throws IOException;

    /**
     * Begins a collection of what nothing names any more.
     *
     * @return to be closed by the caller
     * @throws IllegalStateException when one is under way
     */
    GarbageCollection collect();

    /**
     * Has the system read into memory what look-ups will need, as far as that is little. Nothing depends on it, and what can't
     * be read is left to them.
     */
    default void warmUp() {}

    /**
     * Numbers about the store.
     *
     * @return a snapshot of them
     * @throws IOException when the index could not be read
     */
    StoreStats stats() throws IOException;

    /**
     * A check of all that the store holds.
     *
     * @return for one thread; nothing to close
     */
    Verification verification();

    /**
     * Begins to put back what is lost.
     *
     * @param unsound numbers of packs to which nothing is appended any more
     * @return to be closed by the caller
     * @throws IOException when the store can't be written
     */
    Mending mend(Set<Integer> unsound) throws IOException;

    @Override
    void close() throws IOException;
}
