package dev.varve.snapshot;

import java.nio.ByteBuffer;

/** A run of a disk on its way through one worker: bytes in its buffer, or a hole. */
final class Piece {
    private final ByteBuffer buffer;
    private final int blockSizeBytes;
    private long ticket;
    private long offsetBytes;
    private long lengthBytes;
    private boolean hole;

    Piece(ByteBuffer buffer, int blockSizeBytes) {
        this.buffer = buffer;
        this.blockSizeBytes = blockSizeBytes;
    }

    /** Bytes of data that it can take: whole blocks. */
    int capacityBytes() {
        return buffer.capacity();
    }

    void setHole(long number, long offset, long length) {
        set(number, offset, length, true);
    }

    /** Makes it hold data, to be put into {@link #buffer} next. */
    ByteBuffer setData(long number, long offset, int length) {
        set(number, offset, length, false);
        return buffer.clear().limit(length);
    }

    private void set(long number, long offset, long length, boolean isHole) {
        ticket = number;
        offsetBytes = offset;
        lengthBytes = length;
        hole = isHole;
    }

    /** Fills what is left of the last block with zeros. */
    void pad() {
        int end = Math.toIntExact(lengthBytes);
        int padded = Math.toIntExact(blockCount() * blockSizeBytes);
        buffer.clear();
        for (int i = end; i < padded; i++) {
            buffer.put(i, (byte) 0);
        }
    }

    /** Its place in the order of pieces, from 0 on. */
    long ticket() {
        return ticket;
    }

    long offsetBytes() {
        return offsetBytes;
    }

    long lengthBytes() {
        return lengthBytes;
    }

    boolean isHole() {
        return hole;
    }

    long firstBlock() {
        return offsetBytes / blockSizeBytes;
    }

    /** How many blocks it touches; the last may reach past the end of the disk. */
    long blockCount() {
        return (lengthBytes + blockSizeBytes - 1) / blockSizeBytes;
    }

    /** A whole block of data, zeros past the end of the disk. */
    ByteBuffer block(int i) {
        return buffer.slice(i * blockSizeBytes, blockSizeBytes);
    }

    /** A range of the data. */
    ByteBuffer bytes(int from, int to) {
        return buffer.slice(from, to - from);
    }
}
