package dev.varve.cache;

import java.nio.ByteBuffer;

/** Slots on the heap, each allocated when it is first filled. */
final class HeapSlots implements Slots {
    private final int chunkSize;
    private final byte[][] slots;

    HeapSlots(int slotCount, int chunkSize) {
        this.chunkSize = chunkSize;
        this.slots = new byte[slotCount][];
    }

    @Override
    public void copy(int slot, int offsetBytes, ByteBuffer dst, int dstIndex, int lengthBytes) {
        dst.put(dstIndex, slots[slot], offsetBytes, lengthBytes);
    }

    @Override
    public void fill(int slot, ByteBuffer chunk) {
        byte[] bytes = slots[slot];
        if (bytes == null) {
            bytes = new byte[chunkSize];
            slots[slot] = bytes;
        }
        chunk.get(0, bytes);
    }

    @Override
    public String describe() {
        return "the heap";
    }

    @Override
    public void close() {
        // the collector's
    }
}
