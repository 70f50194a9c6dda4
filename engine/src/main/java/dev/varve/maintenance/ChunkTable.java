package dev.varve.maintenance;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All chunks of a store, one row each, while disks that are numbered from 1 on are visited in that order: what each chunk
 * takes, how many blocks of the present disk name it, and the first and the last disk that did.
 *
 * <p>Rows are in the order of the index. A name is found by its first 52 bits: of 16 million chunks, two are taken for one by
 * a chance of 1 in 32, and then the one counts as needed for both. 12 bytes of heap a row, 4 MiB a key domain, and 100 bytes
 * for each chunk that more than 14 blocks of one disk name. For one thread.
 */
final class ChunkTable {
    /** The highest number of a disk. */
    static final int MAX_DISKS = (1 << 20) - 1;

    private static final int PAGE_SHIFT = 16;
    private static final int PAGE_MASK = (1 << PAGE_SHIFT) - 1;
    private static final int MAX_ROWS = Integer.MAX_VALUE - 1;

    private static final int BUCKET_SHIFT = 44;
    private static final int BUCKETS = 1 << (Long.SIZE - BUCKET_SHIFT);
    private static final int REST_SHIFT = BUCKET_SHIFT - Integer.SIZE;

    /** Of a row, from the highest bit: bytes 20, blocks 4, first disk 20, last disk 20. */
    private static final int BYTES_SHIFT = 44;

    private static final int BLOCKS_SHIFT = 40;
    private static final int FIRST_SHIFT = 20;
    private static final long DISK_MASK = MAX_DISKS;
    private static final int MANY_BLOCKS = 15;

    /** The 32 bits of a name after the 20 of its bucket. */
    private final List<int[]> rests = new ArrayList<>();

    private final List<long[]> rows = new ArrayList<>();

    /** Buckets of each key domain: where in the rows each starts, and where the last one ends. */
    private final Map<Integer, int[]> domains = new HashMap<>();

    /** Blocks of the present disk beyond those in the row, where these are as many as fit. */
    private final Map<Integer, Long> more = new HashMap<>();

    private int count;
    private int lastDomain;
    private int lastBucket;
    private int[] lastBuckets = {};

    /** Is told of rows. */
    interface RowVisitor {
        /** A chunk's bytes, and the first and the last disk that named it: 0 when none did. */
        void row(int bytes, int firstDisk, int lastDisk);
    }

    /** Adds a chunk, in the order of the index. */
    void add(ChunkKey key, int bytes) {
        if (count == MAX_ROWS) {
            throw new IllegalStateException("more than " + MAX_ROWS + " chunks");
        }
        long prefix = key.id().prefix();
        if (lastBuckets.length == 0 || key.domain() != lastDomain) {
            startDomain(key.domain());
        }
        int bucket = bucket(prefix);
        if (bucket < lastBucket) {
            throw new IllegalArgumentException("chunk " + key + " is out of order");
        }
        while (lastBucket < bucket) {
            lastBuckets[++lastBucket] = count;
        }
        if ((count & PAGE_MASK) == 0) {
            rests.add(new int[1 << PAGE_SHIFT]);
            rows.add(new long[1 << PAGE_SHIFT]);
        }
        rests.get(count >>> PAGE_SHIFT)[count & PAGE_MASK] = rest(prefix);
        rows.get(count >>> PAGE_SHIFT)[count & PAGE_MASK] = (long) bytes << BYTES_SHIFT;
        count++;
    }

    private void startDomain(int domain) {
        endAdding();
        lastBuckets = new int[BUCKETS + 1];
        lastBuckets[0] = count;
        if (domains.put(domain, lastBuckets) != null) {
            throw new IllegalArgumentException("domain " + domain + " is out of order");
        }
        lastDomain = domain;
        lastBucket = 0;
    }

    /** All chunks are there. */
    void endAdding() {
        while (lastBucket + 1 < lastBuckets.length) {
            lastBuckets[++lastBucket] = count;
        }
    }

    /** The row of a chunk; -1 when it has none. */
    int find(int domain, ChunkId id) {
        int[] buckets = domains.get(domain);
        if (buckets == null) {
            return -1;
        }
        int bucket = bucket(id.prefix());
        int rest = rest(id.prefix());
        for (int row = buckets[bucket]; row < buckets[bucket + 1]; row++) {
            if (rests.get(row >>> PAGE_SHIFT)[row & PAGE_MASK] == rest) {
                return row;
            }
        }
        return -1;
    }

    /** A block of a disk names a chunk; whether it is the first one that does. Disk 0 is not remembered. */
    boolean come(int row, int disk) {
        long[] page = rows.get(row >>> PAGE_SHIFT);
        long word = page[row & PAGE_MASK];
        int blocks = (int) (word >>> BLOCKS_SHIFT) & MANY_BLOCKS;
        if (blocks == MANY_BLOCKS) {
            more.merge(row, 1L, Long::sum);
            return false;
        }
        word += 1L << BLOCKS_SHIFT;
        if ((word >>> FIRST_SHIFT & DISK_MASK) == 0) {
            word |= (long) disk << FIRST_SHIFT;
        }
        page[row & PAGE_MASK] = word;
        return blocks == 0;
    }

    /** A block of a disk does not name a chunk any more; whether it was the last one that did. Disk 0 is not remembered. */
    boolean gone(int row, int disk) {
        long[] page = rows.get(row >>> PAGE_SHIFT);
        long word = page[row & PAGE_MASK];
        int blocks = (int) (word >>> BLOCKS_SHIFT) & MANY_BLOCKS;
        if (blocks == 0) {
            throw new IllegalStateException("a chunk goes that has not come");
        }
        if (blocks == MANY_BLOCKS && more.containsKey(row)) {
            more.computeIfPresent(row, (same, extra) -> extra == 1 ? null : extra - 1);
            return false;
        }
        word -= 1L << BLOCKS_SHIFT;
        if (blocks == 1 && disk > 0) {
            word = word & ~DISK_MASK | disk;
        }
        page[row & PAGE_MASK] = word;
        return blocks == 1;
    }

    /** What the chunk of a row takes. */
    int bytes(int row) {
        return (int) (rows.get(row >>> PAGE_SHIFT)[row & PAGE_MASK] >>> BYTES_SHIFT);
    }

    /** Tells of all rows, when no disk is present. */
    void visit(RowVisitor visitor) {
        for (int row = 0; row < count; row++) {
            long word = rows.get(row >>> PAGE_SHIFT)[row & PAGE_MASK];
            visitor.row(
                    (int) (word >>> BYTES_SHIFT), (int) (word >>> FIRST_SHIFT & DISK_MASK), (int) (word & DISK_MASK));
        }
    }

    private static int bucket(long prefix) {
        return (int) (prefix >>> BUCKET_SHIFT);
    }

    private static int rest(long prefix) {
        return (int) (prefix >>> REST_SHIFT);
    }
}
