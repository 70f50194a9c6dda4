package dev.varve.formats;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A file that can't be read or written as a disk image: the message names it, says what is wrong and what to do. */
public final class DiskImageException extends IOException {
    private static final long serialVersionUID = 1;

    private static final String CUT = "it was cut short while it was read; try again when nobody writes to it";

    /**
     * A problem with one file.
     *
     * @param file which
     * @param problem what is wrong; what to do
     */
    public DiskImageException(Path file, String problem) {
        this(file, problem, null);
    }

    /**
     * A problem with one file that another exception tells of.
     *
     * @param file which
     * @param problem what is wrong; what to do
     * @param cause why, if there is more to know
     */
    public DiskImageException(Path file, String problem, @Nullable Throwable cause) {
        super(file + ": " + problem, cause);
    }

    /**
     * Says what the operating system said, with the name of the file that the caller knows it by.
     *
     * @param file which
     * @param cause what went wrong with it
     * @return {@code cause} itself when it is one of these already
     */
    public static DiskImageException of(Path file, IOException cause) {
        return cause instanceof DiskImageException known ? known : new DiskImageException(file, inWords(cause), cause);
    }

    /** A file that ended before it did when it was opened. */
    static DiskImageException cut(Path file) {
        return new DiskImageException(file, CUT);
    }

    private static String inWords(IOException e) {
        if (e instanceof EOFException) {
            return CUT;
        }
        if (e instanceof NoSuchFileException) {
            return "no such file or directory; check the path";
        }
        if (e instanceof FileAlreadyExistsException) {
            return "something else has this name; give another";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied; run as a user who may open it";
        }
        if (e.getCause() instanceof IOException cause) {
            return inWords(cause); // a wrapper repeats it with a name of the file that people do not know
        }
        String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
        if (reason == null) {
            return e.getClass().getSimpleName();
        }
        return reason.startsWith("No space left") ? "no space left on device; free some and run it again" : reason;
    }
}
