package dev.varve.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A folder that goes, with all that is in it, when it is closed or the command is interrupted. */
final class TemporaryFolder implements AutoCloseable {
    private static final int ATTEMPTS = 10;
    private static final long PAUSE_NANOS = 50_000_000;

    private final Path path;
    private final Thread removal;

    TemporaryFolder(String prefix) throws IOException {
        path = Files.createTempDirectory(prefix);
        removal = new Thread(this::removeQuietly, "varve-temporary");
        try {
            Runtime.getRuntime().addShutdownHook(removal);
        } catch (IllegalStateException e) {
            remove();
            throw new IOException("interrupted", e); // this process is about to end
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        remove();
        try {
            Runtime.getRuntime().removeShutdownHook(removal);
        } catch (IllegalStateException e) {
            // The JVM is going down: the hook finds nothing to remove.
        }
    }

    /** Who works in it may be at it still, and even remove it. */
    private void removeQuietly() {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            try {
                remove();
                return;
            } catch (IOException | UncheckedIOException e) {
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
        System.err.println("varve: " + path + ": could not be removed; delete it by hand");
    }

    private void remove() throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        List<Path> deepestFirst;
        try (Stream<Path> files = Files.walk(path)) {
            deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : deepestFirst) {
            Files.deleteIfExists(file);
        }
    }
}
