package dev.varve.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * The generation of every slot, and the protocol by which a reader without a lock knows whether what it copied was one
 * chunk: a sequence lock (Lameter 2005; Boehm, "Can seqlocks get along with programming language memory models?", 2012).
 *
 * <pre>
 *   word       63            32 31             0
 *             +----------------+----------------+
 *             |   generation   |      slot      |      0 = {@link #MISS}, never a word: no generation is 0
 *             +----------------+----------------+
 *
 *   reader                                   refill, by the one thread that owns the slot then
 *   1 admits(word): generation, acquire      1 beginFill(slot): make it odd; full fence
 *   2 copy                                   2 write all bytes
 *   3 stillAdmits(word): acquire fence;      3 endFill(slot): the next even one, release
 *     generation again
 * </pre>
 *
 * Words carry even generations only, so a slot that is being filled, or whose fill failed, admits nobody. If a reader
 * copied one byte of a refill, then the odd generation before it is visible to step 3. If step 1 saw the even generation
 * after a refill, all its bytes are visible to step 2. A generation comes back after 2^31 refills of one slot: a word
 * held unused for that long could be taken for a new one, which at 10 microseconds a refill of always the same slot is 6
 * hours.
 *
 * <p>Public for the stress test of module {@code bench}, which runs these very methods.
 */
public final class SlotGenerations {
    /** No word: what a look-up returns that found nothing. */
    public static final long MISS = 0;

    private static final VarHandle GENERATION = MethodHandles.arrayElementVarHandle(int[].class);
    private static final int NEVER_FILLED = 1;

    private final int[] generations;

    /**
     * Slots that were never filled.
     *
     * @param slotCount how many
     */
    public SlotGenerations(int slotCount) {
        generations = new int[slotCount];
        Arrays.fill(generations, NEVER_FILLED);
    }

    /**
     * The slot a word names.
     *
     * @param word from {@link #endFill}
     * @return its index
     */
    public static int slot(long word) {
        return (int) word;
    }

    /**
     * Step 1 of a reader: whether the slot still holds what it held when the word was made.
     *
     * @param word from {@link #endFill}, or {@link #MISS}, which no slot admits
     * @return false when the reader has to look the chunk up again
     * @throws IndexOutOfBoundsException when there is no such slot
     */
    public boolean admits(long word) {
        return (int) GENERATION.getAcquire(generations, slot(word)) == generation(word);
    }

    /**
     * Step 3 of a reader: whether what was copied since {@link #admits} is what the word names.
     *
     * @param word as in step 1
     * @return false when the copy has to be thrown away
     */
    public boolean stillAdmits(long word) {
        VarHandle.acquireFence();
        return (int) GENERATION.getOpaque(generations, slot(word)) == generation(word);
    }

    /**
     * Step 1 of a refill: nobody is admitted from here on. Only the thread that owns the slot calls it.
     *
     * @param slot its index
     */
    public void beginFill(int slot) {
        int now = (int) GENERATION.getOpaque(generations, slot);
        GENERATION.setOpaque(generations, slot, now | 1);
        VarHandle.fullFence();
    }

    /**
     * Step 3 of a refill: those with the new word are admitted. Only the thread that owns the slot calls it.
     *
     * @param slot its index
     * @return the word for what was written
     */
    public long endFill(int slot) {
        int next = (int) GENERATION.getOpaque(generations, slot) + 1;
        if (next == 0) {
            next = 2;
        }
        GENERATION.setRelease(generations, slot, next);
        return word(next, slot);
    }

    /**
     * Admits nobody any more with this word; a slot that was filled again since stays as it is.
     *
     * @param word from {@link #endFill}
     * @return whether the word was still good
     */
    public boolean revoke(long word) {
        int generation = generation(word);
        return (generation & 1) == 0 && GENERATION.compareAndSet(generations, slot(word), generation, generation | 1);
    }

    /**
     * The word for what a slot holds; the caller keeps it from being refilled. {@link #MISS} when it admits nobody: it holds
     * something of an earlier process, which nobody has checked.
     */
    long word(int slot) {
        int now = (int) GENERATION.getOpaque(generations, slot);
        return (now & 1) == 0 ? word(now, slot) : MISS;
    }

    private static long word(int generation, int slot) {
        return (long) generation << Integer.SIZE | slot;
    }

    private static int generation(long word) {
        return (int) (word >>> Integer.SIZE);
    }
}
