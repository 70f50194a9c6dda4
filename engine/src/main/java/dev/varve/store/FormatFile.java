package dev.varve.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The file {@code FORMAT}: what a store is, as text for people and programs.
 *
 * <pre>
 * varve store
 * format 1
 * id 0b7c...-....
 * chunk-size 65536
 * compression LZ4
 * crc32c 1a2b3c4d        of all lines before this one
 * </pre>
 *
 * Every format to come keeps the first two lines and the last, so that a newer store is told as newer, not as damaged.
 * A second copy lies in {@code packs/}.
 */
final class FormatFile {
    /** The oldest format that can be read. */
    static final int OLDEST = 1;

    /** The format that is written. */
    static final int NEWEST = 1;

    private static final int MAX_BYTES = 4096;
    private static final String FIRST = "varve store";

    private FormatFile() {}

    static byte[] encode(StoreProperties properties) {
        String body = FIRST + "\nformat " + properties.formatVersion()
                + "\nid " + properties.id()
                + "\nchunk-size " + properties.chunkSizeBytes()
                + "\ncompression " + properties.compression() + "\n";
        return (body + "crc32c " + checksum(body) + "\n").getBytes(UTF_8);
    }

    /** Reads the file, or its second copy where the first does not pass its check. */
    static StoreProperties read(Path file) throws IOException {
        try {
            return readOne(file);
        } catch (StoreCorruptException e) {
            try {
                return readOne(copy(file));
            } catch (IOException f) {
                e.addSuppressed(f);
                throw e;
            }
        }
    }

    /** Reads the file, or its second copy, also where the first is missing; null where neither can be read. */
    static @Nullable StoreProperties readEither(Path file) throws IOException {
        for (Path each : List.of(file, copy(file))) {
            try {
                return readOne(each);
            } catch (StoreCorruptException | NoSuchFileException e) {
                // the other one
            }
        }
        return null;
    }

    /** Reads one copy. */
    static StoreProperties readOne(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            throw new StoreCorruptException(file, Files.size(file) + " bytes, expected at most " + MAX_BYTES);
        }
        String text = new String(Files.readAllBytes(file), UTF_8);
        Map<String, String> fields = new HashMap<>();
        text.lines().forEach(line -> {
            int space = line.indexOf(' ');
            fields.put(line.substring(0, Math.max(space, 0)), line.substring(space + 1));
        });
        int crcLine = text.lastIndexOf("crc32c ");
        if (crcLine < 0
                || !text.startsWith(FIRST)
                || !text.substring(crcLine).equals("crc32c " + checksum(text.substring(0, crcLine)) + "\n")) {
            throw new StoreCorruptException(file, "its checksum does not match its text");
        }
        try {
            int version = Integer.parseInt(fields.getOrDefault("format", ""));
            if (version < OLDEST || version > NEWEST) {
                throw new StoreFormatException(file + " says format " + version + "; this version reads " + OLDEST
                        + " to " + NEWEST + "; use a newer varve");
            }
            return new StoreProperties(
                    UUID.fromString(fields.getOrDefault("id", "")),
                    version,
                    Integer.parseInt(fields.getOrDefault("chunk-size", "")),
                    Compression.valueOf(fields.getOrDefault("compression", "")));
        } catch (IllegalArgumentException e) {
            throw new StoreCorruptException(file, String.valueOf(e.getMessage()));
        }
    }

    /** Where the second copy lies. */
    static Path copy(Path file) {
        return file.resolveSibling("packs").resolve("FORMAT");
    }

    private static String checksum(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(UTF_8));
        return String.format("%08x", crc.getValue());
    }
}
