package dev.varve.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.chunk.ChunkKey;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Names of chunks by 64 bits of each: what was added is always found, and by a chance of one in 2^64 for each name in it
 * another is found too. So it serves where a name too many does no harm. Takes 9 to 14 bytes of heap a name. Thread-safe.
 */
final class IdSet {
    private static final int SHIFT_OF_PARTS = 52;

    /** Small enough that no table of 16 million names is a large object to the heap's collector. */
    private static final int MANY_PARTS = 4096;

    private static final int FEW_PARTS = 64;

    private final Part[] parts;

    private IdSet(int partCount) {
        long seed = ThreadLocalRandom.current().nextLong() | 1;
        parts = new Part[partCount];
        for (int i = 0; i < partCount; i++) {
            parts[i] = new Part(seed);
        }
    }

    /** For few names, as a rule: takes 3 KiB empty. */
    static IdSet small() {
        return new IdSet(FEW_PARTS);
    }

    /** For millions: takes 180 KiB empty. */
    static IdSet large() {
        return new IdSet(MANY_PARTS);
    }

    /** Adds a name; false when it was there. */
    boolean add(ChunkKey key) {
        long word = key.fingerprint();
        return part(word).add(word);
    }

    boolean contains(ChunkKey key) {
        long word = key.fingerprint();
        return part(word).contains(word);
    }

    /** How many names are in it. */
    long size() {
        long size = 0;
        for (Part part : parts) {
            size += part.size();
        }
        return size;
    }

    private Part part(long word) {
        return parts[(int) (word >>> SHIFT_OF_PARTS) & (parts.length - 1)];
    }

    /** Words with the same first bits, in a table with linear probing; a small one that grows costs little at a time. */
    private static final class Part {
        private static final int FIRST_SLOTS = 8;

        /** So that nobody who chooses names can have them all in one place. */
        private final long seed;

        @GuardedBy("this")
        private long[] slots = {};

        @GuardedBy("this")
        private int count;

        Part(long seed) {
            this.seed = seed;
        }

        synchronized boolean add(long word) {
            if (count >= slots.length - slots.length / 8) {
                grow();
            }
            int at = seek(slots, word);
            if (slots[at] == word) {
                return false;
            }
            slots[at] = word;
            count++;
            return true;
        }

        synchronized boolean contains(long word) {
            return count > 0 && slots[seek(slots, word)] == word;
        }

        synchronized int size() {
            return count;
        }

        @GuardedBy("this")
        private void grow() {
            long[] larger = new long[Math.max(FIRST_SLOTS, slots.length + slots.length / 2)];
            for (long word : slots) {
                if (word != 0) {
                    larger[seek(larger, word)] = word;
                }
            }
            slots = larger;
        }

        /** Where a word is, or would be. */
        private int seek(long[] table, long word) {
            int at = (int) (((word * seed) >>> 33) * table.length >>> 31);
            while (table[at] != 0 && table[at] != word) {
                at = at + 1 < table.length ? at + 1 : 0;
            }
            return at;
        }
    }
}
