package dev.varve.snapshot;

import java.util.Locale;

/** How far a snapshot is. */
public enum SnapshotState {
    /** Being written: it can't be read. */
    PENDING,
    /** Whole, durable and immutable. */
    COMPLETED,
    /** It will never be whole; its message says why. */
    ERROR;

    /** As EC2 writes it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
