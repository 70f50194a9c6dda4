package dev.varve.volume;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.file.Access;
import dev.varve.file.FileIo;
import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Segments as files of one folder, {@code 0000002a.log}. A new one has its length, durably, before anybody has it. For a
 * log that is flushed often it is written with zeros as well, so that a sync has no block to allocate; for one that is
 * not, that would be to write everything twice.
 *
 * <p>Which segments are in use stands in the records of their volumes. What no record names when the store is opened is
 * deleted: nobody knows whether it is durable, its name or its length. Of those that
 * this process has made and got back, up to {@value #KEPT_BYTES} bytes are kept for the next who needs one, until the disk
 * is full. What a sparse one has not written yet is promised to it.
 */
final class FileSegments implements SegmentSpace {
    private static final Logger LOG = LoggerFactory.getLogger(FileSegments.class);
    private static final Pattern NAME = Pattern.compile("([0-9a-f]{8})\\.log");
    private static final long KEPT_BYTES = 1L << 30;
    private static final int ZEROS_BYTES = 1 << 20;

    /** Two who flush at the same time need not wait for each other. */
    private static final int SYNC_LANES = 2;

    private final FileIo io;
    private final Path folder;
    private final SpaceReserve reserve;

    /** Numbers of those that are kept, by their lengths; the one that was given back last is taken first. */
    private final Map<Integer, ArrayDeque<Long>> free = new HashMap<>();

    /**
     * Segments that this process has made, by how far they were written when they were closed last: of others nobody knows
     * whether their lengths are durable, nor whether a write or a sync of theirs has failed.
     */
    private final Map<Long, Long> own = new ConcurrentHashMap<>();

    @GuardedBy("this")
    private long freeBytes;

    @GuardedBy("this")
    private long last;

    @GuardedBy("this")
    private boolean claimed;

    /** Whether the folder's name is known to survive a loss of power. */
    @GuardedBy("this")
    private boolean durableFolder;

    FileSegments(FileIo io, Path folder, SpaceReserve reserve) {
        this.io = io;
        this.folder = folder;
        this.reserve = reserve;
        reserve.onFull(this::dropKept);
    }

    @Override
    public synchronized void claim(Set<Long> numbers, boolean areAll) throws IOException {
        numbers.forEach(number -> last = Math.max(last, number));
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    claim(file, numbers, areAll);
                }
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
        }
        claimed = true;
    }

    @GuardedBy("this")
    private void claim(Path file, Set<Long> numbers, boolean areAll) throws IOException {
        Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
        if (name.matches()) {
            long number = Long.parseLong(name.group(1), 16);
            last = Math.max(last, number);
            if (areAll && !numbers.contains(number)) {
                io.delete(file);
            }
        }
    }

    @Override
    public synchronized boolean isClaimed() {
        return claimed;
    }

    @Override
    public SegmentFile take(int sizeBytes, Use use) throws IOException {
        Long kept = takeKept(sizeBytes);
        SpaceReserve.Room room = null;
        boolean done = false;
        try {
            room = room(sizeBytes, kept == null ? 0 : writtenBytes(kept, 0), use);
            SegmentFile segment = kept == null
                    ? make(nextNumber(), sizeBytes, use != Use.RARELY_SYNCED, room)
                    : open(kept, sizeBytes, room);
            done = true;
            return segment;
        } finally {
            if (!done && room != null) {
                room.end();
            }
            if (!done && kept != null) {
                delete(kept);
            }
        }
    }

    private synchronized @Nullable Long takeKept(int sizeBytes) throws IOException {
        ArrayDeque<Long> all = free.computeIfAbsent(sizeBytes, unused -> new ArrayDeque<>());
        for (Long kept = all.poll(); kept != null; kept = all.poll()) {
            freeBytes -= sizeBytes;
            if (own.containsKey(kept)) {
                return kept;
            }
            delete(kept); // a sync that others did not wait for has failed since
        }
        return null;
    }

    /** How far a segment was written when it was closed: what comes behind may take no room on the disk yet. */
    private long writtenBytes(long number, int ifUnknown) {
        return own.getOrDefault(number, (long) ifUnknown);
    }

    private synchronized long nextNumber() {
        return ++last;
    }

    /** Asks for room, unless none is needed, or to open a log. */
    private SpaceReserve.Room room(int sizeBytes, long writtenBytes, Use use) throws IOException {
        return use == Use.OPENING || writtenBytes == sizeBytes
                ? reserve.roomAnyway(sizeBytes, writtenBytes)
                : reserve.room(sizeBytes, writtenBytes);
    }

    private SegmentFile make(long number, int sizeBytes, boolean zeroed, SpaceReserve.Room room) throws IOException {
        requireFolder();
        PositionalFile file = io.open(path(number), Access.CREATE_NEW, SYNC_LANES);
        boolean done = false;
        try {
            if (zeroed) {
                ByteBuffer zeros = ByteBuffer.allocateDirect(Math.min(ZEROS_BYTES, sizeBytes));
                for (long at = 0; at < sizeBytes; at += zeros.capacity()) {
                    file.write(zeros.clear(), at);
                }
            } else {
                file.write(ByteBuffer.allocate(1), sizeBytes - 1L);
            }
            file.sync();
            io.syncDirectory(folder);
            room.written(0, zeroed ? sizeBytes : 0);
            done = true;
            own.put(number, zeroed ? (long) sizeBytes : 0L);
            return new LogFile(number, sizeBytes, file, room, own);
        } finally {
            if (!done) {
                file.close();
                io.delete(path(number));
            }
        }
    }

    /** Makes the folder if it is not there, and its name durable once, for who made it may have died before that. */
    private synchronized void requireFolder() throws IOException {
        if (!durableFolder) {
            if (!Files.isDirectory(folder)) {
                io.createDirectory(folder);
            }
            Path parent = folder.getParent();
            if (parent != null) {
                io.syncDirectory(parent);
            }
            durableFolder = true;
        }
    }

    /** Nothing is appended to it any more, and so nothing is promised. */
    @Override
    public SegmentFile open(long number, int sizeBytes) throws IOException {
        long written = writtenBytes(number, sizeBytes);
        return open(number, sizeBytes, reserve.roomAnyway(written, written));
    }

    private SegmentFile open(long number, int sizeBytes, SpaceReserve.Room room) throws IOException {
        PositionalFile file = io.open(path(number), Access.WRITE, SYNC_LANES);
        boolean done = false;
        try {
            long found = file.size();
            if (found != sizeBytes) {
                throw new IOException(path(number) + " has " + found + " bytes, expected " + sizeBytes);
            }
            done = true;
            return new LogFile(number, sizeBytes, file, room, own);
        } finally {
            if (!done) {
                file.close();
            }
        }
    }

    @Override
    public void give(SegmentFile segment) {
        try {
            segment.close();
            if (!(segment instanceof LogFile file && keep(file))) {
                delete(segment.number());
            }
        } catch (IOException e) {
            LOG.warn("{} is not used again before the store is next opened", segment.describe(), e);
        }
    }

    private synchronized boolean keep(LogFile file) {
        if (!own.containsKey(file.number) || freeBytes + file.sizeBytes > KEPT_BYTES) {
            return false;
        }
        freeBytes += file.sizeBytes;
        free.computeIfAbsent(file.sizeBytes, unused -> new ArrayDeque<>()).push(file.number);
        return true;
    }

    @Override
    public void delete(long number) throws IOException {
        own.remove(number);
        io.delete(path(number));
    }

    private Path path(long number) {
        return path(folder, number);
    }

    static Path path(Path folder, long number) {
        return folder.resolve(String.format("%08x.log", number));
    }

    @Override
    public MendedFile mend(long number, int sizeBytes) throws IOException {
        return new MendedFile(io, folder, number, sizeBytes);
    }

    /** Deletes those that are kept for the next; each of the others is closed by who has it. */
    @Override
    public void close() {
        dropKept();
    }

    private synchronized void dropKept() {
        for (ArrayDeque<Long> segments : free.values()) {
            for (long kept : segments) {
                try {
                    delete(kept);
                } catch (IOException e) {
                    LOG.warn("{} stays until the store is next opened", path(kept), e);
                }
            }
        }
        free.clear();
        freeBytes = 0;
    }

    /**
     * A segment.
     *
     * @param room promised for what is not written yet
     * @param own as above: one of which a write or a sync fails is none of them any more
     */
    private record LogFile(long number, int sizeBytes, PositionalFile file, SpaceReserve.Room room, Map<Long, Long> own)
            implements SegmentFile {
        @Override
        public void read(ByteBuffer dst, long offsetBytes) throws IOException {
            file.readFully(dst, offsetBytes);
        }

        @Override
        public void write(ByteBuffer src, long offsetBytes) throws IOException {
            int length = src.remaining();
            try {
                file.write(src, offsetBytes);
            } catch (IOException e) {
                throw failed(e);
            }
            room.written(offsetBytes, offsetBytes + length);
            if (offsetBytes + length == sizeBytes) {
                room.end(); // all before is written, or is a directory's segment, to which nothing is appended
            }
        }

        @Override
        public void sync() throws IOException {
            try {
                file.sync();
            } catch (IOException e) {
                throw failed(e);
            }
        }

        private IOException failed(IOException e) {
            own.remove(number);
            return e;
        }

        @Override
        public String describe() {
            return file.path().toString();
        }

        @Override
        public void close() throws IOException {
            long written = room.end();
            own.computeIfPresent(number, (same, before) -> written);
            file.close();
        }
    }
}
