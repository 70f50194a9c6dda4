package dev.varve.cache;

import dev.varve.chunk.ChunkKey;
import java.nio.ByteBuffer;
import java.util.function.ObjIntConsumer;

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
    public void fill(int slot, ChunkKey key, ByteBuffer chunk) {
        byte[] bytes = slots[slot];
        if (bytes == null) {
            bytes = new byte[chunkSize];
            slots[slot] = bytes;
        }
        chunk.get(0, bytes);
    }

    @Override
    public void survivors(ObjIntConsumer<ChunkKey> reader) {
        // none: the heap went with the process
    }

    @Override
    public boolean recover(int slot, ChunkKey key, ByteBuffer dst) {
        return false;
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
