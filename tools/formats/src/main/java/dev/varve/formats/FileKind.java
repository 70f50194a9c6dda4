package dev.varve.formats;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** What a path stands for, as far as reading or writing a disk is concerned. Symbolic links are followed. */
public enum FileKind {
    /** Nothing has this name. */
    ABSENT,
    /** A regular file. */
    REGULAR,
    /** A block device: a disk, a partition, a loop device. */
    BLOCK_DEVICE,
    /** A directory. */
    DIRECTORY,
    /** A pipe, a terminal, a socket: bytes in order, without a size. */
    STREAM;

    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_BLOCK_DEVICE = 0060000;

    /**
     * Looks at a path.
     *
     * @param path which
     * @return what it stands for
     * @throws IOException when it can't be looked at, for example because a directory above it may not be entered
     */
    public static FileKind of(Path path) throws IOException {
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(path, BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            return ABSENT;
        }
        if (attributes.isRegularFile()) {
            return REGULAR;
        }
        if (attributes.isDirectory()) {
            return DIRECTORY;
        }
        return isBlockDevice(path) ? BLOCK_DEVICE : STREAM;
    }

    /** {@code unix:mode} is the raw {@code st_mode}; systems without it have no block devices to offer either. */
    private static boolean isBlockDevice(Path path) throws IOException {
        try {
            int mode = (Integer) Files.getAttribute(path, "unix:mode");
            return (mode & TYPE_MASK) == TYPE_BLOCK_DEVICE;
        } catch (UnsupportedOperationException | IllegalArgumentException e) {
            return false;
        }
    }
}
