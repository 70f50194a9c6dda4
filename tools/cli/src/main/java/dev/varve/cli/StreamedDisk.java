package dev.varve.cli;

import dev.varve.formats.DiskImageException;
import dev.varve.formats.RawDevice;
import dev.varve.formats.Signature;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;

/**
 * A disk that comes through a pipe: its first sector is looked at before anything is stored, and at its end it must have
 * been a whole number of sectors. For one thread at a time.
 */
final class StreamedDisk implements ReadableByteChannel {
    private final Path name;
    private final ReadableByteChannel stream;
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
        this.stream = Channels.newChannel(stream);
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
            length = stream.read(dst);
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

    @Override
    public boolean isOpen() {
        return stream.isOpen();
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
