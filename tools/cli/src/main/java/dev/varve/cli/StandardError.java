package dev.varve.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether the error stream is a terminal. Java knows only of input and output together, so on Linux the descriptor's
 * link is read: it names a terminal device. Elsewhere there is no bar.
 */
final class StandardError implements LocalCaller.Terminal {
    @Override
    public boolean isWatched() {
        if ("dumb".equals(System.getenv("TERM"))) {
            return false;
        }
        try {
            String device = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty") || device.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }
}
