package dev.varve.cache;

import java.util.function.IntUnaryOperator;

/**
 * Decides which chunk makes room: S3-FIFO (Yang, Zhang, Qiu, Yue, Vigfusson: "FIFO queues are all you need for cache
 * eviction", SOSP 2023).
 *
 * <p>A new chunk enters the small queue, a tenth of the slots. At its end those that were used since move to the main
 * queue; the others leave, and only their hashes are remembered for a while: who comes back then enters the main queue at
 * once. At the end of the main queue a chunk that was used goes round again, once for each use, up to 3.
 *
 * <p><b>What counts as a use.</b> A guest reads a chunk of 64 KiB in sixteen pages, one after the other, and that is one
 * use, not sixteen. So uses are counted at most once a tick, and the clock ticks each time a 64th of the slots has been
 * loaded: a slot that was just loaded or counted is left alone, and readers of hot slots store nothing while nothing is
 * loaded.
 *
 * <p>{@link #touch} is called by any thread at any time, and may lose a count to a race. All else: one thread at a time.
 */
final class EvictionQueues {
    /** No slot. */
    static final int NONE = -1;

    private static final int SMALL_FRACTION = 10;
    private static final int TICK_FRACTION = 64;
    private static final int MAX_USES = 3;
    private static final int USES_BITS = 2;
    private static final int USES_MASK = (1 << USES_BITS) - 1;

    /** Uses that move a chunk from the small queue to the main one. */
    private static final int PROMOTING_USES = 1;

    /** How many chunks one eviction may send round the main queue. */
    private static final int MAX_ROUNDS = 128;

    private final IntUnaryOperator hashOfSlot;
    private final int slotCount;
    private final int smallTarget;
    private final int loadsPerTick;
    private final int[] next;
    private final Fifo small = new Fifo();
    private final Fifo main = new Fifo();
    private final GhostTable ghosts;

    /** A slot's uses and, above them, the tick of the last. */
    private final int[] uses;

    /** The tick, shifted as it stands in {@link #uses}. */
    private int clock;

    private int loadsOfTick;
    private int firstFree = NONE;
    private int neverUsed;

    EvictionQueues(int slotCount, IntUnaryOperator hashOfSlot) {
        this.slotCount = slotCount;
        this.hashOfSlot = hashOfSlot;
        smallTarget = Math.max(1, slotCount / SMALL_FRACTION);
        loadsPerTick = Math.max(1, slotCount / TICK_FRACTION);
        next = new int[slotCount];
        uses = new int[slotCount];
        ghosts = new GhostTable(slotCount - smallTarget);
    }

    /** Notes that a slot was read. */
    void touch(int slot) {
        int use = uses[slot];
        int now = clock;
        if ((use & ~USES_MASK) != now && (use & USES_MASK) < MAX_USES) {
            uses[slot] = now | ((use & USES_MASK) + 1);
        }
    }

    /** Takes a slot that holds nothing, or {@link #NONE}. */
    int takeFree() {
        if (firstFree != NONE) {
            int slot = firstFree;
            firstFree = next[slot];
            return slot;
        }
        return neverUsed < slotCount ? neverUsed++ : NONE;
    }

    /** Takes the slot whose chunk is to go, or {@link #NONE} when no slot holds a chunk. */
    int takeVictim() {
        int rounds = 0;
        while (true) {
            if (small.size >= smallTarget || main.size == 0) {
                if (small.size == 0) {
                    return NONE;
                }
                int slot = small.pop();
                if ((uses[slot] & USES_MASK) < PROMOTING_USES) {
                    ghosts.add(hashOfSlot.applyAsInt(slot));
                    return slot;
                }
                uses[slot] = clock;
                main.push(slot);
            } else {
                int slot = main.pop();
                int use = uses[slot];
                if ((use & USES_MASK) == 0 || rounds++ == MAX_ROUNDS) {
                    return slot;
                }
                uses[slot] = use - 1;
                main.push(slot);
            }
        }
    }

    /** Queues a slot that was taken and filled. */
    void insert(int slot) {
        if (++loadsOfTick >= loadsPerTick) {
            loadsOfTick = 0;
            clock += 1 << USES_BITS;
        }
        uses[slot] = clock;
        (ghosts.remove(hashOfSlot.applyAsInt(slot)) ? main : small).push(slot);
    }

    /**
     * Queues a slot that an earlier process filled, before any is taken, in ascending order; slots left out hold nothing. It
     * enters the main queue, so that a scan does not push out what has survived, and its next use counts.
     */
    void adopt(int slot) {
        while (neverUsed < slot) {
            free(neverUsed++);
        }
        neverUsed = slot + 1;
        uses[slot] = clock - (1 << USES_BITS);
        main.push(slot);
    }

    /** Gives back a slot that was taken and holds nothing. */
    void free(int slot) {
        next[slot] = firstFree;
        firstFree = slot;
    }

    /** How many slots are queued. */
    int size() {
        return small.size + main.size;
    }

    /** A queue of slots, linked through {@link #next}. */
    private final class Fifo {
        private int oldest = NONE;
        private int newest = NONE;
        private int size;

        void push(int slot) {
            if (size++ == 0) {
                oldest = slot;
            } else {
                next[newest] = slot;
            }
            newest = slot;
        }

        int pop() {
            int slot = oldest;
            oldest = next[slot];
            size--;
            return slot;
        }
    }
}
