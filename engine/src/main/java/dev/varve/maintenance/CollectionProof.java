package dev.varve.maintenance;

import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestException;
import dev.varve.store.GarbageCollection.Count;
import dev.varve.store.GarbageCollection.Sweep;
import dev.varve.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a collection leaves of itself, so that others can find out whether it was right: from which roots it started, what it
 * marked, and what it did with the rest. It is durable before anything is condemned or dropped, without its last lines then.
 *
 * <p>A record {@code gc/TIME}, TIME in milliseconds since 1970 as 16 hexadecimal digits, of lines of text:
 *
 * <pre>
 * varve-collection 1
 * began INSTANT
 * root MANIFEST OWNER                 one of its owners; "-" for one that only a reader had
 * marks CHUNKS SUM NODES SUM          sums in hexadecimal
 * kept CHUNKS BYTES NODES BYTES       and condemned, waiting, dropped, broughtBack likewise, when it had swept
 * </pre>
 *
 * @param began by the catalog's clock
 * @param roots owners by manifest
 * @param marks what the roots name
 * @param sweep what it did; null when it has not ended, or did not live to say so
 */
record CollectionProof(
        Instant began,
        Map<Manifest, String> roots,
        Marks marks,
        @Nullable Sweep sweep) {
    /** How many are kept. */
    static final int MAX_KEPT = 8;

    private static final String PREFIX = "gc/";
    private static final String FIRST_LINE = "varve-collection 1";
    private static final int HEX = 16;

    CollectionProof {
        roots = Map.copyOf(roots);
    }

    private String key() {
        return PREFIX + String.format("%016x", Math.max(0, began.toEpochMilli()));
    }

    /** Writes it, and drops those that are too many; durable when the call returns. */
    void save(Store store) throws IOException {
        TreeMap<String, byte[]> all = all(store);
        all.put(key(), encode());
        Set<String> old = new HashSet<>();
        for (String key : all.keySet()) {
            if (all.size() - old.size() > MAX_KEPT) {
                old.add(key);
            }
        }
        store.commit(Map.of(key(), encode()), old);
    }

    /** That of the last collection; null when there was none. */
    static @Nullable CollectionProof last(Store store) throws IOException {
        Map.Entry<String, byte[]> last = all(store).lastEntry();
        return last == null ? null : decode(last.getKey(), last.getValue());
    }

    private static TreeMap<String, byte[]> all(Store store) throws IOException {
        TreeMap<String, byte[]> all = new TreeMap<>();
        store.records(PREFIX, "", 2 * MAX_KEPT).forEach(entry -> all.put(entry.getKey(), entry.getValue()));
        return all;
    }

    byte[] encode() {
        List<String> lines = new ArrayList<>(List.of(FIRST_LINE, "began " + began));
        roots.forEach((root, owner) -> lines.add("root " + root + " " + owner));
        lines.add("marks " + marks.chunks() + " " + Long.toHexString(marks.chunkSum()) + " " + marks.nodes() + " "
                + Long.toHexString(marks.nodeSum()));
        if (sweep != null) {
            lines.add(line("kept", sweep.kept()));
            lines.add(line("condemned", sweep.condemned()));
            lines.add(line("waiting", sweep.waiting()));
            lines.add(line("dropped", sweep.dropped()));
            lines.add(line("broughtBack", sweep.broughtBack()));
        }
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    private static String line(String word, Count count) {
        return word + " " + count.chunks() + " " + count.chunkBytes() + " " + count.nodes() + " " + count.nodeBytes();
    }

    /** Reads what {@link #encode} has written; of the sweep only whether it ended: people read the rest. */
    static CollectionProof decode(String key, byte[] value) throws IOException {
        Instant began = null;
        Map<Manifest, String> roots = new LinkedHashMap<>();
        Marks marks = null;
        try {
            String[] lines = new String(value, StandardCharsets.US_ASCII).split("\n", -1);
            if (!lines[0].equals(FIRST_LINE)) {
                throw new IllegalArgumentException("its first line is not '" + FIRST_LINE + "'");
            }
            for (String line : lines) {
                String[] words = line.split(" ", -1);
                switch (words[0]) {
                    case "began" -> began = Instant.parse(words[1]);
                    case "root" -> roots.put(Manifest.parse(words[1]), words[2]);
                    case "marks" ->
                        marks = new Marks(
                                Long.parseLong(words[1]),
                                Long.parseUnsignedLong(words[2], HEX),
                                Long.parseLong(words[3]),
                                Long.parseUnsignedLong(words[4], HEX));
                    default -> {}
                }
            }
        } catch (ManifestException | IllegalArgumentException | DateTimeException | IndexOutOfBoundsException e) {
            throw new IOException("record " + key + " of a collection can't be read: " + e.getMessage(), e);
        }
        if (began == null || marks == null) {
            throw new IOException("record " + key + " of a collection is cut off");
        }
        return new CollectionProof(began, roots, marks, null);
    }
}
