package dev.varve.manifest;

import java.io.IOException;

/** Is told ranges of blocks, in ascending order; two of them neither overlap nor touch. */
@FunctionalInterface
public interface RangeVisitor {
    /**
     * One range.
     *
     * @param firstBlock its first block
     * @param blockCount how many blocks, positive
     * @throws IOException ends the visit and is thrown by it
     */
    void range(long firstBlock, long blockCount) throws IOException;
}
