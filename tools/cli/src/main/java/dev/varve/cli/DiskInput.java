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

    private DiskInput(BlockSource source, @Nullable Signature signature, AutoCloseable toClose) {
        this.source = source;
        this.signature = signature;
        this.toClose = toClose;
    }

    /** Opens a path, or standard input for {@code -}. */
    static DiskInput open(Path path, Console console) throws IOException {
        if (path.toString().equals("-")) {
            StreamedDisk stream = new StreamedDisk(STANDARD_INPUT, console.in());
            return new DiskInput(BlockSource.of(stream), Signature.of(stream.head(), new byte[0]), () -> {});
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
            return new DiskInput(BlockSource.of(device), Signature.of(device), device);
        } catch (IOException | RuntimeException e) {
            device.close();
            throw e;
        }
    }

    private static DiskInput openStream(Path path) throws IOException {
        FileInputStream in = new FileInputStream(path.toFile());
        try {
            StreamedDisk stream = new StreamedDisk(path, in);
            return new DiskInput(BlockSource.of(stream), Signature.of(stream.head(), new byte[0]), in);
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
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
