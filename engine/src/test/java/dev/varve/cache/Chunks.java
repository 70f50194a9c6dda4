package dev.varve.cache;

import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkKey;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Chunks whose every byte follows from their number and its offset, so that any read of any part can be checked. */
final class Chunks {
    private static final Map<Integer, ChunkKey> KEYS = new ConcurrentHashMap<>();

    private final AtomicLong loads = new AtomicLong();

    /** A chunk's name: even numbers are in the plain domain, odd ones in another. */
    static ChunkKey key(int number) {
        return KEYS.computeIfAbsent(
                number,
                unused ->
                        new ChunkKey(number & 1, new ChunkHasher().hash(content(number, 0, ChunkCacheContract.CHUNK))));
    }

    /** The byte of a chunk at an offset. */
    static byte at(int number, int offset) {
        long mixed = (number * 0x9E3779B97F4A7C15L + (offset >>> 3)) * 0xBF58476D1CE4E5B9L;
        return (byte) ((mixed ^ mixed >>> 29) >>> (offset & 7) * 8);
    }

    static ByteBuffer content(int number, int offset, int length) {
        ByteBuffer content = ByteBuffer.allocate(length);
        for (int i = 0; i < length; i++) {
            content.put(at(number, offset + i));
        }
        return content.flip();
    }

    /** The first wrong byte between a start and the position of a buffer, or -1. */
    static int firstWrong(ByteBuffer found, int start, int number, int offset) {
        for (int i = start; i < found.position(); i++) {
            if (found.get(i) != at(number, offset + i - start)) {
                return i - start;
            }
        }
        return -1;
    }

    /** A loader of one chunk, which counts. */
    ChunkLoader of(int number) {
        return (key, dst) -> {
            loads.incrementAndGet();
            dst.put(content(number, 0, dst.remaining()));
        };
    }

    /** Waits until all that a cache has loaded is in its slot. */
    static void settle(ChunkCache cache) {
        while (!cache.isSettled()) {
            Thread.onSpinWait();
        }
    }

    long loads() {
        return loads.get();
    }
}
