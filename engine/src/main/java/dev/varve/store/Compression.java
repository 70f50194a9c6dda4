package dev.varve.store;

/** How a store compresses new chunks. Whichever it is, a store reads them all. */
public enum Compression {
    /** LZ4: the default; fast both ways. */
    LZ4,
    /** Zstandard: smaller, slower to write and to read. */
    ZSTD,
    /** None. */
    STORED
}
