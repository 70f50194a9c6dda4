package dev.varve.formats;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file descriptor of our own for the calls Java has no method for: {@code SEEK_DATA}, {@code SEEK_HOLE} and {@code
 * fallocate}. Reading and writing stay with Java; both descriptors share one file and one page cache.
 *
 * <p>Loading JNA takes 75 ms, so nobody opens one for a small file, and {@link #prepare} loads it while something else
 * is going on. Linux only; without it, or where JNA can't load, {@link #open} answers null and callers do without.
 */
final class NativeFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NativeFile.class);

    private static final int O_RDONLY = 0;
    private static final int O_RDWR = 2;
    private static final int O_EXCL = 0200;
    private static final int O_CLOEXEC = 02000000;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;
    private static final int FALLOC_FL_KEEP_SIZE = 1;
    private static final int FALLOC_FL_PUNCH_HOLE = 2;
    private static final int FALLOC_FL_ZERO_RANGE = 16;
    private static final int ENXIO = 6;
    private static final int EBUSY = 16;

    /** How a file is opened. */
    enum Mode {
        /** To look for holes. */
        READ(O_RDONLY),
        /** To zero ranges. */
        WRITE(O_RDWR),
        /** To zero ranges of a block device that nobody else may have mounted or claimed, for as long as it is open. */
        WRITE_CLAIMED(O_RDWR | O_EXCL);

        private final int flags;

        Mode(int flags) {
            this.flags = flags | O_CLOEXEC;
        }
    }

    private final Path path;
    private final int descriptor;
    private boolean closed;

    private NativeFile(Path path, int descriptor) {
        this.path = path;
        this.descriptor = descriptor;
    }

    /** Starts loading the native library on a thread of its own; a later {@link #open} waits for it. */
    static void prepare() {
        Thread loader = new Thread(NativeFile::isAvailable, "varve-native");
        loader.setDaemon(true);
        loader.start();
    }

    /**
     * Opens a file beside Java's own descriptor.
     *
     * @return null where these calls are not to be had
     * @throws DiskImageException when a claimed device is in use
     */
    static @Nullable NativeFile open(Path path, Mode mode) throws IOException {
        if (!isAvailable()) {
            return null;
        }
        try {
            return new NativeFile(path, Libc.open(path.toString(), mode.flags));
        } catch (LastErrorException e) {
            if (mode == Mode.WRITE_CLAIMED && e.getErrorCode() == EBUSY) {
                throw new DiskImageException(path, "the device is mounted or in use; unmount it first", e);
            }
            LOG.debug("{}: no second descriptor", path, e);
            return null;
        }
    }

    private static boolean isAvailable() {
        try {
            return Libc.REGISTERED;
        } catch (LinkageError e) {
            LOG.debug("no native file calls", e);
            return false;
        }
    }

    /**
     * The first byte at or after {@code from} that may hold data.
     *
     * @return {@code from} itself where the file system can't tell, {@code -1} when only a hole follows
     */
    synchronized long nextData(long from) {
        checkOpen();
        try {
            return Libc.lseek(descriptor, from, SEEK_DATA);
        } catch (LastErrorException e) {
            if (e.getErrorCode() == ENXIO) {
                return -1;
            }
            LOG.debug("{}: no SEEK_DATA", path, e);
            return from;
        }
    }

    /**
     * The first byte at or after {@code from}, which is data, that lies in a hole.
     *
     * @param end what to answer where the file system can't tell
     */
    synchronized long nextHole(long from, long end) {
        checkOpen();
        try {
            return Libc.lseek(descriptor, from, SEEK_HOLE);
        } catch (LastErrorException e) {
            LOG.debug("{}: no SEEK_HOLE", path, e);
            return end;
        }
    }

    /**
     * Frees a range, which then reads as zeros.
     *
     * @return false when the file system or device can't
     */
    boolean punchHole(long offsetBytes, long lengthBytes) {
        return allocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offsetBytes, lengthBytes);
    }

    /**
     * Turns a range into zeros without moving them.
     *
     * @return false when the file system or device can't
     */
    boolean zeroRange(long offsetBytes, long lengthBytes) {
        return allocate(FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offsetBytes, lengthBytes);
    }

    private synchronized boolean allocate(int mode, long offsetBytes, long lengthBytes) {
        checkOpen();
        try {
            return Libc.fallocate(descriptor, mode, offsetBytes, lengthBytes) == 0;
        } catch (LastErrorException e) {
            LOG.debug("{}: fallocate mode {} at {} for {} bytes", path, mode, offsetBytes, lengthBytes, e);
            return false;
        }
    }

    /** A closed descriptor's number may be another file's by now: no call may reach it. */
    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException(path + " is closed");
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Libc.close(descriptor);
        }
    }

    /** Direct mapping: one JNI call, no proxy; {@code off_t} is a {@code long} on every 64-bit Linux. */
    private static final class Libc {
        static final boolean REGISTERED = register();

        private static boolean register() {
            if (!Platform.isLinux() || !Platform.is64Bit()) {
                return false;
            }
            Native.register(Libc.class, NativeLibrary.getProcess()); // libc is loaded already: nothing to search for
            return true;
        }

        static native int open(String path, int flags) throws LastErrorException;

        static native long lseek(int descriptor, long offset, int whence) throws LastErrorException;

        static native int fallocate(int descriptor, int mode, long offset, long length) throws LastErrorException;

        static native int close(int descriptor);
    }
}
