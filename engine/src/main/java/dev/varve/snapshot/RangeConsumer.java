package dev.varve.snapshot;

import java.io.IOException;

/** Takes ranges of a disk, in ascending order. */
@FunctionalInterface
public interface RangeConsumer {
    /**
     * Takes one range.
     *
     * @param offsetBytes where it starts
     * @param lengthBytes its length, positive
     * @throws IOException when it could not be taken; ends what gives the ranges
     */
    void range(long offsetBytes, long lengthBytes) throws IOException;
}
