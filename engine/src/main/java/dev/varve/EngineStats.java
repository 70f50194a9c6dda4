package dev.varve;

/**
 * Numbers about a store.
 *
 * @param chunks distinct blocks of data (an estimate while there are many)
 * @param nodes manifest nodes (likewise)
 * @param packs pack files
 * @param packBytes bytes of all packs
 * @param liveBytes bytes of packs that hold chunks
 * @param indexBytes bytes of index and records
 * @param alarms how often something was needed that a collection had condemned, since the store was opened
 */
public record EngineStats(
        long chunks, long nodes, int packs, long packBytes, long liveBytes, long indexBytes, long alarms) {}
