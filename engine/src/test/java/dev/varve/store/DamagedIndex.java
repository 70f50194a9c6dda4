package dev.varve.store;

import static dev.varve.store.StoreContractTest.CHUNK;
import static dev.varve.store.StoreContractTest.assertHolds;
import static dev.varve.store.StoreContractTest.key;
import static dev.varve.store.StoreContractTest.put;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.chunk.ChunkId;
import dev.varve.file.Access;
import dev.varve.file.FileIo;
import dev.varve.file.FileTree;
import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A store with copies of it, whose index a test damages, and has made whole. */
final class DamagedIndex {
    static final int CHUNKS = 24;
    static final int RECORDS = 600;
    static final int NODES = 300;

    private final Path folder;

    DamagedIndex(Path folder) {
        this.folder = folder;
    }

    /** What the store holds, by key. */
    final Map<String, byte[]> records = new TreeMap<>();

    final Map<ChunkId, byte[]> nodes = new TreeMap<>();

    Path root() {
        return folder.resolve("store");
    }

    /** As the store is, but closed. */
    Path copy() {
        return folder.resolve("copy");
    }

    /** As the store was. */
    Path early() {
        return folder.resolve("early");
    }

    /** As the store is when its process is killed: its last changes are in a log. */
    Path killed() {
        return folder.resolve("killed");
    }

    static StoreOptions options(FileIo io) {
        return new StoreOptions(CHUNK, Compression.LZ4, 8 << 20, Path.of("target", "native"), io);
    }

    static StoreOptions options() {
        return options(new FileIo());
    }

    void fill() throws IOException {
        try (PackStore store = PackStore.create(root(), options())) {
            write(store, 0, CHUNKS / 2, 0, RECORDS, 0, NODES);
        }
        copy(root(), early());
        try (PackStore store = PackStore.open(root(), options())) {
            write(store, CHUNKS / 3, CHUNKS, RECORDS, RECORDS + 50, NODES, NODES + 50);
            records.remove("record/7");
            records.put("record/8", "changed".getBytes(UTF_8));
            store.commit(Map.of("record/8", records.get("record/8")), Set.of("record/7"));
            copy(root(), killed());
        }
        copy(root(), copy());
    }

    void write(
            PackStore store,
            int firstChunk,
            int lastChunk,
            int firstRecord,
            int lastRecord,
            int firstNode,
            int lastNode)
            throws IOException {
        Map<String, byte[]> puts = new TreeMap<>();
        try (WriteLease lease = store.write("test")) {
            for (int i = firstChunk; i < lastChunk; i++) {
                put(lease, i);
            }
            for (int i = firstNode; i < lastNode; i++) {
                byte[] node = bytes(i, 400);
                nodes.put(lease.putNode(node), node);
            }
            for (int i = firstRecord; i < lastRecord; i++) {
                puts.put("record/" + i, bytes(-i, 100));
            }
            lease.commit(puts, Set.of());
        }
        records.putAll(puts);
    }

