package dev.varve.store;

/** How fast something goes on that reads much of a store. */
@FunctionalInterface
public interface Pace {
    /** As fast as it can. */
    Pace FULL = bytes -> {};

    /**
     * Bytes were read or written. May wait; what it throws ends the work.
     *
     * @param bytes how many, since the last call
     */
    void spent(long bytes);
}
