package dev.varve.nbd.powercut;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A state of a disk, in a file in memory, mounted: the file system's journal is replayed. */
final class StateMount implements AutoCloseable {
    private final Path file;
    private final Path folder;

    StateMount(PageImage state, FileSystem kind, Path work) throws IOException {
        file = work.resolve("state.img");
        folder = Files.createDirectories(work.resolve("state"));
        Files.deleteIfExists(file);
        state.save(file);
        boolean done = false;
        try {
            kind.mountFile(file, folder);
            done = true;
        } finally {
            if (!done) {
                Files.delete(file);
            }
        }
    }

    Path folder() {
        return folder;
    }

    @Override
    public void close() throws IOException {
        try {
            FileSystem.unmount(folder);
        } finally {
            Files.delete(file);
        }
    }
}
