package dev.varve.store;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Another process, or another engine in this one, has the store open. Nothing was changed. */
public final class StoreInUseException extends IOException {
    private static final long serialVersionUID = 1;

    StoreInUseException(Path path, Throwable cause) {
        super(path + " is in use", cause);
    }

    /**
     * A store in use.
     *
     * @param path the store
     * @param owner who has it: process id and command, as far as known
     * @param cause what the lock said
     */
    public StoreInUseException(Path path, String owner, @Nullable Throwable cause) {
        super("store " + path + " is in use by " + owner + "; wait for it to end, or stop it", cause);
    }
}
