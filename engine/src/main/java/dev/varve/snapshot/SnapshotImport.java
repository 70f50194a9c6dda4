package dev.varve.snapshot;

import dev.varve.block.Zeros;
import java.io.IOException;

/**
 * Copies a disk into a new snapshot. Blocks of zeros are not written: the snapshot has not written them, as far as its
 * changed blocks go, unless its parent has data there.
 *
 * @param <T> what completing it makes
 */
final class SnapshotImport<T> implements Operation.Body<T> {
    private final Snapshots snapshots;
    private final SnapshotRequest request;
    private final BlockSource source;
    private final SnapshotWriter.Completion<T> completion;

    SnapshotImport(
            Snapshots snapshots, SnapshotRequest request, BlockSource source, SnapshotWriter.Completion<T> completion) {
        this.snapshots = snapshots;
        this.request = request;
        this.source = source;
        this.completion = completion;
    }

    @Override
    public T run(Workers workers) throws IOException {
        SnapshotRequest sized =
                request.sizeBytes() > 0 ? request : request.withSizeBytes(Math.max(0, source.knownSizeBytes()));
        try (SnapshotWriter writer = snapshots.writer(sized)) {
            CopyPieces.Feed feed = source.feed(writer.blockSizeBytes());
            CopyPieces.copy(
                    feed,
                    writer.blockSizeBytes(),
                    CopyPieces.IMPORT_PIECE_BYTES,
                    piece -> put(piece, writer, feed),
                    workers);
            return writer.complete(feed.sizeBytes(), completion);
        }
    }

    private static void put(Piece piece, SnapshotWriter writer, CopyPieces.Feed feed) throws IOException {
        if (piece.isHole()) {
            writer.clear(piece.firstBlock(), piece.blockCount());
        } else {
            for (int i = 0; i < piece.blockCount(); i++) {
                if (Zeros.isZero(piece.block(i))) {
                    writer.clear(piece.firstBlock() + i, 1);
                } else {
                    writer.put(piece.firstBlock() + i, piece.block(i));
                }
            }
        }
        long size = feed.sizeBytes();
        if (size > 0) {
            writer.progress((int) ((piece.offsetBytes() + piece.lengthBytes()) * 100.0 / size));
        }
    }
}
