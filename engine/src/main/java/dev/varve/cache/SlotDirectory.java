package dev.varve.cache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.file.Access;
import dev.varve.file.FileIo;
import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.ObjIntConsumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the next process which chunk each slot of a file holds.
 *
 * <p>It is a hint: a slot's content is hashed before it counts. So an entry may be late, lost or wrong, which costs a
 * look that finds nothing, and never a wrong byte. Nothing is synced, no entry is taken back before its slot is filled
 * anew, and entries are written {@value #BATCH} at a time, those of adjacent slots with one write: a process that is
 * killed loses the last few.
 *
 * <pre>
 *  0  8  magic "VARVSLOT"
 *  8  4  version: 1
 * 12 16  store id
 * 28  4  chunk size
 * 32  4  number of slots
 * 36  4  CRC32C of bytes 0 to 35
 * 40     entries, one a slot, up to the last slot that was ever noted
 *
 *  0  4  key domain
 *  4 32  chunk id
 * 36  4  CRC32C of bytes 0 to 35
 * </pre>
 *
 * An entry that does not pass its check, as one of zeros does not, says nothing. A file with another header is made anew.
 * Methods may be called from many threads.
 */
final class SlotDirectory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SlotDirectory.class);
    private static final long MAGIC = 0x56415256534c4f54L;
    private static final int VERSION = 1;
    private static final int CHECKED_BYTES = 36;
    private static final int ENTRY_BYTES = 40; // of the header too

    /** How many entries are written at once. */
    private static final int BATCH = 64;

    /** How many are read at once. */
    private static final int READ_BATCH = 4096;

    private final PositionalFile file;
    private final int slotCount;

    @GuardedBy("this")
    private SortedMap<Integer, ChunkKey> noted = new TreeMap<>();

    private SlotDirectory(PositionalFile file, int slotCount) {
        this.file = file;
        this.slotCount = slotCount;
    }

    static SlotDirectory open(FileIo io, Path path, UUID store, int slotCount, int chunkSize) throws IOException {
        PositionalFile file = io.open(path, Access.CREATE);
        try {
            ByteBuffer header = header(store, slotCount, chunkSize);
            if (!startsWith(file, header)) {
                file.truncate(0);
                file.write(header, 0);
            }
            return new SlotDirectory(file, slotCount);
        } catch (Throwable e) {
            try {
                file.close();
            } catch (IOException e2) {
                e.addSuppressed(e2);
            }
            throw e;
        }
    }

    /** Tells what slots held when they were last noted, in ascending order. */
    void read(ObjIntConsumer<ChunkKey> reader) {
        ByteBuffer in = ByteBuffer.allocate(READ_BATCH * ENTRY_BYTES);
        int slot = 0;
        try {
            do {
                file.read(in.clear(), offset(slot));
                in.flip();
                while (in.remaining() >= ENTRY_BYTES && slot < slotCount) {
                    ChunkKey key = next(in);
                    if (key != null) {
                        reader.accept(key, slot);
                    }
                    slot++;
                }
            } while (in.limit() == in.capacity() && slot < slotCount);
        } catch (IOException e) {
            LOG.warn("not all of what the chunk cache held is known: {}", e.getMessage());
        }
    }

    /** Notes what a slot holds. */
    void note(int slot, ChunkKey key) {
        SortedMap<Integer, ChunkKey> full;
        synchronized (this) {
            noted.put(slot, key);
            if (noted.size() < BATCH) {
                return;
            }
            full = noted;
            noted = new TreeMap<>();
        }
        write(full);
    }

    /** Writes what was noted, and closes the file. */
    @Override
    public void close() throws IOException {
        synchronized (this) {
            write(noted);
            noted.clear();
        }
        file.close();
    }

    private void write(SortedMap<Integer, ChunkKey> entries) {
        ByteBuffer run = ByteBuffer.allocate(BATCH * ENTRY_BYTES);
        int end = 0;
        try {
            for (Map.Entry<Integer, ChunkKey> each : entries.entrySet()) {
                if (each.getKey() != end) {
                    writeRun(run, end);
                }
                put(run, each.getValue());
                end = each.getKey() + 1;
            }
            writeRun(run, end);
        } catch (IOException e) {
            LOG.debug("{} chunks are not known to the next process", entries.size(), e);
        }
    }

    /** Writes the entries of adjacent slots, the last of which is the one before {@code end}. */
    private void writeRun(ByteBuffer run, int end) throws IOException {
        file.write(run.flip(), offset(end) - run.limit());
        run.clear();
    }

    private static long offset(int slot) {
        return ENTRY_BYTES + (long) slot * ENTRY_BYTES;
    }

    private static ByteBuffer header(UUID store, int slotCount, int chunkSize) {
        ByteBuffer header = ByteBuffer.allocate(ENTRY_BYTES);
        header.putLong(MAGIC).putInt(VERSION);
        header.putLong(store.getMostSignificantBits()).putLong(store.getLeastSignificantBits());
        header.putInt(chunkSize).putInt(slotCount);
        return header.putInt(checksum(header, 0)).flip();
    }

    private static void put(ByteBuffer out, ChunkKey key) {
        int start = out.position();
        out.putInt(key.domain());
        key.id().write(out);
        out.putInt(checksum(out, start));
    }

    /** Takes the next entry; null when it does not pass its check. */
    private static @Nullable ChunkKey next(ByteBuffer in) {
        int expected = checksum(in, in.position());
        ChunkKey key = new ChunkKey(in.getInt(), ChunkId.read(in));
        return in.getInt() == expected ? key : null;
    }

    private static int checksum(ByteBuffer buffer, int start) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.slice(start, CHECKED_BYTES));
        return (int) crc.getValue();
    }

    private static boolean startsWith(PositionalFile file, ByteBuffer header) {
        ByteBuffer found = ByteBuffer.allocate(header.limit());
        try {
            file.read(found, 0);
        } catch (IOException e) {
            LOG.warn("what the chunk cache held is not known: {}", e.getMessage());
        }
        return found.flip().equals(header);
    }
}
