package dev.varve.formats;

import dev.varve.block.BlockDevice;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * Writes a disk as a raw image: byte {@code n} of the disk is byte {@code n} of the file, and zeros take no space where
 * the target can do without.
 */
public final class RawWriter {
    private RawWriter() {}

    /**
     * Writes a disk to a file, a block device or a pipe. When the call returns, the copy survives power loss.
     *
     * <ul>
     *   <li>A file appears under its name when it is whole, replacing what was there; see {@link PartialFile}.
     *   <li>A block device is written in place: after a failure it holds a part. What it has beyond the disk's end stays.
     *   <li>A pipe gets every byte in order, zeros included.
     * </ul>
     *
     * @param source the disk
     * @param target its path
     * @param replace whether an existing file or a block device may be overwritten
     * @param copied is told of bytes copied since it was last told, holes included; one call at a time
     * @throws IOException when the copy is not whole: no file has the target's name that did not before
     */
    public static void write(BlockDevice source, Path target, boolean replace, LongConsumer copied) throws IOException {
        try {
            switch (kindOf(target, replace)) {
                case BLOCK_DEVICE -> writeDevice(source, target, copied);
                case STREAM -> writeStream(source, target, copied);
                default -> writeFile(source, target, copied);
            }
        } catch (FileSystemException e) {
            throw DiskImageException.of(target, e);
        }
    }

    /**
     * Writes a disk to a stream, every byte in order, and flushes it.
     *
     * @param source the disk
     * @param target not closed
     * @param copied is told of bytes copied since it was last told; one call at a time
     * @throws IOException when the stream did not take all of it
     */
    public static void write(BlockDevice source, OutputStream target, LongConsumer copied) throws IOException {
        new DiskCopy(source, copied).toStream(target);
        target.flush();
    }

    private static FileKind kindOf(Path target, boolean replace) throws IOException {
        FileKind kind = FileKind.of(target);
        switch (kind) {
            case DIRECTORY -> throw new DiskImageException(target, "this is a directory; give a file name");
            case REGULAR -> {
                if (!replace) {
                    throw new DiskImageException(target, "this file exists; --force replaces it");
                }
            }
            case BLOCK_DEVICE -> {
                if (!replace) {
                    throw new DiskImageException(target, "this is a block device; --force overwrites it");
                }
            }
            case ABSENT -> {
                Path parent = target.toAbsolutePath().getParent();
                if (parent == null || !Files.isDirectory(parent)) {
                    throw new DiskImageException(target, "there is no directory " + parent + "; create it first");
                }
            }
            case STREAM -> {}
        }
        return kind;
    }

    private static void writeFile(BlockDevice source, Path target, LongConsumer copied) throws IOException {
        try (PartialFile partial = PartialFile.create(target)) {
            try (RawDevice file = RawDevice.create(partial.path(), target, source.sizeBytes())) {
                new DiskCopy(source, copied).toFresh(file);
                file.flush();
            }
            partial.commit();
        }
    }

    private static void writeDevice(BlockDevice source, Path target, LongConsumer copied) throws IOException {
        try (RawDevice device = RawDevice.open(target, RawDevice.Access.WRITE)) {
            if (device.sizeBytes() < source.sizeBytes()) {
                throw new DiskImageException(
                        target,
                        "the device has " + device.sizeBytes() + " bytes, the disk needs " + source.sizeBytes()
                                + "; choose a larger device");
            }
            new DiskCopy(source, copied).toUsed(device);
            device.flush();
        }
    }

    private static void writeStream(BlockDevice source, Path target, LongConsumer copied) throws IOException {
        try (OutputStream out = new FileOutputStream(target.toFile())) {
            write(source, out, copied);
        }
    }
}
