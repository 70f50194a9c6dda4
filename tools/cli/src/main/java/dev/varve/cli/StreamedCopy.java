package dev.varve.cli;

import dev.varve.formats.DiskImageException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/** A pipe that a disk goes out through; a failure of it names it. For one thread at a time. */
final class StreamedCopy implements WritableByteChannel {
    private final Path name;
    private final WritableByteChannel stream;

    StreamedCopy(Path name, OutputStream stream) {
        this.name = name;
        this.stream = Channels.newChannel(stream);
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        try {
            return stream.write(src);
        } catch (IOException e) {
            throw DiskImageException.of(name, e);
        }
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
