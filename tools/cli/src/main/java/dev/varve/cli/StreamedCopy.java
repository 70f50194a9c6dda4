package dev.varve.cli;

import dev.varve.formats.DiskImageException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A pipe that a disk goes out through; a failure of it names it. For one thread at a time. */
final class StreamedCopy implements WritableByteChannel {
    private final Path name;
    private static final int MAX_PIECE_BYTES = 1 << 20;

    private final OutputStream stream;

    /** Of a file, which takes buffers as they are. */
    private final @Nullable FileChannel file;

    StreamedCopy(Path name, OutputStream stream) {
        this.name = name;
        this.stream = stream;
        file = stream instanceof FileOutputStream opened ? opened.getChannel() : null;
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        try {
            return file != null ? file.write(src) : writePiece(src);
        } catch (IOException e) {
            throw DiskImageException.of(name, e);
        }
    }

    /** Not in the small pieces in which the JDK's own channel would: each may be a message. */
    private int writePiece(ByteBuffer src) throws IOException {
        byte[] piece = new byte[Math.min(src.remaining(), MAX_PIECE_BYTES)];
        src.get(piece);
        stream.write(piece);
        return piece.length;
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
