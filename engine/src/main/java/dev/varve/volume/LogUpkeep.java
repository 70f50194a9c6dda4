package dev.varve.volume;

/** What is done for logs in the background. */
interface LogUpkeep {
    /** None. */
    LogUpkeep NONE = log -> {};

    /** Has {@link VolumeLog#keepUp} called soon, by another thread. */
    void wanted(VolumeLog log);
}
