package dev.varve.volume;

/**
 * A layer of a volume's log that is not written any more, as the volume's record names it.
 *
 * @param number all records of this layer and of those before it belong to it
 * @param snapshotId what it is folded into
 */
record LayerEntry(long number, String snapshotId) {}
