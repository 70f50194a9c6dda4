package dev.varve.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkMissingException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nodes that are missing, or are well-formed and stand where they must not: an error for what needs them, no more. */
@Timeout(60)
class ManifestDamageTest {
    private static final int CHUNK = Disk.CHUNK;
    private static final long LEAF_BYTES = 512L * CHUNK;
    private static final long SIZE = 3 * LEAF_BYTES + 10 * CHUNK;

    private final ProbeStore store = new ProbeStore(CHUNK);
    private final Manifests manifests = new Manifests(store, 0, 16);

    @Test
    void missingNodeFailsOnlyTheBlocksBelowIt() throws IOException {
        Manifest manifest = disk("snap-1", 0, 1, 600, 1030, 1540);
        ChunkId lost = leafId(manifest, 1);
        store.missing.add(lost);
        ManifestReader reader = new Manifests(store, 0).reader(manifest);
        assertThatThrownBy(() -> reader.lookup(600)).isInstanceOf(ChunkMissingException.class);
        assertThatThrownBy(() -> reader.lookup(700)).isInstanceOf(ChunkMissingException.class);
        assertThat(reader.lookup(1)).isNotNull();
        assertThat(reader.lookup(1030)).isNotNull();
        store.missing.clear();
        assertThat(reader.lookup(600)).as("a later call tries again").isNotNull();
    }

    @Test
    void walkGoesOnPastDamageAndNamesItsRange() throws IOException {
        Manifest manifest = disk("snap-1", 0, 1, 600, 1030, 1540);
        store.missing.add(leafId(manifest, 1));
        store.missing.add(leafId(manifest, 3));
        Walk walk = new Walk();
        manifests.walk(manifest, walk);
        assertThat(walk.chunks).containsExactly(0L, 1L, 1030L);
        assertThat(walk.damaged)
                .extracting(s -> s.offsetBytes() + "+" + s.lengthBytes())
                .containsExactly(LEAF_BYTES + "+" + LEAF_BYTES, 3 * LEAF_BYTES + "+" + 10 * CHUNK);
        assertThat(walk.clean).doesNotContain(new NodeName(NodeKind.CONTENT, 1, rootId(manifest)));
        assertThat(walk.clean).contains(new NodeName(NodeKind.CONTENT, 0, leafId(manifest, 0)));
    }

    @Test
    void missingRootIsTheWholeDisk() throws IOException {
        Manifest manifest = disk("snap-1", 0, 1, 600);
        store.missing.add(rootId(manifest));
        store.missing.add(Objects.requireNonNull(manifest.writers().root()));
        Walk walk = new Walk();
        manifests.walk(manifest, walk);
        assertThat(walk.damaged).hasSize(2).allMatch(s -> s.offsetBytes() == 0 && s.lengthBytes() == SIZE);
        assertThat(walk.chunks).isEmpty();
    }

    @Test
    void subtreesFoundCleanAreSkipped() throws IOException {
        Manifest first = disk("snap-1", 0, 1, 600, 1030, 1540);
        Manifest second = disk("snap-1", 0, 1, 601, 1030, 1540);
        Walk walk = new Walk();
        manifests.walk(first, walk);
        assertThat(walk.chunks).containsExactly(0L, 1L, 600L, 1030L, 1540L);
        walk.chunks.clear();
        store.nodeReads.set(0);
        manifests.walk(second, walk);
        assertThat(walk.chunks)
                .as("leaves 0 and 2 are skipped; 3 has the disk's end")
                .containsExactly(601L, 1540L);
        assertThat(store.nodeReads.get()).isEqualTo(4);
        assertThat(walk.damaged).isEmpty();
    }

    @Test
    void cleanNodeThatReachesPastAShorterDiskIsFound() throws IOException {
        Manifest longer = disk("snap-1", 0, 600, 1030);
        Manifest shorter = new Manifest(CHUNK, 700L * CHUNK, 0, longer.content(), Tree.EMPTY);
        Walk walk = new Walk();
        manifests.walk(longer, walk);
        manifests.walk(shorter, walk);
        assertThat(walk.damaged).hasSize(1);
        assertThat(walk.problems.get(0)).contains("expected keys below 700", "1024");
    }

    @Test
    void childOfItsOwnLevelIsNoEndlessWalk() throws IOException {
        ChunkId leaf = store.node(Nodes.fullLeaf(NodeKind.CONTENT));
        ChunkId one = store.node(Nodes.encode(NodeKind.CONTENT, 1, 1, leaf));
        ChunkId other = store.node(Nodes.encode(NodeKind.CONTENT, 1, Map.of(0, leaf, 1, one)));
        requireRefused(new Tree(1, other), 600, "expected level 0, found 1", other, one);
    }

    @Test
    void rootOfAnotherLevelThanNamedIsRefused() throws IOException {
        ChunkId leaf = store.node(Nodes.fullLeaf(NodeKind.CONTENT));
        requireRefused(new Tree(1, leaf), 5, "expected level 1, found 0", leaf);
    }

