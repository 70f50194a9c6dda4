package dev.varve.store;

import java.io.IOException;
import java.util.List;

/** Closes many things, all of them whatever happens. */
public final class Closing {
    private Closing() {}

    /**
     * Closes all, in this order.
     *
     * @param all each is closed, also when an earlier one could not be
     * @param failed what to say when something else than an {@link IOException} was thrown
     * @throws IOException the first thing that was thrown, which carries the others
     */
    public static void all(List<? extends AutoCloseable> all, String failed) throws IOException {
        Exception failure = null;
        for (AutoCloseable each : all) {
            try {
                each.close();
            } catch (Exception e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure instanceof IOException e) {
            throw e;
        }
        if (failure != null) {
            throw new IOException(failed, failure);
        }
    }
}
