package dev.varve.cli;

import dev.varve.block.BlockDevice;
import dev.varve.control.Caller;
import dev.varve.formats.DiskImageException;
import dev.varve.formats.RawDevice;
import dev.varve.formats.Signature;
import dev.varve.snapshot.BlockSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The disk that an import reads: a file, a block device, or a pipe. */
final class DiskInput implements AutoCloseable {
    static final Path STANDARD_INPUT = Path.of("standard input");

    private final BlockSource source;
    private final @Nullable Signature signature;
    private final AutoCloseable toClose;
    private final Path name;
    private final long sizeBytes;

    private DiskInput(
            Path name, long sizeBytes, BlockSource source, @Nullable Signature signature, AutoCloseable toClose) {
        this.name = name;
        this.sizeBytes = sizeBytes;
        this.source = source;
        this.signature = signature;
        this.toClose = toClose;
    }

    /** Opens a path of the caller's, or standard input for {@code -}. */
    static DiskInput open(Path path, Caller caller) throws IOException {
        if (path.toString().equals("-")) {
            StreamedDisk stream = new StreamedDisk(STANDARD_INPUT, caller.in());
            return ofStream(STANDARD_INPUT, stream, () -> {});
        }
        return caller.isStream(path) ? openStream(path, caller.openInput(path)) : openDisk(path, caller.openDisk(path));
    }

    private static DiskInput openDisk(Path path, BlockDevice device) throws IOException {
        try {
            return new DiskInput(path, device.sizeBytes(), BlockSource.of(device), Signature.of(device), device);
        } catch (IOException | RuntimeException e) {
            device.close();
            throw e;
        }
    }

    private static DiskInput openStream(Path path, InputStream in) throws IOException {
        try {
            return ofStream(path, new StreamedDisk(path, in), in);
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }

    private static DiskInput ofStream(Path name, StreamedDisk stream, AutoCloseable toClose) {
        Signature signature = Signature.of(stream.head(), new byte[0]);
        return new DiskInput(name, -1, BlockSource.of(stream), signature, toClose);
    }

    /** What messages call it. */
    Path name() {
        return name;
    }

    /** Refuses a size that no disk has; a stream's is looked at when it ends. */
    void requireWholeSectors() throws DiskImageException {
        if (sizeBytes >= 0) {
            RawDevice.requireWholeSectors(name, sizeBytes);
        }
    }

    BlockSource source() {
        return source;
    }

    /** What it is instead of a raw disk, or null. */
    @Nullable
    Signature signature() {
        return signature;
    }

    @Override
    public void close() throws IOException {
        try {
            toClose.close();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
