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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a collection leaves of itself, so that others can find out whether it was right: from which roots it started, what it
 * marked, and what it did with the rest. It is durable before anything is condemned or dropped, without its last lines then.
 *
 * <p>Records of lines of text; NUMBER rises from collection to collection, and has 16 hexadecimal digits, as PART has 8:
 *
 * <pre>
 * gc/NUMBER/00000000
 *   varve-collection 1
 *   began INSTANT
 *   marks CHUNKS SUM NODES SUM          sums in hexadecimal
 *   kept CHUNKS BYTES NODES BYTES       and condemned, waiting, dropped, broughtBack likewise, when it had swept
 * gc/NUMBER/PART                        from 1 on, a thousand roots each
 *   MANIFEST OWNER                      one of its owners; "-" for one that only a reader had
 * </pre>
 *
 * <p>For one thread. It is written in one change, so all roots are in memory then; it is read a thousand at a time.
 */
final class CollectionProof {
    /** So many are there at least, once there were as many; when one begins, one more. */
    static final int KEPT = 2;

    private static final String PREFIX = "gc/";
    private static final String FIRST_LINE = "varve-collection 1";
    private static final int HEX = 16;
    private static final int NUMBER_END = PREFIX.length() + HEX;
    private static final int ROOTS_A_RECORD = 1000;

    /** Records at a time, where only their names are wanted. */
    private static final int PAGE = 4;

    private final Instant began;
    private final Marks marks;
    private String number = "";

    /** Of a collection that began at a time, and has marked this. */
    CollectionProof(Instant began, Marks marks) {
        this.began = began;
        this.marks = marks;
    }

    Instant began() {
        return began;
    }

    Marks marks() {
        return marks;
    }

    /** Writes it, in the place of older ones; durable when the call returns. */
    void begin(Store store, Map<Manifest, String> roots) throws IOException {
        TreeMap<String, Set<String>> old = keys(store);
        long next = old.isEmpty() ? 1 : Long.parseUnsignedLong(old.lastKey(), HEX) + 1;
        number = String.format("%016x", next);
        Map<String, byte[]> puts = new HashMap<>();
        puts.put(key(0), text(List.of(FIRST_LINE, "began " + began, line(marks))));
        List<String> lines = new ArrayList<>();
        for (Map.Entry<Manifest, String> root : roots.entrySet()) {
            lines.add(root.getKey() + " " + root.getValue());
            if (lines.size() == ROOTS_A_RECORD) {
                puts.put(key(puts.size()), text(lines));
                lines.clear();
            }
        }
        puts.put(key(puts.size()), text(lines));
        Set<String> gone = new HashSet<>();
        while (old.size() > KEPT) {
            gone.addAll(old.pollFirstEntry().getValue());
        }
        store.commit(puts, gone);
    }

    /** Writes what the collection did; durable when the call returns. */
    void end(Store store, Sweep sweep) throws IOException {
        List<String> lines = List.of(
                FIRST_LINE,
                "began " + began,
                line(marks),
                line("kept", sweep.kept()),
                line("condemned", sweep.condemned()),
                line("waiting", sweep.waiting()),
                line("dropped", sweep.dropped()),
                line("broughtBack", sweep.broughtBack()));
        store.commit(Map.of(key(0), text(lines)), Set.of());
    }

    private String key(int part) {
        return PREFIX + number + String.format("/%08x", part);
    }

    private static byte[] text(List<String> lines) {
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    private static String line(Marks marks) {
        return "marks " + marks.chunks() + " " + Long.toHexString(marks.chunkSum()) + " " + marks.nodes() + " "
                + Long.toHexString(marks.nodeSum());
    }

    private static String line(String word, Count count) {
        return word + " " + count.chunks() + " " + count.chunkBytes() + " " + count.nodes() + " " + count.nodeBytes();
    }

    /** The keys of all there are, by number. */
    private static TreeMap<String, Set<String>> keys(Store store) throws IOException {
        TreeMap<String, Set<String>> keys = new TreeMap<>();
        List<Map.Entry<String, byte[]>> page;
        String after = "";
        do {
            page = store.records(PREFIX, after, PAGE);
            for (Map.Entry<String, byte[]> entry : page) {
                after = entry.getKey();
                String found = after.length() < NUMBER_END ? "0" : after.substring(PREFIX.length(), NUMBER_END);
                keys.computeIfAbsent(found.matches("[0-9a-f]{16}") ? found : "0", n -> new HashSet<>())
                        .add(after);
            }
        } while (page.size() == PAGE);
        return keys;
    }

    /** That of the last collection; null when there was none. */
    static @Nullable CollectionProof last(Store store) throws IOException {
        TreeMap<String, Set<String>> keys = keys(store);
        if (keys.isEmpty()) {
            return null;
        }
        String number = keys.lastKey();
        String key = PREFIX + number + "/00000000";
        byte[] value = store.record(key);
        CollectionProof last = decode(key, value == null ? new byte[0] : value);
        last.number = number;
        return last;
    }

    /** Is told of roots. */
    interface RootVisitor {
        void root(Manifest manifest) throws IOException;
    }

    /** Tells of all roots; how many there are. */
    long roots(Store store, RootVisitor visitor) throws IOException {
        long count = 0;
        for (int part = 1; ; part++) {
            byte[] value = store.record(key(part));
            if (value == null) {
                return count;
            }
            for (String line : lines(value)) {
                if (!line.isEmpty()) {
                    visitor.root(manifest(key(part), line));
                    count++;
                }
            }
        }
    }

    private static Manifest manifest(String key, String line) throws IOException {
        try {
            return Manifest.parse(line.split(" ", -1)[0]);
        } catch (ManifestException e) {
            throw new IOException("record " + key + " of a collection can't be read: " + e.getMessage(), e);
        }
    }

    private static String[] lines(byte[] value) {
        return new String(value, StandardCharsets.US_ASCII).split("\n", -1);
    }

    /** Reads a first record; what the collection did is for people. */
    private static CollectionProof decode(String key, byte[] value) throws IOException {
        Instant began = null;
        Marks marks = null;
        try {
            String[] lines = lines(value);
            if (!lines[0].equals(FIRST_LINE)) {
                throw new IllegalArgumentException("its first line is not '" + FIRST_LINE + "'");
            }
            for (String line : lines) {
                String[] words = line.split(" ", -1);
                if (words[0].equals("began")) {
                    began = Instant.parse(words[1]);
                } else if (words[0].equals("marks")) {
                    marks = new Marks(
                            Long.parseLong(words[1]),
                            Long.parseUnsignedLong(words[2], HEX),
                            Long.parseLong(words[3]),
                            Long.parseUnsignedLong(words[4], HEX));
                }
            }
        } catch (IllegalArgumentException | DateTimeException | IndexOutOfBoundsException e) {
            throw new IOException("record " + key + " of a collection can't be read: " + e.getMessage(), e);
        }
        if (began == null || marks == null) {
            throw new IOException("record " + key + " of a collection is cut off");
        }
        return new CollectionProof(began, marks);
    }
}
