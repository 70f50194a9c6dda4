package dev.varve.manifest;

import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** The model: a disk as a plain map of blocks, with none of our code but the hash. */
final class Disk {
    static final int CHUNK = 4096;
    private static final int PER_WRITER = Manifest.WRITER_BLOCK_BYTES / CHUNK;

    final TreeMap<Long, byte[]> blocks = new TreeMap<>();
    final TreeMap<Long, String> writers = new TreeMap<>();
    long sizeBytes = 1;

    Disk copy() {
        Disk copy = new Disk();
        copy.blocks.putAll(blocks);
        copy.writers.putAll(writers);
        copy.sizeBytes = sizeBytes;
        return copy;
    }

    long blockCount() {
        return (sizeBytes + CHUNK - 1) / CHUNK;
    }

    /** Content that no other seed has, of which no byte is zero. */
    static byte[] content(long seed) {
        byte[] bytes = new byte[CHUNK];
        Arrays.fill(bytes, (byte) (1 + Math.floorMod(seed, 255)));
        for (int i = 0; i < 8; i++) {
            bytes[i] = (byte) (1 + ((seed >>> (7 * i)) & 0x7F));
        }
        return bytes;
    }

    void put(long block, byte[] bytes, String writer) {
        byte[] padded = Arrays.copyOf(bytes, CHUNK);
        if (Arrays.equals(padded, new byte[CHUNK])) {
            blocks.remove(block);
        } else {
            blocks.put(block, padded);
        }
        writers.put(block / PER_WRITER, writer);
    }

    void zero(long first, long count, String writer) {
        blocks.subMap(first, first + count).clear();
        for (long i = first / PER_WRITER; i <= (first + count - 1) / PER_WRITER; i++) {
            writers.put(i, writer);
        }
    }

    void resize(long newSizeBytes) {
        sizeBytes = newSizeBytes;
        blocks.tailMap(blockCount(), true).clear();
        writers.tailMap((newSizeBytes + Manifest.WRITER_BLOCK_BYTES - 1) / Manifest.WRITER_BLOCK_BYTES, true)
                .clear();
        long last = blockCount() - 1;
        byte[] bytes = blocks.get(last);
        if (bytes != null) {
            byte[] kept = Arrays.copyOf(Arrays.copyOf(bytes, (int) (newSizeBytes - last * CHUNK)), CHUNK);
            blocks.put(last, kept);
        }
    }

    static ChunkId id(byte[] bytes) {
        return new ChunkHasher().hash(ByteBuffer.wrap(bytes));
    }

    /** The keys in which two maps differ, as ranges {first, count}. */
    static <V> List<List<Long>> differences(Map<Long, V> a, Map<Long, V> b) {
        TreeSet<Long> keys = new TreeSet<>(a.keySet());
        keys.addAll(b.keySet());
        keys.removeIf(key -> a.containsKey(key) && b.containsKey(key) && same(a.get(key), b.get(key)));
        List<List<Long>> ranges = new ArrayList<>();
        long start = -1;
        long end = -1;
        for (long key : keys) {
            if (key != end) {
                if (end > start) {
                    ranges.add(List.of(start, end - start));
                }
                start = key;
            }
            end = key + 1;
        }
        if (end > start) {
            ranges.add(List.of(start, end - start));
        }
        return ranges;
    }

    private static boolean same(Object a, Object b) {
        return a instanceof byte[] bytes ? Arrays.equals(bytes, (byte[]) b) : a.equals(b);
    }
}
