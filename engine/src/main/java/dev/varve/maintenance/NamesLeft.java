package dev.varve.maintenance;

import dev.varve.chunk.ChunkKey;
import java.util.BitSet;

/**
 * Names of chunks, of which some are taken out again: by 64 bits of each, so that by a small chance one is taken out for another.
 * 11 to 21 bytes of heap a name. For one thread.
 */
final class NamesLeft {
    private static final int FIRST_SLOTS = 1 << 10;

    /** 0 where it is free. */
    private long[] slots = new long[FIRST_SLOTS];

    /** Slots of names that were taken out, once all are in. */
    private final BitSet out = new BitSet();

    private int count;
    private int left;

    /** Adds a name. */
    void add(ChunkKey key) {
        if (count >= slots.length / 4 * 3) {
            grow();
        }
        long word = key.fingerprint();
        int at = seek(slots, word);
        if (slots[at] == 0) {
            slots[at] = word;
            count++;
            left++;
        }
    }

    /** Takes a name out, if it is in; nothing may be added any more. */
    boolean remove(ChunkKey key) {
        int at = seek(slots, key.fingerprint());
        if (slots[at] == 0 || out.get(at)) {
            return false;
        }
        out.set(at);
        left--;
        return true;
    }

    /** How many are in. */
    int size() {
        return left;
    }

    private void grow() {
        long[] larger = new long[2 * slots.length];
        for (long word : slots) {
            if (word != 0) {
                larger[seek(larger, word)] = word;
            }
        }
        slots = larger;
    }

    private static int seek(long[] slots, long word) {
        int at = (int) word & (slots.length - 1);
        while (slots[at] != 0 && slots[at] != word) {
            at = (at + 1) & (slots.length - 1);
        }
        return at;
    }
}
