package dev.varve.store;

import com.github.luben.zstd.util.Native;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;

/**
 * Finds RocksDB's and zstd's native code: first on {@code java.library.path}, where the launcher has it, else extracted
 * from the jars into a folder, once a version. Left alone, RocksDB would unpack 17 MB into the temporary folder at every
 * start, and leave it there after a crash. (LZ4's library is small, and removes its own copy.)
 */
final class NativeLibraries {
    private NativeLibraries() {}

    /** Loads RocksDB, and zstd where it has to be extracted; the first call of the process decides the folder. */
    static synchronized void load(@Nullable Path folder) throws IOException {
        if (onLibraryPath()) {
            RocksDB.loadLibrary();
            return;
        }
        String resource = Environment.getJniLibraryFileName("rocksdb");
        String version = String.valueOf(RocksDB.class.getPackage().getImplementationVersion());
        Path place = (folder == null ? defaultFolder() : folder).resolve("rocksdb-" + version);
        extract(RocksDB.class, "/" + resource, place.resolve(resource));
        RocksDB.loadLibrary(List.of(place.toString()));
        loadZstd(place.getParent());
    }

    private static boolean onLibraryPath() {
        String name = System.mapLibraryName("rocksdbjni");
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

    private static void loadZstd(Path place) throws IOException {
        if (Native.isLoaded()) {
            return;
        }
        String arch = System.getProperty("os.arch", "").equals("aarch64") ? "aarch64" : "amd64";
        String os = System.getProperty("os.name", "").startsWith("Mac") ? "darwin" : "linux";
        if (os.equals("darwin") && arch.equals("amd64")) {
            arch = "x86_64";
        }
        String version = com.github.luben.zstd.util.ZstdVersion.VERSION;
        String name = "libzstd-jni-" + version + (os.equals("darwin") ? ".dylib" : ".so");
        Path library = place.resolve(name);
        extract(Native.class, "/" + os + "/" + arch + "/" + name, library);
        Native.load(library.toFile());
    }

    private static void extract(Class<?> owner, String resource, Path target) throws IOException {
        if (Files.exists(target)) {
            return;
        }
        Path folder = target.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        Path part = Files.createTempFile(folder, "part", ".tmp");
        try (InputStream in = owner.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException("no native library " + resource + " for this system");
            }
            Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
