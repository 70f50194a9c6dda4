package dev.varve.maintenance;

/**
 * What disks take of a store's chunks.
 *
 * @param dataBytes of the blocks that have a chunk, each disk's counted
 * @param uniqueBytes what nobody else needs, as it is stored
 * @param sharedBytes what others need, too, as it is stored
 * @param lost nodes that can't be read, and chunks that are missing: of those nothing is counted
 */
public record Usage(long dataBytes, long uniqueBytes, long sharedBytes, long lost) {
    static final Usage NONE = new Usage(0, 0, 0, 0);
}
