package dev.varve.control;

import dev.varve.ContentSource;
import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The process that gave a command, for the one that carries it out: its streams, its files, its programs. Paths are names in
 * the caller's eyes and are opened with the caller's rights.
 *
 * <p>All methods may be called from many threads; a stream is for one at a time. A failure says in its message what to tell
 * the user. Once a caller in another process has gone, each call fails with an {@link IOException}.
 */
public interface Caller {
    /**
     * Standard input.
     *
     * @return not to be closed
     */
    InputStream in();

    /**
     * Standard output.
     *
     * @return unbuffered; not to be closed
     */
    OutputStream out();

    /**
     * The error stream.
     *
     * @return unbuffered; not to be closed
     */
    OutputStream err();

    /**
     * Whether somebody watches the error stream.
     *
     * @return true for a terminal
     */
    boolean isWatched();

    /**
     * Whether it still is there to be told.
     *
     * @return false once a caller in another process has gone
     */
    boolean isThere();

    /**
     * Whether a path stands for bytes in order: a pipe, a terminal.
     *
     * @param path which; need not be there
     * @return false for files, block devices, directories and what is not there
     * @throws IOException when it can't be looked at
     */
    boolean isStream(Path path) throws IOException;

    /**
     * Opens a pipe to be read.
     *
     * @param path which
     * @return to be closed
     * @throws IOException when it can't be opened
     */
    InputStream openInput(Path path) throws IOException;

    /**
     * Opens a pipe to be written.
     *
     * @param path which
     * @return to be closed
     * @throws IOException when it can't be opened
     */
    OutputStream openOutput(Path path) throws IOException;

    /**
     * Opens a raw disk, a file or a block device, to be read.
     *
     * @param path which
     * @return to be closed
     * @throws IOException when it can't be opened
     */
    BlockDevice openDisk(Path path) throws IOException;

    /**
     * Opens another store, for what is in it.
     *
     * @param path which
     * @return to be closed; null when the path is no folder
     * @throws IOException when it can't be opened, or somebody has it open
     */
    @Nullable
    ContentSource openStore(Path path) throws IOException;

    /**
     * Makes ready to write a raw disk.
     *
     * @param path a file or a block device
     * @param sizeBytes the disk's size
     * @param replace whether what is there may be overwritten
     * @return to be committed and closed
     * @throws IOException when it can't be written, or may not: nothing has changed
     */
    DiskTarget createDisk(Path path, long sizeBytes, boolean replace) throws IOException;

    /**
     * Whether a program can be run.
     *
     * @param name a path, or what is looked for where programs are
     * @return false when it is not there
     * @throws IOException when a caller in another process has gone
     */
    boolean hasProgram(String name) throws IOException;

    /** Asks programs that {@link #run} has started to end, and returns at once. */
    void endPrograms();

    /**
     * Runs a program with the caller's own streams, and waits for its end.
     *
     * @param command the program and its words
     * @return its exit code
     * @throws IOException when it could not be started
     */
    int run(List<String> command) throws IOException;
}
