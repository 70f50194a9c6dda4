package dev.varve.cache;

/**
 * Remembers the hashes of the last so many chunks that left the small queue, approximately: a table of buckets of four,
 * in which an entry expires by age and the oldest of a full bucket gives way (S3-FIFO, section 4.2.3). One thread at a
 * time.
 */
final class GhostTable {
    private static final int WAYS = 4;

    private final int capacity;
    private final int[] hashes;
    private final int[] times;
    private final int bucketMask;
    private int now;

    GhostTable(int capacity) {
        this.capacity = capacity;
        int buckets = Integer.highestOneBit(Math.max(1, capacity / WAYS)) << 1;
        hashes = new int[buckets * WAYS];
        times = new int[buckets * WAYS];
        bucketMask = buckets - 1;
        now = capacity + 1; // what was never written, at time 0, is expired
    }

    void add(int hash) {
        int victim = bucket(hash);
        for (int i = victim + 1; i < bucket(hash) + WAYS; i++) {
            if (now - times[i] > now - times[victim]) {
                victim = i;
            }
        }
        hashes[victim] = hash;
        times[victim] = now++;
    }

    /** Forgets a hash; whether it was remembered. */
    boolean remove(int hash) {
        for (int i = bucket(hash); i < bucket(hash) + WAYS; i++) {
            if (hashes[i] == hash && now - times[i] <= capacity) {
                times[i] = now - capacity - 1;
                return true;
            }
        }
        return false;
    }

    private int bucket(int hash) {
        return (hash >>> 1 & bucketMask) * WAYS;
    }
}
