package dev.varve.cache;

import dev.varve.file.Access;
import dev.varve.file.FileIo;
import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
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
 * <p><b>Layout.</b> The file is the slots and nothing else. What is in which slot is known in memory only, so a file that
 * was left by an earlier process gives its space and not its content. A directory of (domain, id) a slot, which lets
 * content survive, is to be a file beside this one: nothing here changes for it.
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
    private final int chunkShift;

    FileSlots(PositionalFile file, int chunkSize) {
        this.file = file;
        this.chunkShift = Integer.numberOfTrailingZeros(chunkSize);
    }

    /** Opens or creates the file at its full length and maps it; what was opened is closed again when that fails. */
    static FileSlots open(FileIo io, Path path, int slotCount, int chunkSize, Mapping mapping) throws IOException {
        long length = (long) slotCount * chunkSize;
        if (Files.isRegularFile(path) && Files.size(path) != length) {
            io.delete(path);
        }
        boolean interrupted = Thread.interrupted(); // who maps uses channels of its own, which an interrupt would close
        PositionalFile file = io.open(path, Access.CREATE);
        try {
            if (file.size() < length) {
                file.write(ByteBuffer.allocate(1), length - 1);
            }
            return map(file, length, chunkSize, mapping);
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
    public final void fill(int slot, ByteBuffer chunk) throws IOException {
        file.write(chunk.duplicate().position(0), startBytes(slot));
    }

    @Override
    public final void close() throws IOException {
        file.close();
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

    private static FileSlots map(PositionalFile file, long length, int chunkSize, Mapping mapping) throws IOException {
        if (mapping == Mapping.JDK || (mapping == Mapping.AUTOMATIC && !ChronicleSlots.hasItsFlags())) {
            return new JdkSlots(file, length, chunkSize);
        }
        try {
            return new ChronicleSlots(file, length, chunkSize);
        } catch (IOException | RuntimeException | LinkageError | AssertionError e) {
            if (mapping == Mapping.CHRONICLE) {
                throw new IOException("Chronicle Bytes cannot map " + file.path(), e);
            }
            LOG.info("Chronicle Bytes cannot map {}, the JDK maps it: {}", file.path(), e.toString());
            return new JdkSlots(file, length, chunkSize);
        }
    }

    private static void closeAfter(Throwable failure, PositionalFile file) {
        try {
            file.close();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }
}
