package dev.varve.nbd;

import dev.varve.block.BlockDevice;
import java.util.Objects;

/**
 * A metadata context that a client can ask the state of ranges in, by {@code NBD_CMD_BLOCK_STATUS}: one of the device's
 * extent maps under a name of the protocol.
 *
 * @param name namespace, colon and leaf, such as {@code base:allocation}; at most 4,096 bytes
 * @param map what {@link BlockDevice#extents} knows it by
 * @param setFlags what is said of a run that is set
 * @param unsetFlags what is said of a run that is not
 */
public record MetaContext(String name, String map, int setFlags, int unsetFlags) {
    /** {@code base:allocation}: what isn't allocated is a hole, and zeros. */
    public static final MetaContext ALLOCATION =
            new MetaContext("base:allocation", BlockDevice.ALLOCATION, 0, Protocol.STATE_HOLE | Protocol.STATE_ZERO);

    /** Before the name of each context made by {@link #dirtyBitmap}. */
    public static final String DIRTY_BITMAP = "qemu:dirty-bitmap:";

    /** Checks what is there. */
    public MetaContext {
        Objects.requireNonNull(map, "map");
        if (name.indexOf(':') < 1) {
            throw new IllegalArgumentException("no namespace in '" + name + "'");
        }
    }

    /**
     * {@code qemu:dirty-bitmap:NAME}: what is set is dirty, as QEMU says of its bitmaps.
     *
     * @param bitmap the bitmap's name
     * @param map what the device knows it by
     * @return the context
     */
    public static MetaContext dirtyBitmap(String bitmap, String map) {
        return new MetaContext(DIRTY_BITMAP + bitmap, map, Protocol.STATE_DIRTY, 0);
    }
}
