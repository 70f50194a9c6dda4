package dev.varve.formats;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.Set;

/** Positional reads and writes that outlive an interrupted caller, whose channel the JDK closes for everybody. */
final class RawFile implements AutoCloseable {
    private final Path path;
    private final Set<? extends OpenOption> options;
    private volatile FileChannel channel;
    private boolean closed;

    RawFile(Path path, Set<? extends OpenOption> options) throws IOException {
        this.path = path;
        this.options = options;
        channel = FileChannel.open(path, options);
    }

    /** One call on a channel. */
    private interface Call {
        void on(FileChannel channel) throws IOException;
    }

    /** The length of a file, or of a block device, for which the JDK asks the device. */
    long sizeBytes() throws IOException {
        long[] size = new long[1];
        uninterrupted(open -> size[0] = open.size());
        return size[0];
    }

    void read(ByteBuffer dst, long offsetBytes) throws IOException {
        int start = dst.position();
        uninterrupted(open -> {
            while (dst.hasRemaining()) {
                if (open.read(dst, offsetBytes + dst.position() - start) < 0) {
                    throw new EOFException("the file was cut while it was read; import it again");
                }
            }
        });
    }

    void write(ByteBuffer src, long offsetBytes) throws IOException {
        int start = src.position();
        uninterrupted(open -> {
            while (src.hasRemaining()) {
                open.write(src, offsetBytes + src.position() - start);
            }
        });
    }

    void sync() throws IOException {
        uninterrupted(open -> open.force(true));
    }

    private void uninterrupted(Call call) throws IOException {
        boolean interrupted = false;
        try {
            while (true) {
                FileChannel open = channel;
                try {
                    call.on(open);
                    return;
                } catch (ClosedChannelException e) {
                    interrupted |= Thread.interrupted();
                    reopen(open);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized void reopen(FileChannel lost) throws IOException {
        if (closed) {
            throw new IllegalStateException(path + " is closed");
        }
        if (channel == lost) {
            channel = FileChannel.open(path, options);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        channel.close();
    }
}
