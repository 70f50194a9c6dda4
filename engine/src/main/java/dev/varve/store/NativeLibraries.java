package dev.varve.store;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;

/**
 * Finds RocksDB's native code: first on {@code java.library.path}, where the launcher has it, else extracted from its jar
 * into a folder, once a version. Left alone, RocksDB would unpack 17 MB into the temporary folder at every start, and
 * leave it there after a crash. (The libraries of LZ4 and zstd are found on the same path first; they are small, and
 * remove their own copies.)
 */
final class NativeLibraries {
    private static final String LIBRARY = "rocksdbjni";

    private NativeLibraries() {}

    /** Loads RocksDB; the first call of the process decides from where. */
    static synchronized void load(@Nullable Path folder) throws IOException {
        if (onLibraryPath()) {
            RocksDB.loadLibrary();
            return;
        }
        Path root = (folder == null ? defaultFolder() : folder).toAbsolutePath();
        Path library = extract(
                RocksDB.class,
                "/" + Environment.getJniLibraryFileName("rocksdb"),
                root,
                Environment.getJniLibraryFileName(LIBRARY));
        RocksDB.loadLibrary(List.of(String.valueOf(library.getParent())));
    }

    private static boolean onLibraryPath() {
        String name = System.mapLibraryName(LIBRARY);
        for (String folder : System.getProperty("java.library.path", "").split(java.io.File.pathSeparator)) {
            if (!folder.isEmpty() && Files.exists(Path.of(folder, name))) {
                return true;
            }
        }
        return false;
    }

    private static Path defaultFolder() {
        String cache = System.getenv("XDG_CACHE_HOME");
        return cache == null || cache.isBlank()
                ? Path.of(System.getProperty("user.home"), ".cache", "varve", "native")
                : Path.of(cache, "varve", "native");
    }

    /** Copies a library out of its jar, into a folder named after its length, unless it is there already. */
    private static Path extract(Class<?> owner, String resource, Path root, String name) throws IOException {
        URL source = owner.getResource(resource);
        if (source == null) {
            throw new IOException("no native library " + resource + " for this system");
        }
        long length = source.openConnection().getContentLengthLong();
        Path folder = root.resolve(name + "-" + length);
        Path target = folder.resolve(name);
        if (Files.exists(target) && Files.size(target) == length) {
            return target;
        }
        Files.createDirectories(folder);
        Path part = Files.createTempFile(folder, "part", ".tmp");
        try (InputStream in = source.openStream()) {
            Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
        return target;
    }
}
