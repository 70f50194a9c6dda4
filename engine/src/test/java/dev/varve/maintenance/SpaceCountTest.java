package dev.varve.maintenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.ChunkMissingException;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestVisitor;
import dev.varve.manifest.ManifestWriter;
import dev.varve.manifest.Manifests;
import dev.varve.manifest.NodeKind;
import dev.varve.manifest.Subtree;
import dev.varve.manifest.WriterStamp;
import dev.varve.store.Compression;
import dev.varve.store.HeapStore;
import dev.varve.store.Pace;
import dev.varve.store.Store;
import dev.varve.store.StoreProperties;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against plain sets of what each disk names, as one who walks it finds. */
class SpaceCountTest {
    private static final int CHUNK = 4096;
    private static final long FAR = 300_000;

    private final Store heap = new HeapStore(new StoreProperties(new UUID(1, 2), 1, CHUNK, Compression.STORED));
    private final Set<ChunkId> unreadable = new HashSet<>();
    private Predicate<ChunkId> failing = unreadable::contains;

    /** Nodes that are unreadable are missing. */
    private final Store store = (Store) Proxy.newProxyInstance(
            Store.class.getClassLoader(), new Class<?>[] {Store.class}, (proxy, method, args) -> {
                if (method.getName().equals("node") && failing.test((ChunkId) args[0])) {
                    throw new ChunkMissingException(ChunkKey.plain((ChunkId) args[0]), "a test");
                }
                try {
                    return method.invoke(heap, args);
                } catch (InvocationTargetException e) {
                    throw e.getCause();
                }
            });

    private final Manifests manifests = new Manifests(store, 1 << 20);

    /** A disk made of another: blocks near and far, few different ones, some very often. */
    private Manifest write(@Nullable Manifest base, Random random) throws IOException {
        try (ManifestWriter writer = manifests.writer("test", base, new WriterStamp("test"))) {
            int blocks = random.nextInt(60);
            for (int i = 0; i < blocks; i++) {
                long block = random.nextInt(10) == 0 ? FAR + random.nextInt(600) : random.nextInt(1200);
                writer.put(block, ByteBuffer.allocate(CHUNK).putLong(0, 1 + random.nextInt(1 + random.nextInt(80))));
            }
            Manifest manifest = writer.finish((FAR + 600 + random.nextInt(5)) * CHUNK);
            writer.commit(Map.of(), Set.of());
            return manifest;
        }
    }

