package dev.varve.formats;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A native descriptor that is opened when it is first needed, which for most disks is never. */
final class LazyNative implements AutoCloseable {
    private final Path path;
    private final NativeFile.Mode mode;

    @GuardedBy("this")
    private @Nullable NativeFile file;

    @GuardedBy("this")
    private boolean asked;

    LazyNative(Path path, NativeFile.Mode mode) {
        this.path = path;
        this.mode = mode;
    }

    /**
     * The descriptor.
     *
     * @return null where there is none to be had, or after closing
     * @throws DiskImageException when a device that was to be claimed is in use
     */
    synchronized @Nullable NativeFile get() throws IOException {
        if (!asked) {
            asked = true;
            file = NativeFile.open(path, mode);
        }
        return file;
    }

    @Override
    public synchronized void close() {
        asked = true;
        if (file != null) {
            file.close();
        }
    }
}
