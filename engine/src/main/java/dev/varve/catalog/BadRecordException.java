package dev.varve.catalog;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A record of the catalog that can't be read. Nothing was changed. */
public final class BadRecordException extends IOException {
    private static final long serialVersionUID = 1;

    /**
     * A bad record.
     *
     * @param key its key
     * @param problem what is wrong with it
     */
    public BadRecordException(String key, String problem) {
        this(key, problem, null);
    }

    /**
     * A bad record, seen by a failure below.
     *
     * @param key its key
     * @param problem what is wrong with it
     * @param cause the failure
     */
    public BadRecordException(String key, String problem, @Nullable Throwable cause) {
        super("record '" + key + "' is damaged: " + problem, cause);
    }
}
