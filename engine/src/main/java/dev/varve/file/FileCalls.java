package dev.varve.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.Set;

/**
 * The calls of the operating system that {@link FileIo} makes: the seam at which crash tests let a change fail, tear a
 * write, stop everything or lose what was not synced. Production code uses {@link #system()} only.
 *
 * <p>Implementations are called from many threads. The channels they return close when a thread is interrupted in them,
 * as {@link FileChannel} says; whoever uses them copes.
 */
public interface FileCalls {
    /**
     * The calls as the operating system has them.
     *
     * @return the one instance
     */
    static FileCalls system() {
        return SystemFileCalls.INSTANCE;
    }

    /**
     * Opens a channel.
     *
     * @param file a regular file
     * @param options as {@link FileChannel#open(Path, Set, java.nio.file.attribute.FileAttribute...)} takes them
     * @return the channel, the caller's to close
     * @throws IOException when it can't be opened
     */
    FileChannel open(Path file, Set<? extends OpenOption> options) throws IOException;

    /**
     * Gives a file or a directory another name in one step; a file takes the place of one that has that name.
     *
     * @param from its name
     * @param to its new name, in the same file system
     * @throws IOException when it keeps its old name
     */
    void rename(Path from, Path to) throws IOException;

    /**
     * Deletes a file or an empty directory.
     *
     * @param path its name
     * @throws IOException when it is still there, or was not there
     */
    void delete(Path path) throws IOException;

    /**
     * Creates a directory whose parent exists.
     *
     * @param directory its name
     * @throws IOException when it was not created
     */
    void createDirectory(Path directory) throws IOException;

    /**
     * Makes the names in a directory durable.
     *
     * @param directory its name
     * @throws IOException when they are not known to be durable
     */
    void syncDirectory(Path directory) throws IOException;
}