    private Map<String, Manifest> disks(Random random) throws IOException {
        Map<String, Manifest> disks = new LinkedHashMap<>();
        List<Manifest> all = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            Manifest base = all.isEmpty() || random.nextInt(4) == 0 ? null : all.get(random.nextInt(all.size()));
            Manifest disk = base != null && random.nextInt(5) == 0 ? base : write(base, random);
            all.add(disk);
            disks.put("disk-" + i, disk);
        }
        return disks;
    }

    private static Map<String, List<String>> sets(Random random) {
        Map<String, List<String>> sets = new LinkedHashMap<>();
        for (int i = 0; i < 4; i++) {
            Set<String> names = new HashSet<>();
            for (int j = random.nextInt(4); j > 0; j--) {
                names.add("disk-" + random.nextInt(12));
            }
            sets.put("set-" + i, List.copyOf(names));
        }
        return sets;
    }

    /** What a walk finds. */
    private final class Walked implements ManifestVisitor {
        private final List<ChunkId> chunks = new ArrayList<>();
        private long lost;

        Walked(Manifest disk) throws IOException {
            manifests.walk(disk, this);
        }

        @Override
        public void chunk(long block, ChunkId id) {
            chunks.add(id);
        }

        @Override
        public void damaged(Subtree subtree, IOException problem) {
            lost += subtree.name().kind() == NodeKind.CONTENT ? 1 : 0;
        }
    }

    /** By plain sets. */
    private final class Model {
        private final Map<String, Walked> walked = new HashMap<>();

        Model(Map<String, Manifest> disks) throws IOException {
            for (Map.Entry<String, Manifest> disk : disks.entrySet()) {
                walked.put(disk.getKey(), new Walked(disk.getValue()));
            }
        }

        Usage usage(Collection<String> names, Collection<String> alone) {
            Set<ChunkId> mine = new HashSet<>();
            Set<ChunkId> unique = new HashSet<>();
            Set<ChunkId> others = new HashSet<>();
            long blocks = 0;
            long lost = 0;
            for (Map.Entry<String, Walked> disk : walked.entrySet()) {
                Walked each = disk.getValue();
                if (names.contains(disk.getKey())) {
                    mine.addAll(each.chunks);
                    blocks += each.chunks.size();
                    lost += each.lost;
                }
                (alone.contains(disk.getKey()) ? unique : others).addAll(each.chunks);
            }
            unique.removeAll(others);
            return new Usage(
                    blocks * CHUNK, (long) unique.size() * CHUNK, (long) (mine.size() - unique.size()) * CHUNK, lost);
        }

        long storedBytes() {
            Set<ChunkId> all = new HashSet<>();
            walked.values().forEach(each -> all.addAll(each.chunks));
            return (long) all.size() * CHUNK;
        }
    }

    private void assertIsModel(
            Map<String, Manifest> disks, Map<String, List<String>> sets, Map<String, Manifest> recycled)
            throws IOException {
        Model model = new Model(disks);
        SpaceCount.Result result = new SpaceCount(store, manifests, Pace.FULL).count(disks, sets, recycled);
        long unique = 0;
        for (String name : disks.keySet()) {
            Usage usage = model.usage(List.of(name), List.of(name));
            assertThat(result.use(name)).as(name).isEqualTo(usage);
            unique += usage.uniqueBytes();
        }
        Map<String, String> sole = SpaceCount.soleSets(sets);
        sets.forEach((set, names) -> {
            List<String> alone =
                    names.stream().filter(name -> set.equals(sole.get(name))).toList();
            assertThat(result.use(set)).as("%s: %s", set, names).isEqualTo(model.usage(names, alone));
        });
        long needed = model.storedBytes();
        assertThat(unique + result.sharedBytes()).isEqualTo(needed);
        Map<String, Manifest> all = new LinkedHashMap<>(disks);
        all.putAll(recycled);
        assertThat(result.recycledBytes()).isEqualTo(new Model(all).storedBytes() - needed);
        assertThat(needed + result.recycledBytes() + result.unneededBytes()).isEqualTo(result.storedBytes());
    }

    private Optional<FreedCount.Freed> freed(Map<String, Manifest> disks, Collection<String> names) throws IOException {
        List<Manifest> some = names.stream().map(disks::get).toList();
        Map<String, Manifest> others = new LinkedHashMap<>(disks);
        others.keySet().removeAll(names);
        return new FreedCount(store, manifests).count(some, others.values());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void allIsCountedAsByPlainSets(long seed) throws IOException {
        Random random = new Random(seed);
        Map<String, Manifest> disks = disks(random);
        assertIsModel(disks, sets(random), Map.of());
        Model model = new Model(disks);
        for (String name : disks.keySet()) {
            List<String> two = List.of(name, "disk-" + (Integer.parseInt(name.substring(5)) + 1) % 12);
            assertThat(freed(disks, two))
                    .contains(new FreedCount.Freed(model.usage(two, two).uniqueBytes(), false, false));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void recycledDisksCountForNothing(long seed) throws IOException {
        Random random = new Random(seed);
        Map<String, Manifest> disks = disks(random);
        Map<String, Manifest> recycled = new LinkedHashMap<>();
        for (int i = 0; i < 12; i += 1 + random.nextInt(4)) {
            recycled.put("disk-" + i, disks.remove("disk-" + i));
        }
        assertIsModel(disks, sets(random), recycled);
        assertIsModel(Map.of(), Map.of(), recycled);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatCantBeReadIsLeftOutAndTold(long seed) throws IOException {
        Random random = new Random(seed);
        Map<String, Manifest> disks = disks(random);
        List<ChunkId> nodes = new ArrayList<>();
        for (Manifest disk : disks.values()) {
            manifests.walk(disk, new ManifestVisitor() {
                @Override
                public boolean enter(Subtree subtree) {
                    nodes.add(subtree.name().id());
                    return true;
                }

                @Override
                public void chunk(long block, ChunkId id) {}

                @Override
                public void damaged(Subtree subtree, IOException problem) {}
            });
        }
        for (int i = 0; i < 3; i++) {
            unreadable.add(nodes.get(random.nextInt(nodes.size())));
        }
        assertIsModel(disks, sets(random), Map.of());
        Manifest disk = disks.get("disk-0");
        unreadable.add(disk.content().root());
        SpaceCount.Result result = new SpaceCount(store, manifests, Pace.FULL).count(disks, Map.of(), Map.of());
        assertThat(result.use("disk-0").lost()).isEqualTo(1);
        assertThat(result.problems())
                .anySatisfy(problem -> assertThat(problem)
                        .startsWith("disk-")
                        .contains(String.valueOf(disk.content().root())));
    }

    @Test
    void aMissingChunkIsTold() throws IOException {
        Manifest disk = write(null, new Random(7));
        SpaceCount.Result result =
                new SpaceCount(without(disk), manifests, Pace.FULL).count(Map.of("disk", disk), Map.of(), Map.of());
        assertThat(result.use("disk").lost()).isEqualTo(1);
        assertThat(result.problems()).hasSize(1).first().asString().contains("disk: chunk", "is missing");
    }

    /** The store without a chunk that one block of a disk names. */
    private Store without(Manifest disk) throws IOException {
        List<ChunkId> chunks = new Walked(disk).chunks;
        ChunkId missing = chunks.stream()
                .filter(id -> chunks.indexOf(id) == chunks.lastIndexOf(id))
                .findFirst()
                .orElseThrow();
        return (Store) Proxy.newProxyInstance(
                Store.class.getClassLoader(), new Class<?>[] {Store.class}, (proxy, method, args) -> {
                    if (method.getName().equals("storedBytes")
                            && ((ChunkKey) args[0]).id().equals(missing)) {
                        return 0;
                    }
                    if (method.getName().equals("chunks")) {
                        Store.ChunkVisitor visitor = (Store.ChunkVisitor) args[0];
                        heap.chunks((key, bytes) -> {
                            if (!key.id().equals(missing)) {
                                visitor.chunk(key, bytes);
                            }
                        });
                        return null;
                    }
                    return method.invoke(heap, args);
                });
    }

    /** Nobody knows what goes with a node that was there and is no more. */
    @Test
    void aNodeThatVanishesBetweenTwoDisksEndsTheCount() throws IOException {
        Manifest one = write(null, new Random(1));
        Manifest other = write(null, new Random(2));
        Map<String, Manifest> disks = new LinkedHashMap<>();
        disks.put("one", one);
        disks.put("other", other);
        Set<ChunkId> read = new HashSet<>();
        failing = id -> id.equals(one.content().root()) && !read.add(id);
        assertThatThrownBy(() -> new SpaceCount(store, manifests, Pace.FULL).count(disks, Map.of(), Map.of()))
                .isInstanceOf(ChunkMissingException.class);
    }

    /** A disk of blocks that are different, each in a leaf of its own. */
    private Manifest wide(int leaves, long seed) throws IOException {
        try (ManifestWriter writer = manifests.writer("test", null, new WriterStamp("test"))) {
            for (long i = 0; i < leaves; i++) {
                writer.put(i * 512, ByteBuffer.allocate(CHUNK).putLong(0, (seed << 32) + i));
            }
            Manifest disk = writer.finish(leaves * 512L * CHUNK);
            writer.commit(Map.of(), Set.of());
            return disk;
        }
    }

    @Test
    void ofTooManyNodesSomeAreRead() throws IOException {
        Map<String, Manifest> disks = new LinkedHashMap<>();
        disks.put("one", wide(FreedCount.MAX_NODES / 2 - 8, 1)); // and nodes above its leaves
        disks.put("other", wide(FreedCount.MAX_NODES / 2 - 8, 2));
        List<String> one = List.of("one");
        long bytes = (FreedCount.MAX_NODES / 2 - 8L) * CHUNK;
        assertThat(freed(disks, one)).contains(new FreedCount.Freed(bytes, false, false));
        disks.put("more", wide(FreedCount.MAX_NODES / 2 - 8, 3));
        assertThat(freed(disks, one)).contains(new FreedCount.Freed(bytes, false, false));
        disks.put("most", wide(16, 1));
        FreedCount.Freed bound = freed(disks, one).orElseThrow();
        assertThat(bound.isUpperBound()).isTrue();
        assertThat(bound.bytes()).as("of the last not all was read").isBetween(bytes - 15 * CHUNK, bytes);
        assertThat(freed(disks, List.of("one", "other", "more")))
                .as("what goes is too large")
                .isEmpty();
        disks.put("same", disks.get("one"));
        assertThat(freed(disks, one)).as("at a glance").contains(new FreedCount.Freed(0, false, false));
    }

    /** All chunks take the same here, so some stand for all exactly. */
    @Test
    void ofManyChunksSomeStandForAll() throws IOException {
        Manifest disk;
        long blocks = 70_000;
        try (ManifestWriter writer = manifests.writer("test", null, new WriterStamp("test"))) {
            for (long i = 0; i < blocks; i++) {
                writer.put(i, ByteBuffer.allocate(CHUNK).putLong(0, 1 + i));
            }
            disk = writer.finish(blocks * CHUNK);
            writer.commit(Map.of(), Set.of());
        }
        int[] lookedUp = new int[1];
        Store counting = (Store) Proxy.newProxyInstance(
                Store.class.getClassLoader(), new Class<?>[] {Store.class}, (proxy, method, args) -> {
                    lookedUp[0] += method.getName().equals("storedBytes") ? 1 : 0;
                    return method.invoke(heap, args);
                });
        assertThat(new FreedCount(counting, manifests).count(List.of(disk), List.of()))
                .contains(new FreedCount.Freed(blocks * CHUNK, true, false));
        assertThat(lookedUp[0]).isBetween(5_000, 18_000);
    }

    @Test
    void whoSetsThePaceMayEndIt() throws IOException {
        Manifest disk = write(null, new Random(1));
        assertThatThrownBy(() -> new SpaceCount(store, manifests, bytes -> {
                            throw new CancellationException("enough");
                        })
                        .count(Map.of("disk", disk), Map.of(), Map.of()))
                .isInstanceOf(CancellationException.class);
    }
}
