package dev.varve.bench;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Makes files cold: drops what the kernel keeps of them in memory. Linux. */
public final class PageCache {
    private static final int O_RDONLY = 0;
    private static final int POSIX_FADV_DONTNEED = 4;

    static {
        Native.register(PageCache.class, "c");
    }

    private PageCache() {}

    private static native int open(String path, int flags) throws LastErrorException;

    private static native int close(int descriptor) throws LastErrorException;

    private static native int posix_fadvise(int descriptor, long offset, long length, int advice);

    /**
     * Drops all pages of a file, which is synced first: a dirty page stays.
     *
     * @param file which
     * @throws IOException when they were not dropped
     */
    public static void drop(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        int descriptor = open(file.toString(), O_RDONLY);
        try {
            int error = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
            if (error != 0) {
                throw new IOException("posix_fadvise of " + file + ": error " + error);
            }
        } finally {
            close(descriptor);
        }
    }
}
