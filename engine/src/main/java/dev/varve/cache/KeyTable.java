package dev.varve.cache;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Which chunk is in which slot: a hash table with linear probing over compact arrays, 48 bytes a slot. One thread at a
 * time.
 *
 * <pre>
 *   key of slot i, at 36 * i:   domain 4 bytes | id 32 bytes
 * </pre>
 */
final class KeyTable {
    /** What {@link #find} returns for a chunk that is in no slot. */
    static final int NONE = -1;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final int KEY_BYTES = Integer.BYTES + ChunkId.BYTES;
    private static final int DOMAIN_SPREAD = 0x9E3779B9;

    private final byte[] keys;
    private final int[] hashes;

    /** Slot plus one, 0 where there is none; never more than half full. */
    private final int[] table;

    private final int mask;
    private int size;

    KeyTable(int slotCount) {
        keys = new byte[Math.multiplyExact(slotCount, KEY_BYTES)];
        hashes = new int[slotCount];
        table = new int[Integer.highestOneBit(slotCount) << 2];
        mask = table.length - 1;
    }

    /** The slot that holds a chunk, or {@link #NONE}. */
    int find(ChunkKey key) {
        int hash = hash(key);
        for (int at = hash & mask; table[at] != 0; at = (at + 1) & mask) {
            int slot = table[at] - 1;
            if (hashes[slot] == hash && holds(slot, key)) {
                return slot;
            }
        }
        return NONE;
    }

    /** Enters a chunk that is in no slot, for a slot that holds none. */
    void put(ChunkKey key, int slot) {
        int hash = hash(key);
        hashes[slot] = hash;
        INT.set(keys, slot * KEY_BYTES, key.domain());
        key.id().write(keys, slot * KEY_BYTES + Integer.BYTES);
        int at = hash & mask;
        while (table[at] != 0) {
            at = (at + 1) & mask;
        }
        table[at] = slot + 1;
        size++;
    }

    /** Takes out what a slot holds, if anything. */
    void remove(int slot) {
        int at = hashes[slot] & mask;
        while (table[at] != slot + 1) {
            if (table[at] == 0) {
                return;
            }
            at = (at + 1) & mask;
        }
        closeGap(at);
        size--;
    }

    /** The hash of what a slot holds or held last. */
    int hash(int slot) {
        return hashes[slot];
    }

    int size() {
        return size;
    }

    /** Moves up the entries behind a gap that would not be found beyond it (Knuth 6.4, algorithm R). */
    private void closeGap(int start) {
        int gap = start;
        for (int at = (gap + 1) & mask; table[at] != 0; at = (at + 1) & mask) {
            int home = hashes[table[at] - 1] & mask;
            if (((at - home) & mask) >= ((at - gap) & mask)) {
                table[gap] = table[at];
                gap = at;
            }
        }
        table[gap] = 0;
    }

    private boolean holds(int slot, ChunkKey key) {
        return (int) INT.get(keys, slot * KEY_BYTES) == key.domain()
                && ChunkId.of(keys, slot * KEY_BYTES + Integer.BYTES).equals(key.id());
    }

    private static int hash(ChunkKey key) {
        return key.id().hashCode() ^ key.domain() * DOMAIN_SPREAD;
    }
}
