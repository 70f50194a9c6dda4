package dev.varve.store;

import java.io.IOException;

/** A store of a format that this version can't read, or a folder that is something else. Nothing was changed. */
public final class StoreFormatException extends IOException {
    private static final long serialVersionUID = 1;

    /**
     * A format that can't be read.
     *
     * @param message names the file, and found, oldest and newest version
     */
    public StoreFormatException(String message) {
        super(message);
    }
}
