package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The bytes of one segment of a log: of fixed length. Used by many threads at once. */
interface SegmentFile {
    /** Its number, by which {@link SegmentSpace#open} finds it again. */
    long number();

    /** Its length. */
    int sizeBytes();

    /** Fills {@code dst} from a place within. */
    void read(ByteBuffer dst, long offsetBytes) throws IOException;

    /** Writes all of {@code src} to a place within. */
    void write(ByteBuffer src, long offsetBytes) throws IOException;

    /** Makes durable what was written before; a sync that failed is final. */
    void sync() throws IOException;

    /** A name for people. */
    String describe();

    /** Ends its use in this process; the bytes stay. */
    void close() throws IOException;
}
