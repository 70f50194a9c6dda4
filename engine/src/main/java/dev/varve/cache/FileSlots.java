package dev.varve.cache;

import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkKey;
import dev.varve.file.Access;
import dev.varve.file.FileIo;
import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.function.ObjIntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Slots in a file: filled by positional writes, read through a mapping of the whole file that nothing is stored through.
 *
 * <p>A write allocates the space of a slot before anybody reads it, so that touching the mapping never needs room on the
 * disk: a full disk is an {@link IOException} of the write. Linux, macOS and Windows keep a local file's mapping and its
 * writes coherent. The file has its full length from the start, sparse, and is never cut: one of another length is
 * deleted, and made anew.
 *
 * <p><b>Layout.</b> The file is the slots and nothing else. What is in which slot is in memory, and for the next process in
 * a {@link SlotDirectory} beside it. A slot that was left by an earlier process is read by position and hashed before
 * anybody reads it through the mapping: what was lost with the power does not pass, and needs no room there.
 */
abstract sealed class FileSlots implements Slots permits ChronicleSlots, JdkSlots {
    /** Which mapping is used. */
    enum Mapping {
        /** Chronicle's where the JVM was given its flags, the JDK's otherwise. */
        AUTOMATIC,
        CHRONICLE,
        JDK
    }

    private static final Logger LOG = LoggerFactory.getLogger(FileSlots.class);

    private final PositionalFile file;
    private final SlotDirectory directory;
    private final int chunkShift;

    /** Takes over what is to be closed. */
    FileSlots(PositionalFile file, SlotDirectory directory, int chunkSize) {
        this.file = file;
        this.directory = directory;
        this.chunkShift = Integer.numberOfTrailingZeros(chunkSize);
    }

    /** Opens or creates the slots and their directory, and maps the slots; closes what it opened when that fails. */
    static FileSlots open(FileIo io, Path folder, UUID store, int slotCount, int chunkSize, Mapping mapping)
            throws IOException {
        SlotDirectory directory = SlotDirectory.open(io, folder.resolve("directory"), store, slotCount, chunkSize);
        try {
            return open(io, folder.resolve("chunks"), directory, (long) slotCount * chunkSize, chunkSize, mapping);
        } catch (Throwable e) {
            closeAfter(e, directory);
            throw e;
        }
    }

    private static FileSlots open(
            FileIo io, Path path, SlotDirectory directory, long length, int chunkSize, Mapping mapping)
            throws IOException {
        if (Files.isRegularFile(path) && Files.size(path) != length) {
            io.delete(path);
        }
        boolean interrupted = Thread.interrupted(); // who maps uses channels of its own, which an interrupt would close
        PositionalFile file = io.open(path, Access.CREATE);
        try {
            if (file.size() < length) {
                file.write(ByteBuffer.allocate(1), length - 1);
            }
            return map(file, directory, length, chunkSize, mapping);
        } catch (Throwable e) {
            closeAfter(e, file);
            throw e;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public final void copy(int slot, int offsetBytes, ByteBuffer dst, int dstIndex, int lengthBytes)
            throws IOException {
        CopyMarks.put(dst, dstIndex, offsetBytes, lengthBytes);
        copyMapped(slot, offsetBytes, dst, dstIndex, lengthBytes);
        if (CopyMarks.anyLeft(dst, dstIndex, offsetBytes, lengthBytes)) {
            CopyMarks.throwPending();
            ByteBuffer again = dst.duplicate().limit(dstIndex + lengthBytes).position(dstIndex);
            file.readFully(again, startBytes(slot) + offsetBytes);
        }
    }

    @Override
    public final void fill(int slot, ChunkKey key, ByteBuffer chunk) throws IOException {
        file.write(chunk.duplicate().position(0), startBytes(slot));
        directory.note(slot, key);
    }

    /** Only the plain domain's ids can be recomputed from content alone. */
    @Override
    public final void survivors(ObjIntConsumer<ChunkKey> reader) {
        directory.read((key, slot) -> {
            if (key.domain() == ChunkKey.PLAIN) {
                reader.accept(key, slot);
            }
        });
    }

    @Override
    public final boolean recover(int slot, ChunkKey key, ByteBuffer dst) {
        try {
            file.readFully(dst, startBytes(slot));
        } catch (IOException e) {
            LOG.debug("a chunk did not survive", e);
            return false;
        }
        return new ChunkHasher().hash(dst.duplicate().flip()).equals(key.id());
    }

    @Override
    public final void close() throws IOException {
        try (file) {
            directory.close();
        }
    }

    /** Where a slot starts in the file. */
    final long startBytes(int slot) {
        return (long) slot << chunkShift;
    }

    final Path path() {
        return file.path();
    }

    /** As {@link Slots#copy}; may return with a part not copied, and the fault still to come. */
    abstract void copyMapped(int slot, int offsetBytes, ByteBuffer dst, int dstIndex, int lengthBytes);

    private static FileSlots map(
            PositionalFile file, SlotDirectory directory, long length, int chunkSize, Mapping mapping)
            throws IOException {
        if (mapping == Mapping.JDK || (mapping == Mapping.AUTOMATIC && !ChronicleSlots.hasItsFlags())) {
            return new JdkSlots(file, directory, length, chunkSize);
        }
        try {
            return new ChronicleSlots(file, directory, length, chunkSize);
        } catch (IOException | RuntimeException | LinkageError | AssertionError e) {
            if (mapping == Mapping.CHRONICLE) {
                throw new IOException("Chronicle Bytes cannot map " + file.path(), e);
            }
            LOG.info("Chronicle Bytes cannot map {}, the JDK maps it: {}", file.path(), e.toString());
            return new JdkSlots(file, directory, length, chunkSize);
        }
    }

    private static void closeAfter(Throwable failure, AutoCloseable opened) {
        try {
            opened.close();
        } catch (Exception e) {
            failure.addSuppressed(e);
        }
    }
}
