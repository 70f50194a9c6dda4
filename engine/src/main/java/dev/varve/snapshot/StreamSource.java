package dev.varve.snapshot;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.concurrent.atomic.AtomicBoolean;

/** A disk that comes in order: reading is under the lock, all that follows is not. */
final class StreamSource extends BlockSource {
    private final ReadableByteChannel stream;
    private final AtomicBoolean used = new AtomicBoolean();

    StreamSource(ReadableByteChannel stream) {
        this.stream = stream;
    }

    @Override
    long knownSizeBytes() {
        return -1;
    }

    @Override
    CopyPieces.Feed feed(int blockSizeBytes) {
        if (!used.compareAndSet(false, true)) {
            throw new IllegalStateException("a stream is read once");
        }
        return new StreamFeed(stream);
    }

    /** Pieces of a stream: full ones, then what is left. */
    private static final class StreamFeed implements CopyPieces.Feed {
        private final ReadableByteChannel stream;

        @GuardedBy("this")
        private long cursor;

        @GuardedBy("this")
        private long ticket;

        @GuardedBy("this")
        private boolean ended;

        StreamFeed(ReadableByteChannel stream) {
            this.stream = stream;
        }

        @Override
        public synchronized long sizeBytes() {
            return ended ? cursor : -1;
        }

        @Override
        public boolean next(Piece piece) throws IOException {
            synchronized (this) {
                if (ended) {
                    return false;
                }
                int length = fill(piece.setData(ticket, cursor, piece.capacityBytes()));
                if (length < piece.capacityBytes()) {
                    ended = true;
                    requireSize(cursor + length);
                }
                if (length == 0) {
                    return false;
                }
                piece.setData(ticket++, cursor, length);
                cursor += length;
                if (cursor > MAX_SIZE_BYTES) {
                    requireSize(cursor);
                }
            }
            piece.pad();
            return true;
        }

        private int fill(ByteBuffer buffer) throws IOException {
            while (buffer.hasRemaining()) {
                if (stream.read(buffer) < 0) {
                    break;
                }
            }
            return buffer.position();
        }
    }
}
