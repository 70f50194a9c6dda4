package dev.varve.store;

import dev.varve.chunk.ChunkKey;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Puts back what a store has lost, beside all that is done with it.
 *
 * <ul>
 *   <li><b>Proof.</b> Content is hashed once more before it is written; what is not what it is called is refused.
 *   <li><b>In place.</b> Only where a chunk lies changes: what a record, a lease or a collection knows of it stays. Who has changed
 *       it meanwhile wins.
 *   <li><b>Crashes.</b> New bytes are durable before an entry points to them. Ended anywhere, each chunk is mended or as before.
 *   <li><b>Threads.</b> One thread uses it.
 * </ul>
 */
public interface Mending extends AutoCloseable {
    /**
     * Stores a chunk anew, be there one of its name or not. It can be read after {@link #publish} at the latest.
     *
     * @param key its name
     * @param plain its content between position and limit, which stay as they are
     * @throws IOException when it could not be stored: nothing has changed
     * @throws IllegalArgumentException when the content has another name
     */
    void chunk(ChunkKey key, ByteBuffer plain) throws IOException;

    /**
     * Stores a manifest node anew.
     *
     * @param name of the node, in the plain domain
     * @param node its bytes
     * @throws IOException when it could not be stored: nothing has changed
     * @throws IllegalArgumentException when the bytes have another name
     */
    void node(ChunkKey name, byte[] node) throws IOException;

    /**
     * Forgets a chunk that nothing names, if what lies there is still wrong, and not just unreadable, and no writer is at
     * work: one might be about to name it.
     *
     * @param key its name
     * @throws IOException when that could not be done: nothing has changed
     */
    void drop(ChunkKey key) throws IOException;

    /**
     * Has chunks be found from here on.
     *
     * @throws IOException when some are not: they are as before
     */
    void publish() throws IOException;

    /**
     * Publishes, and makes all durable.
     *
     * @throws IOException when not all is known to be durable
     */
    void commit() throws IOException;

    /** Ends it; what was published stays. */
    @Override
    void close();
}
