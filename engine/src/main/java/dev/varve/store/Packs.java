package dev.varve.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.file.Access;
import dev.varve.file.FileIo;
import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The pack files of a store. Frames are appended to one pack at a time: room is taken under a lock, bytes are written
 * outside it, by position, from any thread. Room whose write failed stays as a hole that nothing points to.
 *
 * <p>One file descriptor a pack stays open once it was read or written.
 */
final class Packs {
    /** A pack that has reached this length is not appended to any more. */
    static final long FULL_BYTES = 256L << 20;

    private final StoreLayout layout;
    private final FileIo io;
    private final UUID store;
    private final ConcurrentHashMap<Integer, PositionalFile> files = new ConcurrentHashMap<>();
    private final Set<Integer> unsynced = ConcurrentHashMap.newKeySet();
    /** Packs whose sync has failed: the kernel may have dropped what was written, so nothing is added to them. */
    private final Set<Integer> failed = ConcurrentHashMap.newKeySet();

    private final Object tailLock = new Object();

    private int tailPack;
    private long tailEnd = FULL_BYTES;
    private boolean directoryUnsynced;

    /** Held while a file is opened and while closing, so that nothing is opened after it. */
    private final Object openLock = new Object();

    @GuardedBy("openLock")
    private boolean closed;

    Packs(StoreLayout layout, FileIo io, UUID store) {
        this.layout = layout;
        this.io = io;
        this.store = store;
    }

    /** Says where the next frame goes: after recovery, before the first append. */
    void startAt(int pack, long endBytes) {
        synchronized (tailLock) {
            tailPack = pack;
            tailEnd = failed.contains(pack) ? FULL_BYTES : endBytes;
        }
    }

    /** Pack and offset before which nothing will be appended any more, packed into a lease's record by the caller. */
    Location tail() {
        synchronized (tailLock) {
            return tailEnd >= FULL_BYTES ? new Location(tailPack + 1, 0, 0, 0) : new Location(tailPack, tailEnd, 0, 0);
        }
    }

    /** Has the next frame go to a new pack, if it would go to this one. */
    void leave(int pack) {
        synchronized (tailLock) {
            if (tailPack == pack) {
                tailEnd = FULL_BYTES;
            }
        }
    }

    /**
     * Writes a frame; it is durable after the next {@link #sync}.
     *
     * @throws IOException when it could not be written; nothing else is affected
     */
    Location append(ByteBuffer frame, long lease) throws IOException {
        int length = frame.remaining();
        int pack;
        long offset;
        synchronized (tailLock) {
            if (tailEnd + length > FULL_BYTES) {
                create(tailPack + 1);
                tailPack++;
                tailEnd = PackHeader.BYTES;
            }
            pack = tailPack;
            offset = tailEnd;
            tailEnd += length;
        }
        file(pack).write(frame, offset);
        unsynced.add(pack);
        return new Location(pack, offset, length, lease);
    }

    private void create(int number) throws IOException {
        Path path = layout.pack(number);
        synchronized (openLock) {
            checkOpen();
            if (Files.exists(path)) {
                io.delete(path);
            }
            PositionalFile file = io.open(path, Access.CREATE_NEW);
            try {
                file.write(PackHeader.encode(number, store), 0);
            } catch (IOException e) {
                file.close();
                io.delete(path);
                throw e;
            }
            files.put(number, file);
        }
        failed.remove(number);
        unsynced.add(number);
        directoryUnsynced = true;
    }

    /** Makes every frame whose append has returned durable; what was not made so stays to be. For one thread at a time. */
    void sync() throws IOException {
        for (int pack : List.copyOf(unsynced)) {
            unsynced.remove(pack);
            boolean synced = false;
            try {
                file(pack).sync();
                synced = true;
            } catch (IOException e) {
                failed.add(pack);
                throw e;
            } finally {
                if (!synced) {
                    unsynced.add(pack);
                }
            }
        }
        boolean syncDirectory;
        synchronized (tailLock) {
            syncDirectory = directoryUnsynced;
            directoryUnsynced = false;
        }
        try {
            if (syncDirectory) {
                io.syncDirectory(layout.packs());
                syncDirectory = false;
            }
        } finally {
            if (syncDirectory) {
                synchronized (tailLock) {
                    directoryUnsynced = true;
                }
            }
        }
    }

    /** Refuses packs whose sync has failed: what was written to them is not known to be there. */
    void checkSound(Collection<Integer> packs) throws IOException {
        for (int pack : packs) {
            if (failed.contains(pack)) {
                throw new IOException("a sync of " + layout.pack(pack) + " has failed before");
            }
        }
    }

    /** Gives up the pack that is being appended to, after a failure that leaves its end unknown, and those that failed. */
    void abandonTail() {
        synchronized (tailLock) {
            tailEnd = FULL_BYTES;
        }
        unsynced.removeAll(failed);
    }

    /**
     * Fills a buffer from a pack.
     *
     * @throws IOException when the pack is missing or ends before
     */
    void read(Location location, ByteBuffer dst) throws IOException {
        file(location.pack()).readFully(dst, location.offsetBytes());
    }

    PositionalFile file(int pack) throws IOException {
        PositionalFile open = files.get(pack);
        if (open != null) {
            return open;
        }
        synchronized (openLock) {
            checkOpen();
            PositionalFile raced = files.get(pack);
            if (raced != null) {
                return raced;
            }
            PositionalFile opened = io.open(layout.pack(pack), Access.WRITE);
            files.put(pack, opened);
            return opened;
        }
    }

    @GuardedBy("openLock")
    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the store is closed");
        }
    }

    /** What is wrong with a pack's header, or an empty text. */
    String headerProblem(int pack) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(PackHeader.BYTES);
        file(pack).read(header, 0);
        return PackHeader.problem(header.flip(), pack, store);
    }

    /** Cuts a pack, or deletes it where nothing but its header would be left. */
    void cut(int pack, long endBytes) throws IOException {
        if (endBytes > PackHeader.BYTES) {
            file(pack).truncate(endBytes);
            return;
        }
        synchronized (openLock) { // who reads it opens it no more
            checkOpen(); // its name may be another's in the next life of the store
            PositionalFile open = files.remove(pack);
            unsynced.remove(pack);
            if (open != null) {
                open.close();
            }
            if (Files.exists(layout.pack(pack))) {
                io.delete(layout.pack(pack));
            }
        }
    }

    /** Length of each pack file, by number. */
    TreeMap<Integer, Long> lengths() throws IOException {
        TreeMap<Integer, Long> found = new TreeMap<>();
        try (Stream<Path> paths = Files.list(layout.packs())) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Integer number = number(path);
                if (number != null) {
                    try {
                        found.put(number, Files.size(path));
                    } catch (NoSuchFileException e) {
                        // a collection has deleted it since it was listed
                    }
                }
            }
        }
        return found;
    }

    private static @Nullable Integer number(Path path) {
        String name = path.getFileName().toString();
        return name.matches("[0-9a-f]{8}\\.pack") ? Integer.parseUnsignedInt(name.substring(0, 8), 16) : null;
    }

    Path path(int pack) {
        return layout.pack(pack);
    }

    void close() throws IOException {
        synchronized (openLock) {
            closed = true;
        }
        IOException first = null;
        for (PositionalFile file : files.values()) {
            try {
                file.close();
            } catch (IOException e) {
                first = first == null ? e : first;
            }
        }
        files.clear();
        if (first != null) {
            throw first;
        }
    }
}
