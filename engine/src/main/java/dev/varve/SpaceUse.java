package dev.varve;

/**
 * What an image, a snapshot or a volume takes. Stored bytes are as they are on disk, compressed and each counted once.
 *
 * @param logicalBytes length of the disk; of an image, of its snapshots' disks together
 * @param dataBytes of the disk's blocks that are stored, not compressed: the rest of the disk is zeros, or in a volume's log
 * @param uniqueBytes stored bytes that nothing else needs: what becomes free when it is deleted, an image with its snapshots
 * @param sharedBytes stored bytes that something else needs, too
 * @param logBytes of the unique bytes, those of a volume's log: what was written and is not folded into blocks yet
 * @param isWhole false when manifests are damaged or chunks missing, of which nothing is counted
 */
public record SpaceUse(
        long logicalBytes, long dataBytes, long uniqueBytes, long sharedBytes, long logBytes, boolean isWhole) {
    /**
     * All that it takes.
     *
     * @return stored bytes, unique and shared
     */
    public long storedBytes() {
        return uniqueBytes + sharedBytes;
    }
}
