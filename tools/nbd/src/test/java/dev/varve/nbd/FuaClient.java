package dev.varve.nbd;

import java.io.IOException;
import java.net.SocketAddress;

/** Writes with FUA: what was answered survives loss of power, and nothing else need. */
public final class FuaClient {
    private FuaClient() {}

    /** Writes once. */
    public static void write(SocketAddress server, String export, long offsetBytes, byte[] bytes) throws IOException {
        try (TestClient client = new TestClient(server).simple(export)) {
            int error = client.command(Protocol.CMD_FLAG_FUA, Protocol.CMD_WRITE, offsetBytes, bytes.length, bytes);
            if (error != 0) {
                throw new IOException("error " + error);
            }
        }
    }
}
