package dev.varve.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Folders that a test writes to and removes, with all that is in them. */
public final class FileTree {
    private FileTree() {}

    /** Removes a folder and all that is in it. */
    public static void delete(Path folder) throws IOException {
        clear(folder);
        Files.delete(folder);
    }

    /** Removes all that is in a folder, and leaves the folder. */
    public static void clear(Path folder) throws IOException {
        List<Path> paths;
        try (Stream<Path> walk = Files.walk(folder)) {
            paths = walk.toList(); // a folder before what is in it
        }
        for (int i = paths.size() - 1; i > 0; i--) {
            Files.delete(paths.get(i));
        }
    }
}
