package dev.varve.store;

import java.io.IOException;
import java.nio.file.Path;

/** There is no store where one should be opened. */
public final class StoreNotFoundException extends IOException {
    private static final long serialVersionUID = 1;

    /**
     * No store.
     *
     * @param path where it should be
     */
    public StoreNotFoundException(Path path) {
        super("no store at " + path);
    }
}
