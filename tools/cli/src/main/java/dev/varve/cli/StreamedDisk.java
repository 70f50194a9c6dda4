package dev.varve.cli;

import dev.varve.formats.DiskImageException;
import dev.varve.formats.RawDevice;
import dev.varve.formats.Signature;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A disk that comes through a pipe: its first sector is looked at before anything is stored, and at its end it must have
 * been a whole number of sectors. For one thread at a time.
 */
final class StreamedDisk implements ReadableByteChannel {
    private static final int MAX_PIECE_BYTES = 1 << 20;

    private final Path name;
    private final InputStream stream;

    /** Of a file, which fills buffers as they are. */
    private final @Nullable FileChannel file;

    private final ByteBuffer head = ByteBuffer.allocate(Signature.SECTOR_BYTES);
    private long readBytes;

    /**
     * Reads the first sector.
     *
     * @param name what messages call the stream
     * @throws DiskImageException when nothing comes
     */
    StreamedDisk(Path name, InputStream stream) throws IOException {
        this.name = name;
        this.stream = stream;
        file = stream instanceof FileInputStream opened ? opened.getChannel() : null;
        boolean more = true;
        while (head.hasRemaining() && more) {
            more = readFurther(head) >= 0;
        }
        head.flip();
    }

    /** A copy of the first sector. */
    byte[] head() {
        byte[] copy = new byte[head.limit()];
        head.get(0, copy);
        return copy;
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        if (!head.hasRemaining()) {
            return readFurther(dst);
        }
        int length = Math.min(head.remaining(), dst.remaining());
        dst.put(head.slice(head.position(), length));
        head.position(head.position() + length);
        return length;
    }

    private int readFurther(ByteBuffer dst) throws IOException {
        int length;
        try {
            length = file != null ? file.read(dst) : readPiece(dst);
        } catch (IOException e) {
            throw DiskImageException.of(name, e);
        }
        if (length < 0) {
            RawDevice.requireWholeSectors(name, readBytes);
        } else {
            readBytes += length;
        }
        return length;
    }

    /** Not in the small pieces in which the JDK's own channel would: each may be a message. */
    private int readPiece(ByteBuffer dst) throws IOException {
        byte[] piece = new byte[Math.min(dst.remaining(), MAX_PIECE_BYTES)];
        int length = stream.read(piece);
        if (length > 0) {
            dst.put(piece, 0, length);
        }
        return length;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
