package dev.varve.store;

/**
 * Numbers about a store.
 *
 * @param chunks chunks in the index; an estimate past {@value #MOST_COUNTED}
 * @param nodes manifest nodes (likewise)
 * @param packs pack files
 * @param packBytes bytes of all packs on disk
 * @param liveBytes bytes of frames that the index names
 * @param indexBytes bytes of RocksDB's files
 * @param alarms how often something was needed that a collection had condemned, since the store was opened
 */
public record StoreStats(
        long chunks, long nodes, int packs, long packBytes, long liveBytes, long indexBytes, long alarms) {
    /** More chunks than these are not counted but estimated. */
    public static final int MOST_COUNTED = 1 << 17;
}
