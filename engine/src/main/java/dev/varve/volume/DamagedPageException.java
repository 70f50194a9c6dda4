package dev.varve.volume;

import java.io.IOException;

/** A page of a volume's log is not what was written. */
final class DamagedPageException extends IOException {
    private static final long serialVersionUID = 1;

    DamagedPageException(String volume, long page, String where) {
        super(volume + ": bytes " + (page << Pages.SHIFT) + " to " + ((page + 1) << Pages.SHIFT) + " are damaged, "
                + where);
    }
}
