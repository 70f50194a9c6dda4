package dev.varve.volume;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Segments of logs that another store has, by the nonce of their life: where a mending looks. Nothing of it is believed unseen. */
public interface LogSource {
    /** The most bytes that are asked for at once. */
    int MAX_BYTES = 1 << 20;

    /**
     * What messages call it.
     *
     * @return a file's name, or a word
     */
    String name();

    /**
     * A part of a segment.
     *
     * @param nonce of its life, 16 bytes
     * @param offsetBytes where the part begins in the segment
     * @param lengthBytes from 1 to {@link #MAX_BYTES}
     * @return as many bytes; null when it knows no such segment, or none that is so long
     * @throws IOException when nothing can be read any more
     */
    byte @Nullable [] read(byte[] nonce, long offsetBytes, int lengthBytes) throws IOException;
}
