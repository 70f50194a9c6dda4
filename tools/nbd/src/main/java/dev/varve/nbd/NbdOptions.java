package dev.varve.nbd;

/**
 * What a server may use.
 *
 * @param maxConnections clients at once; one more is sent away
 * @param handshakeMillis how long a client may take until it has chosen an export
 * @param largeBuffers buffers of 260 KiB, of which a client has two from its first request on; who comes when all are taken has smaller ones
 * @param helpers threads beside the one that each client has
 * @param drainMillis how long {@link NbdServer#close} waits for requests that have begun
 */
public record NbdOptions(int maxConnections, long handshakeMillis, int largeBuffers, int helpers, long drainMillis) {
    /** 1,024 clients, 30 s for a handshake, 128 MiB of buffers, 64 threads more, 30 s to end. */
    public static final NbdOptions DEFAULT = new NbdOptions(1024, 30_000, 504, 64, 30_000);

    /** Checks what is there. */
    public NbdOptions {
        if (maxConnections < 1 || handshakeMillis < 1 || largeBuffers < 0 || helpers < 1 || drainMillis < 0) {
            throw new IllegalArgumentException("no options for a server: " + maxConnections + " clients, "
                    + handshakeMillis + " ms for a handshake, " + largeBuffers + " buffers, " + helpers
                    + " helpers, " + drainMillis + " ms to end");
        }
    }
}
