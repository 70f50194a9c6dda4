package dev.varve.formats;

import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a disk is written to as a raw image. The caller writes it to {@link #device}, then either commits or closes.
 *
 * <ul>
 *   <li>A file appears under its name when it is whole, replacing what was there; see {@link PartialFile}. It starts as
 *       one hole, so zeros need not be written.
 *   <li>A block device is written in place: after a failure it holds a part. What it has beyond the disk's end stays.
 * </ul>
 *
 * The device may be written from many threads; the rest is for one.
 */
public final class RawTarget implements AutoCloseable {
    private final Path target;
    private final @Nullable PartialFile partial;
    private final RawDevice device;

    private RawTarget(Path target, @Nullable PartialFile partial, RawDevice device) {
        this.target = target;
        this.partial = partial;
        this.device = device;
    }

    /**
     * Makes ready to write a disk.
     *
     * @param target a file, absent or to be replaced, or a block device
     * @param sizeBytes the disk's size
     * @param replace whether an existing file or a block device may be overwritten
     * @return to be committed and closed
     * @throws DiskImageException when it can't be written, or may not: nothing has changed
     */
    public static RawTarget open(Path target, long sizeBytes, boolean replace) throws DiskImageException {
        try {
            return switch (FileKind.of(target)) {
                case DIRECTORY -> throw new DiskImageException(target, "this is a directory; give a file name");
                case STREAM -> throw new DiskImageException(target, "this is neither a file nor a block device");
                case BLOCK_DEVICE -> openDevice(target, sizeBytes, replace);
                case REGULAR -> {
                    if (!replace) {
                        throw new DiskImageException(target, "this file exists; --force replaces it");
                    }
                    yield createFile(target, sizeBytes);
                }
                case ABSENT -> {
                    requireFolder(target);
                    yield createFile(target, sizeBytes);
                }
            };
        } catch (IOException e) {
            throw DiskImageException.of(target, e);
        }
    }

    private static void requireFolder(Path target) throws DiskImageException {
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new DiskImageException(target, "there is no directory " + folder + "; create it first");
        }
    }

    private static RawTarget createFile(Path target, long sizeBytes) throws IOException {
        PartialFile partial = PartialFile.create(target);
        try {
            return new RawTarget(target, partial, RawDevice.create(partial.path(), target, sizeBytes));
        } catch (IOException | RuntimeException e) {
            partial.close();
            throw e;
        }
    }

    private static RawTarget openDevice(Path target, long sizeBytes, boolean replace) throws IOException {
        if (!replace) {
            throw new DiskImageException(target, "this is a block device; --force overwrites it");
        }
        RawDevice device = RawDevice.open(target, RawDevice.Access.WRITE);
        if (device.sizeBytes() < sizeBytes) {
            device.close();
            throw new DiskImageException(
                    target,
                    "the device has " + device.sizeBytes() + " bytes, the disk needs " + sizeBytes
                            + "; give a larger device");
        }
        return new RawTarget(target, null, device);
    }

    /**
     * Where the disk is written.
     *
     * @return at least as long as the disk; closed with this
     */
    public BlockDevice device() {
        return device;
    }

    /**
     * Whether it reads as zeros where it was not written.
     *
     * @return true for a file
     */
    public boolean isBlank() {
        return partial != null;
    }

    /**
     * Says that the disk is whole. Survives power loss once the call has returned; a file has its name then.
     *
     * @throws DiskImageException when it is not known to be durable: a file does not have its name unless only that
     *     name is not durable
     */
    public void commit() throws DiskImageException {
        try {
            device.flush();
            device.close();
            if (partial != null) {
                partial.commit();
            }
        } catch (IOException e) {
            throw DiskImageException.of(target, e);
        }
    }

    /** Ends the work; a file that was not committed is removed. Idempotent. */
    @Override
    public void close() throws IOException {
        PartialFile toRemove = partial;
        try (toRemove) {
            device.close();
        } catch (FileSystemException e) {
            throw DiskImageException.of(target, e);
        }
    }
}