    static byte[] bytes(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    StoreRebuild.Result rebuild(Path... copies) throws IOException {
        return rebuild(false, copies);
    }

    StoreRebuild.Result rebuild(boolean acceptsLoss, Path... copies) throws IOException {
        return StoreRebuild.run(
                root(),
                List.of(copies),
                acceptsLoss,
                options(),
                (done, total) -> assertThat(done).isLessThanOrEqualTo(total));
    }

    void assertWhole(String what) throws IOException {
        try (PackStore store = PackStore.open(root(), options())) {
            Map<String, byte[]> found = new TreeMap<>();
            store.records("", "", Integer.MAX_VALUE).forEach(each -> found.put(each.getKey(), each.getValue()));
            assertThat(found.keySet()).as(what).isEqualTo(records.keySet());
            found.forEach(
                    (key, value) -> assertThat(value).as(what + ": " + key).isEqualTo(records.get(key)));
            for (Map.Entry<ChunkId, byte[]> node : nodes.entrySet()) {
                assertThat(store.node(node.getKey())).as(what).isEqualTo(node.getValue());
            }
            for (int i = 0; i < CHUNKS; i++) {
                assertHolds(store, i);
            }
            assertThat(Verified.problems(store)).as(what).isEmpty();
            assertThat(store.stats().liveBytes())
                    .as(what)
                    .isEqualTo(store.stats().packBytes()
                            - (long) PackHeader.BYTES * store.stats().packs());
            write(store, CHUNKS, CHUNKS + 1, 0, 0, 0, 0);
            assertHolds(store, CHUNKS);
        }
        assertThat(root().resolve("index.new")).doesNotExist();
        assertThat(root().resolve("index.rebuilt")).doesNotExist();
    }

    List<Path> files(String kind) throws IOException {
        try (Stream<Path> files = Files.list(root().resolve("index"))) {
            return files.filter(file -> file.getFileName().toString().matches(kind))
                    .sorted()
                    .toList();
        }
    }

    /** Does something to all files of a kind. */
    void damage(String kind, Change change) throws IOException {
        List<Path> files = files(kind);
        assertThat(files).as(kind).isNotEmpty();
        for (Path file : files) {
            byte[] after = change.of(Files.readAllBytes(file));
            if (after == null) {
                Files.delete(file);
            } else {
                Files.write(file, after);
            }
        }
    }

    interface Change {
        byte[] of(byte[] bytes);
    }

    static Change flip(double where) {
        return bytes -> {
            byte[] after = bytes.clone();
            after[(int) (where * (bytes.length - 1))] ^= 4;
            return after;
        };
    }

    static Change cut(double where) {
        return bytes -> Arrays.copyOf(bytes, (int) (where * bytes.length));
    }

    void damage(String how) throws IOException {
        switch (how) {
            case "tables deleted" -> damage(".*sst", bytes -> null);
            case "tables cut" -> damage(".*sst", cut(0.6));
            case "manifest cut" -> damage("MANIFEST.*", cut(0.3));
            case "manifest flipped" -> damage("MANIFEST.*", flip(0.3));
            case "CURRENT deleted" -> damage("CURRENT", bytes -> null);
            case "CURRENT flipped" -> damage("CURRENT", flip(0.5));
            case "log cut" -> damage("[0-9]*\\.log", cut(0.9));
            case "log flipped" -> damage("[0-9]*\\.log", flip(0.5));
            case "log deleted" -> damage("[0-9]*\\.log", bytes -> null);
            case "index deleted" -> {
                damage(".*", bytes -> null);
                Files.delete(root().resolve("index"));
            }
            case "HEAD ahead" -> {
                try (FileIo io = new FileIo();
                        PositionalFile file = io.open(root().resolve("HEAD"), Access.WRITE)) {
                    new Head(file).advance(1L << 40);
                }
            }
            case "HEAD deleted" -> Files.delete(root().resolve("HEAD"));
            case "FORMAT deleted" -> Files.delete(root().resolve("FORMAT"));
            case "FORMATs flipped" -> {
                for (Path file : List.of(root().resolve("FORMAT"), root().resolve("packs/FORMAT"))) {
                    Files.write(file, flip(0.5).of(Files.readAllBytes(file)));
                }
            }
            case "FORMATs deleted" -> {
                Files.delete(root().resolve("FORMAT"));
                Files.delete(root().resolve("packs/FORMAT"));
            }
            default -> assertThat(how).isEqualTo("nothing");
        }
    }

    /** Tables in whose bytes a text stands, the largest first. */
    List<Path> tablesThatHave(String text) throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path file : files(".*sst")) {
            if (new String(Files.readAllBytes(file), ISO_8859_1).contains(text)) {
                found.add(file);
            }
        }
        found.sort(
                Comparator.comparingLong((Path file) -> file.toFile().length()).reversed());
        return found;
    }

    /** The table of the first nodes, which is the largest of all. */
    Path oldNodes() throws IOException {
        return tablesThatHave("").get(0);
    }

    /** The table of the first records. */
    Path oldRecords() throws IOException {
        return tablesThatHave("record/1").get(0);
    }

    static void copy(Path from, Path to) throws IOException {
        if (Files.exists(to)) {
            FileTree.delete(to);
        }
        try (Stream<Path> all = Files.walk(from)) {
            for (Path file : (Iterable<Path>) all::iterator) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }
}
