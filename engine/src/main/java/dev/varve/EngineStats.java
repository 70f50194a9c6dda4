package dev.varve;

import dev.varve.store.StoreStats;

/**
 * Numbers about a store.
 *
 * @param chunks distinct blocks of data; an estimate past {@value #MOST_COUNTED}
 * @param nodes manifest nodes (likewise)
 * @param packs pack files
 * @param packBytes bytes of all packs
 * @param liveBytes bytes of packs that hold chunks
 * @param indexBytes bytes of index and records
 * @param alarms how often something was needed that a collection had condemned, since the store was opened
 */
public record EngineStats(
        long chunks, long nodes, int packs, long packBytes, long liveBytes, long indexBytes, long alarms) {
    /** More chunks than these are not counted but estimated, some percent too many or too few. */
    public static final int MOST_COUNTED = StoreStats.MOST_COUNTED;
}
