package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The bytes of one segment of a log: of fixed length. Used by many threads at once. */
interface SegmentFile extends SegmentBytes {
    /** Its number, by which {@link SegmentSpace#open} finds it again. */
    long number();

    /** Writes all of {@code src} to a place within. */
    void write(ByteBuffer src, long offsetBytes) throws IOException;

    /** Makes durable what was written before; a sync that failed is final. */
    void sync() throws IOException;

    /** Ends its use in this process; the bytes stay. */
    void close() throws IOException;
}
