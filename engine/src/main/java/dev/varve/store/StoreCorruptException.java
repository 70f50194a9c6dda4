package dev.varve.store;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A file of the store is damaged, missing or cut short, and no single chunk is to blame. Nothing was changed. */
public final class StoreCorruptException extends IOException {
    private static final long serialVersionUID = 1;

    /**
     * Damage.
     *
     * @param path the file, or the folder of the files
     * @param problem what is wrong: offset, expected, found
     */
    public StoreCorruptException(Path path, String problem) {
        this(path, problem, null);
    }

    /**
     * Damage, seen by a failure below.
     *
     * @param path the file, or the folder of the files
     * @param problem what is wrong: offset, expected, found
     * @param cause the failure
     */
    public StoreCorruptException(Path path, String problem, @Nullable Throwable cause) {
        super(path + " is damaged: " + problem, cause);
    }
}