    @Test
    void nodeOfTheOtherTreeIsRefused() throws IOException {
        ChunkId stamps = store.node(Nodes.fullLeaf(NodeKind.WRITERS));
        ChunkId root = store.node(Nodes.encode(NodeKind.CONTENT, 1, 1, stamps));
        requireRefused(new Tree(1, root), 600, "expected kind CONTENT, found WRITERS", root, stamps);
    }

    @Test
    void childPastTheEndOfTheDiskIsRefused() throws IOException {
        ChunkId full = store.node(Nodes.fullLeaf(NodeKind.CONTENT));
        ChunkId root = store.node(Nodes.encode(NodeKind.CONTENT, 1, 3, full));
        requireRefused(new Tree(1, root), 3 * 512 + 1, "expected keys below 1546, found", root, full);
        ChunkId beyond = store.node(Nodes.encode(NodeKind.CONTENT, 1, Map.of(0, full, 4, full)));
        requireRefused(new Tree(1, beyond), 5, "child that starts at key 2048", beyond);
    }

    @Test
    void rootHigherThanItsContentIsRefused() throws IOException {
        ChunkId leaf = store.node(Nodes.fullLeaf(NodeKind.CONTENT));
        ChunkId root = store.node(Nodes.encode(NodeKind.CONTENT, 1, 0, leaf));
        requireRefused(new Tree(1, root), 5, "no child but the first", root);
    }

    @Test
    void junkUnderANodesNameIsRefused() throws IOException {
        ChunkId junk = store.node(new byte[] {1, 2, 3});
        requireRefused(new Tree(0, junk), 5, "length", junk);
    }

    @Test
    void visitorsOwnFailureEndsTheWalk() throws IOException {
        Manifest manifest = disk("snap-1", 0, 1);
        assertThatThrownBy(() -> manifests.walk(manifest, new Walk() {
                    @Override
                    public void chunk(long block, ChunkId id) throws IOException {
                        throw new IOException("enough");
                    }
                }))
                .hasMessage("enough");
    }

    /** Every way in meets the node and says what is wrong with it: {@code path} ends with the node at fault. */
    private void requireRefused(Tree tree, long block, String problem, ChunkId... path) throws IOException {
        Manifest manifest = new Manifest(CHUNK, SIZE, 0, tree, Tree.EMPTY);
        ManifestReader reader = manifests.reader(manifest);
        List<Call> calls = List.of(
                () -> reader.lookup(block),
                () -> reader.nextAbsent(block, block + 1),
                () -> reader.read(block, ByteBuffer.allocate(CHUNK)),
                () -> manifests.prove(manifest, block),
                () -> manifests.diff(manifest, new Manifest(CHUNK, 1, 0, Tree.EMPTY, Tree.EMPTY), (a, b) -> {}),
                () -> write(manifest, block));
        for (Call call : calls) {
            assertThatThrownBy(call::run)
                    .isInstanceOfSatisfying(
                            ManifestException.class, e -> assertThat(e.node()).isEqualTo(path[path.length - 1]))
                    .hasMessageContaining(problem);
        }
        Walk walk = new Walk();
        manifests.walk(manifest, walk);
        assertThat(walk.damaged).extracting(s -> s.name().id()).contains(path[path.length - 1]);
        List<byte[]> nodes = new ArrayList<>();
        for (ChunkId id : path) {
            nodes.add(store.node(id));
        }
        assertThatThrownBy(() -> new Proof(block, nodes).verify(manifest)).hasMessageContaining(problem);
    }

    private void write(Manifest base, long block) throws IOException {
        try (ManifestWriter writer = manifests.writer("test", base, new WriterStamp("s"))) {
            writer.put(block, ByteBuffer.wrap(Disk.content(1)));
        }
    }

    private Manifest disk(String stamp, long... blocks) throws IOException {
        try (ManifestWriter writer = manifests.writer("test", null, new WriterStamp(stamp))) {
            for (long block : blocks) {
                writer.put(block, ByteBuffer.wrap(Disk.content(block)));
            }
            Manifest manifest = writer.finish(SIZE);
            writer.commit(Map.of(), Set.of());
            return manifest;
        }
    }

    private ChunkId leafId(Manifest manifest, long leafIndex) throws IOException {
        return Objects.requireNonNull(manifests.reader(manifest).leaf(leafIndex))
                .id();
    }

    private static ChunkId rootId(Manifest manifest) {
        return Objects.requireNonNull(manifest.content().root());
    }

    @FunctionalInterface
    private interface Call {
        void run() throws IOException;
    }

    private static class Walk implements ManifestVisitor {
        final Set<Long> chunks = new TreeSet<>();
        final Set<NodeName> clean = new HashSet<>();
        final List<Subtree> damaged = new ArrayList<>();
        final List<String> problems = new ArrayList<>();

        @Override
        public boolean enter(Subtree subtree) {
            return !clean.contains(subtree.name());
        }

        @Override
        public void chunk(long block, ChunkId id) throws IOException {
            chunks.add(block);
        }

        @Override
        public void damaged(Subtree subtree, IOException problem) {
            damaged.add(subtree);
            problems.add(problem.getMessage());
        }

        @Override
        public void leave(Subtree subtree, boolean isClean) {
            if (isClean) {
                clean.add(subtree.name());
            }
        }
    }
}
