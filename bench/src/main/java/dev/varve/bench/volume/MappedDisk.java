package dev.varve.bench.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;

/** A raw disk in one file that is mapped, in pieces, since a buffer has at most 2 GiB: the least that a read can cost. */
final class MappedDisk {
    private static final int PIECE_SHIFT = 30;
    private static final int PIECE_MASK = (1 << PIECE_SHIFT) - 1;

    private final MappedByteBuffer[] pieces;

    MappedDisk(FileChannel file) throws IOException {
        long size = file.size();
        pieces = new MappedByteBuffer[(int) ((size + PIECE_MASK) >>> PIECE_SHIFT)];
        for (int i = 0; i < pieces.length; i++) {
            long at = (long) i << PIECE_SHIFT;
            pieces[i] = file.map(FileChannel.MapMode.READ_ONLY, at, Math.min(1L << PIECE_SHIFT, size - at));
        }
    }

    void read(ByteBuffer dst, long offsetBytes) {
        for (long at = offsetBytes; dst.hasRemaining(); ) {
            int inPiece = (int) at & PIECE_MASK;
            int length = Math.min(dst.remaining(), (1 << PIECE_SHIFT) - inPiece);
            dst.put(dst.position(), pieces[(int) (at >>> PIECE_SHIFT)], inPiece, length);
            dst.position(dst.position() + length);
            at += length;
        }
    }
}
