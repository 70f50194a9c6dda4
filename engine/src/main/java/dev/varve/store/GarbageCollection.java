package dev.varve.store;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * A collection of what nothing names any more, beside readers and writers. It has begun when it is made: first the caller
 * marks all that the records name, then {@link #sweep} condemns what is not marked, and drops what an earlier collection has
 * condemned, then {@link #compact} gives the room back.
 *
 * <ul>
 *   <li><b>What stays.</b> What is marked; all that a lease has put or found that was open when the collection began, or was
 *       begun later; what leases left that died, which is dropped otherwise.
 *   <li><b>Two steps.</b> What is condemned is there as before. Who finds or reads it brings it back. It is dropped by a later
 *       collection that has not marked it either, after a time of grace.
 *   <li><b>Failing.</b> A collection that ends early, also with its process, has dropped nothing that is named.
 *   <li><b>Threads.</b> One thread uses it. There is one at a time.
 * </ul>
 */
public interface GarbageCollection extends AutoCloseable {
    /** Is told of records. */
    interface RecordVisitor {
        /**
         * One record.
         *
         * @param key its name
         * @param value the caller's own
         * @throws IOException to end the listing
         */
        void record(String key, byte[] value) throws IOException;
    }

    /**
     * Lists records as they stand together at one moment after the collection has begun.
     *
     * @param prefix with which their keys start
     * @param visitor is told of each, in key order
     * @throws IOException when one could not be read, or from the visitor
     */
    void records(String prefix, RecordVisitor visitor) throws IOException;

    /**
     * Marks a node.
     *
     * @param name its id, and the domain of the chunks below it
     * @return false when it was marked before: what is below it is, too
     */
    boolean markNode(ChunkKey name);

    /**
     * Marks a chunk.
     *
     * @param key its name
     * @return false when it was marked before
     */
    boolean markChunk(ChunkKey key);

    /**
     * Condemns what is not marked, and drops what was condemned long enough ago.
     *
     * @param now by the clock of all collections
     * @param grace for how long what is condemned stays; with none, until the next collection
     * @param dryRun whether nothing is to be changed, and only counted
     * @param pace is told of what is read
     * @return what it did, or would have done
     * @throws IOException when it could not go on: what it has done until then is right
     */
    Sweep sweep(Instant now, Duration grace, boolean dryRun, Pace pace) throws IOException;

    /** Gives back the heap that marks take, after the sweep; without a call, {@link #compact} does. */
    default void endMarking() {}

    /**
     * Copies what is left of files that are mostly dropped, and deletes them.
     *
     * @param maxDeadShare files are copied, those first of which the least is needed, until what is not needed is at most this
     *     share of what is; 0 for all that have any of it, less for all
     * @param rank chunks are copied in this order, those of one rank as they were
     * @param pace is told of what is read and copied
     * @return what it did
     * @throws IOException when it could not go on: nothing is lost, and what was copied counts
     */
    Compaction compact(double maxDeadShare, ToLongFunction<ChunkId> rank, Pace pace) throws IOException;

    /**
     * Copies what can be read of some files, whatever their share, and deletes those in which nothing is left.
     *
     * @param packs their numbers
     * @param rank as for {@link #compact}
     * @param pace is told of what is read and copied
     * @return what it did
     * @throws IOException as for {@link #compact}
     */
    Compaction evacuate(Set<Integer> packs, ToLongFunction<ChunkId> rank, Pace pace) throws IOException;

    @Override
    void close();

    /**
     * What a sweep found.
     *
     * @param marked chunks that were marked, and nodes
     * @param kept neither marked nor touched: unsettled, or claimed by a writer
     * @param condemned by this sweep
     * @param waiting condemned before, whose time has not come
     * @param dropped condemned before, and gone now
     * @param broughtBack condemned before, and marked now: a sign that something is wrong
     */
    record Sweep(Count marked, Count kept, Count condemned, Count waiting, Count dropped, Count broughtBack) {}

    /**
     * How much.
     *
     * @param chunks of them
     * @param chunkBytes their bytes in packs
     * @param nodes of manifests
     * @param nodeBytes their bytes
     */
    record Count(long chunks, long chunkBytes, long nodes, long nodeBytes) {}

    /**
     * What a compaction did.
     *
     * @param packs files that were deleted
     * @param packBytes bytes that they had
     * @param movedBytes bytes that were copied for that
     */
    record Compaction(long packs, long packBytes, long movedBytes) {}
}
