package dev.varve.store;

import java.io.IOException;
import java.nio.file.Path;

/** A rebuild would lose records that were durable, and no copy was named that may have them. Nothing was changed. */
public final class RecordsLostException extends IOException {
    private static final long serialVersionUID = 1;

    /**
     * A loss.
     *
     * @param index folder of the index
     * @param what is lost, as a sentence
     */
    public RecordsLostException(Path index, String what) {
        super(index + ": " + what);
    }
}
