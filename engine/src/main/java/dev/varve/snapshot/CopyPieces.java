package dev.varve.snapshot;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Copies a disk piece by piece: each worker takes the next piece from a shared cursor, reads it, and hands it on, so that
 * reading, hashing, compressing and writing overlap without a queue between them.
 */
final class CopyPieces {
    /**
     * Bytes a worker moves at once. All of them stay in a core's second-level cache from the read to the frame: with 1 MiB
     * an import of a Debian disk took 1.2 times as long, with 128 KiB the same.
     */
    static final int PIECE_BYTES = 1 << 18;

    /**
     * The same on the way in: of the usual block, one, so that the frames of neighbours are neighbours in the pack. With more,
     * a cold boot had the disk read twice as often, and an import took as long.
     */
    static final int IMPORT_PIECE_BYTES = 1 << 16;

    private CopyPieces() {}

    /** Where pieces come from; called by all workers. */
    interface Feed {
        /**
         * Takes the next piece, in the disk's order, and fills it.
         *
         * @return false at the end of the disk
         */
        boolean next(Piece piece) throws IOException;

        /** The disk's length; -1 while it is not known. */
        long sizeBytes();
    }

    /** Where pieces go; called by all workers. */
    interface Drain {
        void accept(Piece piece) throws IOException;
    }

    /** Copies all pieces, of at least a block; the feed knows its size afterwards. */
    static void copy(Feed feed, int blockSizeBytes, int pieceBytes, Drain drain, Workers workers) throws IOException {
        CopyControl control = workers.control();
        workers.run(() -> {
            Piece piece = new Piece(ByteBuffer.allocateDirect(Math.max(pieceBytes, blockSizeBytes)), blockSizeBytes);
            while (control.stopped() == null && feed.next(piece)) {
                drain.accept(piece);
                control.advance(piece.lengthBytes(), feed.sizeBytes());
            }
        });
    }

    /** Hands pieces on one at a time and in the disk's order. */
    static Drain inOrder(Drain drain, CopyControl control) {
        return piece -> {
            if (control.awaitTurn(piece.ticket())) {
                drain.accept(piece);
                control.endTurn();
            }
        };
    }
}
