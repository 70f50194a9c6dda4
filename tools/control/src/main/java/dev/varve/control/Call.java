package dev.varve.control;

import java.io.IOException;

/** What a server asks a client to do. Handles 0 to 2 are the standard streams; others come from the calls that open. */
enum Call {
    /** Handle, most bytes; brings bytes, none at the end. */
    READ,
    /** Handle, bytes. */
    WRITE,
    /** Path; brings a flag. */
    IS_STREAM,
    /** Path; brings a handle. */
    OPEN_INPUT,
    /** Path; brings a handle. */
    OPEN_OUTPUT,
    /** Path; brings a handle and a size. */
    OPEN_DISK,
    /** Path, size, whether to replace; brings a handle, the device's size, and whether it is blank. */
    CREATE_DISK,
    /** Handle, offset, length; brings bytes. */
    READ_AT,
    /** Handle, offset, bytes. */
    WRITE_AT,
    /** Handle, offset, length. */
    TRIM,
    /** Handle, offset, length. */
    WRITE_ZEROES,
    /** Handle, map, offset, length, limit; brings offset, length and state of each. */
    EXTENTS,
    /** Handle. */
    FLUSH,
    /** Handle. */
    COMMIT,
    /** Handle. */
    CLOSE,
    /** Name; brings a flag. */
    HAS_PROGRAM,
    /** Words; brings an exit code. */
    RUN,
    /** Path; brings a handle, 0 when it is no folder. */
    OPEN_STORE,
    /** Handle, chunk id; brings bytes, none when there is no such chunk. */
    CHUNK,
    /** Handle, node id; brings bytes, none when there is no such node. */
    NODE,
    /** Handle, offset, length, nonce; brings bytes, none when there is no such part of a log. */
    LOG_BYTES;

    private static final Call[] ALL = values();

    static Call of(BodyReader message) throws IOException {
        return ALL[message.number(0, ALL.length - 1)];
    }
}
