package dev.varve.snapshot;

import dev.varve.block.BlockDevice;
import dev.varve.block.Zeros;
import java.io.IOException;

/** Copies a disk out: reads what it says is data, and tells zeros inside of it apart. */
final class SnapshotExport {
    /** At which places the reads of a disk begin that has no blocks of its own. */
    static final int DEVICE_BLOCK_BYTES = 64 << 10;

    private SnapshotExport() {}

    static void copy(BlockDevice disk, int blockSizeBytes, BlockSink sink, Workers workers) throws IOException {
        CopyPieces.Feed feed = BlockSource.of(disk).feed(blockSizeBytes);
        if (sink.isOrdered()) {
            CopyPieces.Drain inOrder = CopyPieces.inOrder(piece -> whole(piece, sink), workers.control());
            CopyPieces.copy(feed, blockSizeBytes, CopyPieces.PIECE_BYTES, inOrder, workers);
        } else {
            CopyPieces.copy(feed, blockSizeBytes, CopyPieces.PIECE_BYTES, piece -> sparse(piece, sink), workers);
        }
    }

    private static void whole(Piece piece, BlockSink sink) throws IOException {
        if (piece.isHole()) {
            sink.writeZeroes(piece.offsetBytes(), piece.lengthBytes());
        } else {
            sink.write(piece.bytes(0, Math.toIntExact(piece.lengthBytes())), piece.offsetBytes());
        }
    }

    private static void sparse(Piece piece, BlockSink sink) throws IOException {
        if (piece.isHole()) {
            sink.writeZeroes(piece.offsetBytes(), piece.lengthBytes());
            return;
        }
        int end = Math.toIntExact(piece.lengthBytes());
        for (int from = 0; from < end; ) {
            boolean zero = isZero(piece, from, end);
            int to = next(from, end);
            while (to < end && isZero(piece, to, end) == zero) {
                to = next(to, end);
            }
            if (zero) {
                sink.writeZeroes(piece.offsetBytes() + from, to - from);
            } else {
                sink.write(piece.bytes(from, to), piece.offsetBytes() + from);
            }
            from = to;
        }
    }

    private static int next(int from, int end) {
        return Math.min(from + BlockSink.ZERO_GRAIN_BYTES, end);
    }

    private static boolean isZero(Piece piece, int from, int end) {
        return Zeros.isZero(piece.bytes(from, next(from, end)));
    }
}
