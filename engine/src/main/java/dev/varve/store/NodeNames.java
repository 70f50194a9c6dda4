package dev.varve.store;

import dev.varve.chunk.ChunkKey;

/**
 * Names of nodes by 128 bits of each, which nobody finds two ids with: one that were taken for another would leave a subtree
 * unmarked. 20 to 40 bytes of heap a name. For one thread.
 */
final class NodeNames {
    private static final int FIRST_SLOTS = 64;

    /** Two words a slot; the first is 0 where it is free. */
    private long[] slots = new long[2 * FIRST_SLOTS];

    private int count;

    /** Adds a name; false when it was there. */
    boolean add(ChunkKey name) {
        long first = name.fingerprint();
        long second = name.id().prefix();
        if (count >= slots.length / 2 - slots.length / 8) {
            grow();
        }
        int at = seek(slots, first, second);
        if (slots[at] != 0) {
            return false;
        }
        slots[at] = first;
        slots[at + 1] = second;
        count++;
        return true;
    }

    private void grow() {
        long[] larger = new long[2 * slots.length];
        for (int i = 0; i < slots.length; i += 2) {
            if (slots[i] != 0) {
                int at = seek(larger, slots[i], slots[i + 1]);
                larger[at] = slots[i];
                larger[at + 1] = slots[i + 1];
            }
        }
        slots = larger;
    }

    private static int seek(long[] table, long first, long second) {
        int at = 2 * (int) ((second >>> 33) * (table.length / 2) >>> 31);
        while (table[at] != 0 && (table[at] != first || table[at + 1] != second)) {
            at = at + 2 < table.length ? at + 2 : 0;
        }
        return at;
    }
}
