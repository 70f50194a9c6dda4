package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A leaf of a content tree: the chunk ids of 512 blocks in a row. All who read the same leaf through one {@link
 * Manifests} hold the same object, however many disks it is part of.
 *
 * <p>Beside each id stands one word for the chunk cache's user, zero until it is set: where the chunk was last seen in
 * the cache. A word is a hint that its user checks (slot and generation, see the cache); it is read and written whole
 * and in no order with anything else. The words take 4 KiB from the first one that is set.
 *
 * <p>Indexes are within the leaf, 0 to 511; any other is an {@link IndexOutOfBoundsException}. Thread-safe.
 */
public final class Leaf extends Node {
    /** Blocks of a leaf. */
    public static final int BLOCKS = Radix.FANOUT;

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle WORDS;

    static {
        try {
            WORDS = MethodHandles.lookup().findVarHandle(Leaf.class, "words", long[].class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Read plainly: an array seen early is seen with zeros, which is a word nobody has set. */
    private long @Nullable [] words;

    Leaf(ChunkId id, Bits bits, byte[] encoded) {
        super(id, NodeKind.CONTENT, 0, bits, encoded);
    }

    /**
     * The chunk of a block.
     *
     * @param i index of the block in the leaf
     * @return its id, or null when the block is zeros
     */
    public @Nullable ChunkId chunk(int i) {
        return child(i);
    }

    /**
     * Whether a block has a chunk.
     *
     * @param i index of the block in the leaf
     * @return false when it is zeros
     */
    public boolean isPresent(int i) {
        return bits().get(i);
    }

    /**
     * The first block with a chunk from an index on.
     *
     * @param i 0 to 512
     * @return its index; 512 when there is none
     */
    public int nextPresent(int i) {
        return bits().next(i);
    }

    /**
     * The first block without a chunk from an index on.
     *
     * @param i 0 to 512
     * @return its index; 512 when there is none
     */
    public int nextAbsent(int i) {
        return bits().nextAbsent(i);
    }

    /**
     * The word beside a block.
     *
     * @param i index of the block in the leaf
     * @return what was set, or zero
     */
    public long word(int i) {
        long[] array = words;
        return array == null ? 0 : (long) WORD.getOpaque(array, i);
    }

    /**
     * Sets the word beside a block.
     *
     * @param i index of the block in the leaf
     * @param word anything
     */
    public void setWord(int i, long word) {
        WORD.setOpaque(allocatedWords(), i, word);
    }

    private long[] allocatedWords() {
        long[] array = words;
        if (array != null) {
            return array;
        }
        long[] fresh = new long[BLOCKS];
        long[] won = (long[]) WORDS.compareAndExchange(this, null, fresh);
        return won == null ? fresh : won;
    }

    @Override
    long heapBytes() {
        return super.heapBytes() + BLOCKS * (long) Long.BYTES;
    }
}
