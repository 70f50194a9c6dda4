package dev.varve.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.file.Access;
import dev.varve.file.FileIo;
import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The files of an open store and who opened them; the parts of a {@link PackStore} share it. */
final class StoreFiles implements AutoCloseable {
    private static final Set<String> OWN_NAMES =
            Set.of("FORMAT", "FORMAT.new", "OWNER", "HEAD", "index", "packs", "cache", "volumes");
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final int PROBES = 3;
    private static final int MAX_OWNER_BYTES = 4096;

    private final StoreLayout layout;
    private final FileIo io;
    private final RocksIndex index;
    private final Packs packs;
    private final Head head;

    private StoreFiles(StoreLayout layout, FileIo io, RocksIndex index, Packs packs, Head head) {
        this.layout = layout;
        this.io = io;
        this.index = index;
        this.packs = packs;
        this.head = head;
    }

    /** Makes an empty store and opens it; {@code FORMAT} comes last, so a store is whole or none. */
    static StoreFiles create(Path root, StoreProperties properties, StoreOptions options) throws IOException {
        StoreLayout layout = new StoreLayout(root);
        if (Files.exists(root)) {
            checkEmpty(layout);
        } else {
            Files.createDirectories(root, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        }
        Files.createDirectories(layout.packs());
        RocksIndex index = lock(layout, options, true);
        Head head = null;
        try {
            checkEmpty(layout);
            FileIo io = options.io();
            head = new Head(io.open(layout.head(), Access.CREATE));
            byte[] format = FormatFile.encode(properties);
            replace(io, FormatFile.copy(layout.format()), format);
            replace(io, layout.format(), format);
            Path parent = root.toAbsolutePath().getParent();
            if (parent != null) {
                io.syncDirectory(parent);
            }
        } catch (IOException | RuntimeException e) {
            index.close();
            if (head != null) {
                head.close();
            }
            throw e;
        }
        return open(layout, index, head, properties, options);
    }

    /** Lets no folder be made a store that is one, or holds anything but what a crash in here has left. */
    private static void checkEmpty(StoreLayout layout) throws IOException {
        if (Files.exists(layout.format())) {
            throw new StoreFormatException(layout.root() + " is a store already");
        }
        try (Stream<Path> found = Files.list(layout.root())) {
            for (Path path : (Iterable<Path>) found::iterator) {
                if (!OWN_NAMES.contains(path.getFileName().toString()) || isPack(path)) {
                    throw new StoreFormatException(layout.root()
                            + " is not empty and not a store; name an empty or a new folder (found " + path + ")");
                }
            }
        }
    }

    /** Gives a small file new content in one durable step. */
    private static void replace(FileIo io, Path file, byte[] content) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".new");
        try (PositionalFile out = io.open(next, Access.CREATE)) {
            out.truncate(0);
            out.write(ByteBuffer.wrap(content), 0);
            out.sync();
        }
        io.rename(next, file);
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            io.syncDirectory(folder);
        }
    }

    /** Writes the copies of {@code FORMAT} anew that can't be read. */
    void mendFormat(StoreProperties properties) throws IOException {
        mendFormat(layout, io, properties);
    }

    static void mendFormat(StoreLayout layout, FileIo io, StoreProperties properties) throws IOException {
        for (Path copy : List.of(layout.format(), FormatFile.copy(layout.format()))) {
            try {
                FormatFile.readOne(copy);
            } catch (IOException e) {
                replace(io, copy, FormatFile.encode(properties));
            }
        }
    }

    private static boolean isPack(Path path) throws IOException {
        if (!path.getFileName().toString().equals("packs") || !Files.isDirectory(path)) {
            return false;
        }
        try (Stream<Path> packs = Files.list(path)) {
            return packs.anyMatch(pack -> pack.toString().endsWith(".pack"));
        }
    }

    static StoreProperties properties(Path root) throws IOException {
        Path format = new StoreLayout(root).format();
        if (!Files.exists(format)) {
            if (isPack(new StoreLayout(root).packs())) {
                throw new StoreCorruptException(format, "it is missing");
            }
            throw new StoreNotFoundException(root);
        }
        return FormatFile.read(format);
    }

    /** Opens the index, which locks the store, and the rest. */
    static StoreFiles open(Path root, StoreProperties properties, StoreOptions options) throws IOException {
        StoreLayout layout = new StoreLayout(root);
        if (Files.exists(layout.rebuiltIndex())) {
            throw new StoreCorruptException(layout.index(), "it was rebuilt, and that was interrupted");
        }
        Head head = new Head(options.io().open(layout.head(), Access.CREATE));
        RocksIndex index;
        try {
            requireWhole(layout, head.read(), options.io());
            index = lock(layout, options, false);
        } catch (IOException | RuntimeException e) {
            head.close();
            throw e;
        }
        return open(layout, index, head, properties, options);
    }

    /**
     * Looks, before anything is changed, whether the index comes as far as it was durable. A process that has the store
     * open may delete a file under our eyes, so a failure has to repeat itself.
     */
    private static void requireWhole(StoreLayout layout, long known, FileIo io) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                if (!Files.isDirectory(layout.index())) {
                    throw new StoreCorruptException(layout.index(), "it is missing");
                }
                RocksLogs.check(io, layout.index());
                long found = RocksIndex.probe(layout.index());
                if (found < known) {
                    throw new StoreCorruptException(
                            layout.index(),
                            "it comes to change " + found + ", but change " + known
                                    + " was durable: its newest log or manifest is damaged");
                }
                return;
            } catch (IOException e) {
                if (attempt == PROBES) {
                    throw e;
                }
            }
        }
    }

    private static RocksIndex lock(StoreLayout layout, StoreOptions options, boolean create) throws IOException {
        try {
            return RocksIndex.open(layout.index(), options.indexCacheBytes(), create);
        } catch (StoreInUseException e) {
            throw new StoreInUseException(layout.root(), owner(layout), e);
        }
    }

    /** Takes index and head over. */
    private static StoreFiles open(
            StoreLayout layout, RocksIndex index, Head head, StoreProperties properties, StoreOptions options)
            throws IOException {
        try {
            own(layout);
            Packs packs = new Packs(layout, options.io(), properties.id());
            return new StoreFiles(layout, options.io(), index, packs, head);
        } catch (IOException | RuntimeException e) {
            index.close();
            head.close();
            throw e;
        }
    }

    /** Says for people that this process has the store, whose lock it holds. */
    static void own(StoreLayout layout) throws IOException {
        Files.writeString(layout.owner(), self());
    }

    static String owner(StoreLayout layout) throws IOException {
        if (!Files.exists(layout.owner()) || Files.size(layout.owner()) > MAX_OWNER_BYTES) {
            return "another process";
        }
        return new String(Files.readAllBytes(layout.owner()), UTF_8).strip();
    }

    private static String self() {
        ProcessHandle process = ProcessHandle.current();
        String command = System.getProperty("sun.java.command", "java");
        String text = "process " + process.pid() + " (" + command + ")";
        return text.substring(0, Math.min(text.length(), MAX_OWNER_BYTES / 4)) + "\n";
    }

    StoreLayout layout() {
        return layout;
    }

    FileIo io() {
        return io;
    }

    RocksIndex index() {
        return index;
    }

    Packs packs() {
        return packs;
    }

    Head head() {
        return head;
    }

    Collection<PackState> packStates() throws IOException {
        return index.packs();
    }

    long indexBytes() throws IOException {
        long total = 0;
        try (Stream<Path> files = Files.list(layout.index())) {
            for (Path file : (Iterable<Path>) files::iterator) {
                try {
                    total += Files.size(file);
                } catch (NoSuchFileException e) {
                    // RocksDB has replaced the file since it was listed.
                }
            }
        }
        return total;
    }

    @Override
    public void close() throws IOException {
        index.close();
        try {
            packs.close();
        } finally {
            head.close();
        }
    }
}
