package dev.varve.nbd;

import dev.varve.block.BlockDevice;
import java.util.List;

/**
 * What a client and the server have agreed on.
 *
 * @param disk the disk, which this connection holds
 * @param device the same, open
 * @param sizeBytes the length that the client was told
 * @param isStructured whether replies are structured
 * @param contexts the metadata contexts that were selected; their numbers are their places, from 1 on
 */
record Session(
        OpenExports.Disk disk, BlockDevice device, long sizeBytes, boolean isStructured, List<MetaContext> contexts) {
    /** What the client is told that it may do. */
    int transmissionFlags() {
        return transmissionFlags(device.isReadOnly(), isStructured);
    }

    static int transmissionFlags(boolean isReadOnly, boolean isStructured) {
        int flags = Protocol.TRANSMISSION_HAS_FLAGS
                | Protocol.TRANSMISSION_SEND_FLUSH
                | Protocol.TRANSMISSION_SEND_FUA
                | Protocol.TRANSMISSION_CAN_MULTI_CONN
                | Protocol.TRANSMISSION_SEND_CACHE;
        flags |= isReadOnly
                ? Protocol.TRANSMISSION_READ_ONLY
                : Protocol.TRANSMISSION_SEND_TRIM
                        | Protocol.TRANSMISSION_SEND_WRITE_ZEROES
                        | Protocol.TRANSMISSION_SEND_FAST_ZERO;
        return isStructured ? flags | Protocol.TRANSMISSION_SEND_DF : flags;
    }
}
