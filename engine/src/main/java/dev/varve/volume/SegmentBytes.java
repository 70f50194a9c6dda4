package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A segment of a log, to be read. */
interface SegmentBytes {
    /** Its length. */
    int sizeBytes();

    /** Fills {@code dst} from a place within. */
    void read(ByteBuffer dst, long offsetBytes) throws IOException;

    /** A name for people. */
    String describe();
}
