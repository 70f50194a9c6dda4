package dev.varve.cli;

import dev.varve.formats.DiskImageException;
import dev.varve.formats.FileKind;
import dev.varve.formats.RawDevice;
import dev.varve.formats.Signature;
import dev.varve.snapshot.BlockSource;
import java.io.FileInputStream;
import java.io.IOException;
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

    /** Opens a path, or standard input for {@code -}. */
    static DiskInput open(Path path, Console console) throws IOException {
        if (path.toString().equals("-")) {
            StreamedDisk stream = new StreamedDisk(STANDARD_INPUT, console.in());
            return ofStream(STANDARD_INPUT, stream, () -> {});
        }
        return kindOf(path) == FileKind.STREAM ? openStream(path) : openDevice(path);
    }

    private static FileKind kindOf(Path path) throws IOException {
        try {
            return FileKind.of(path);
        } catch (IOException e) {
            throw DiskImageException.of(path, e);
        }
    }

    private static DiskInput openDevice(Path path) throws IOException {
        RawDevice device = RawDevice.open(path, RawDevice.Access.READ);
        try {
            return new DiskInput(path, device.sizeBytes(), BlockSource.of(device), Signature.of(device), device);
        } catch (IOException | RuntimeException e) {
            device.close();
            throw e;
        }
    }

    private static DiskInput openStream(Path path) throws IOException {
        FileInputStream in = new FileInputStream(path.toFile());
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
