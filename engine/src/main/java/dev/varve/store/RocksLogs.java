package dev.varve.store;

import dev.varve.file.Access;
import dev.varve.file.FileIo;
import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Looks at the logs and manifests of RocksDB before it does: in version 11.8.1 it reads for ever where a record, other than
 * the first of its file, says that it is of a kind which only files that are used again have. One flipped bit is enough for that. Ours are
 * never used again.
 *
 * <p>A file is blocks of 32 KiB of records: checksum 4, length 2, kind 1, little-endian, then as many bytes; a block's last
 * 6 bytes or fewer are unused.
 */
final class RocksLogs {
    private static final int BLOCK_BYTES = 32 << 10;
    private static final int HEADER_BYTES = 7;
    private static final int KIND = 6;
    private static final int CRC_ROTATED = 15;
    private static final int CRC_ADDED = 0xa282ead8;

    /** Full, first, middle and last; timestamp sizes; predecessor. */
    private static final Set<Integer> USED_AGAIN = Set.of(5, 6, 7, 8, 11, 131);

    private RocksLogs() {}

    /**
     * Refuses a folder whose files RocksDB would not come to the end of.
     *
     * @return whether every log is whole: one that is not may also have been torn by a crash
     * @throws StoreCorruptException that names the file and the place
     */
    static boolean check(FileIo io, Path directory) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(directory)) {
            files = all.filter(RocksLogs::isLog).sorted().toList();
        }
        boolean areWhole = true;
        for (Path file : files) {
            try (PositionalFile log = io.open(file, Access.READ)) {
                areWhole &= check(file, log);
            }
        }
        return areWhole;
    }

    private static boolean isLog(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.endsWith(".log") || name.startsWith("MANIFEST-");
    }

    private static boolean check(Path file, PositionalFile log) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        boolean isWhole = true;
        for (long start = 0; log.read(block.clear(), start) > 0; start += BLOCK_BYTES) {
            int end = block.position();
            int at = 0;
            while (at + HEADER_BYTES <= end) {
                int kind = Byte.toUnsignedInt(block.get(at + KIND));
                if (USED_AGAIN.contains(kind)) {
                    throw new StoreCorruptException(file, "at offset " + (start + at) + ": a record of kind " + kind);
                }
                int length = Short.toUnsignedInt(block.getShort(at + Integer.BYTES));
                if (kind == 0 && length == 0) {
                    at = end; // nothing more is in this block
                } else if (isWhole(block, at, length, end)) {
                    at += HEADER_BYTES + length;
                } else {
                    isWhole = false;
                    break; // as RocksDB does, which tells of it or not
                }
            }
            isWhole &= at == end || end == BLOCK_BYTES;
        }
        return isWhole;
    }

    /** Whether a record's checksum, of its kind and bytes, is right; it is kept rotated, and with a number added. */
    private static boolean isWhole(ByteBuffer block, int at, int length, int end) {
        if (at + HEADER_BYTES + length > end) {
            return false;
        }
        CRC32C crc = new CRC32C();
        crc.update(block.slice(at + KIND, 1 + length));
        return Integer.rotateRight((int) crc.getValue(), CRC_ROTATED) + CRC_ADDED == block.getInt(at);
    }
}
