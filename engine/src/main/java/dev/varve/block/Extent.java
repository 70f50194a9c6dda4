package dev.varve.block;

/**
 * A run of bytes of a device that share one state in a named extent map.
 *
 * @param offsetBytes where the run starts
 * @param lengthBytes its length, positive
 * @param set the state: what "set" means is the map's, see {@link BlockDevice#ALLOCATION} and {@link
 *     BlockDevice#HYDRATION}
 */
public record Extent(long offsetBytes, long lengthBytes, boolean set) {
    /** Checks that the run is not empty and does not wrap around. */
    public Extent {
        if (offsetBytes < 0 || lengthBytes <= 0 || offsetBytes > Long.MAX_VALUE - lengthBytes) {
            throw new IllegalArgumentException("no extent: offset " + offsetBytes + ", length " + lengthBytes);
        }
    }

    /**
     * The first byte after the run.
     *
     * @return offset plus length
     */
    public long endBytes() {
        return offsetBytes + lengthBytes;
    }
}
