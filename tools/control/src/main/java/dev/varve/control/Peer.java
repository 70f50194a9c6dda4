package dev.varve.control;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import jdk.net.ExtendedSocketOptions;

/**
 * Who is at the other end. A client opens files and starts programs as it is told, so a socket that somebody else has put
 * where a store is would have all that the client's user has; and only the owner's commands are carried out.
 */
final class Peer {
    private static final Path SELF = Path.of("/proc/self");

    private Peer() {}

    /** Checks that both ends are processes of one user. */
    static void requireSameUser(SocketChannel channel, Object socket) throws IOException {
        UserPrincipal other =
                channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
        UserPrincipal self = self();
        if (!other.equals(self)) {
            throw new IOException(socket + ": the store is open in a process of user " + other.getName()
                    + "; run this as that user, or stop that process");
        }
    }

    private static UserPrincipal self() throws IOException {
        return Files.exists(SELF)
                ? Files.getOwner(SELF)
                : SELF.getFileSystem()
                        .getUserPrincipalLookupService()
                        .lookupPrincipalByName(System.getProperty("user.name"));
    }
}
