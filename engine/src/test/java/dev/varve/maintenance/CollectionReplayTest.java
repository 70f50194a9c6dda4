package dev.varve.maintenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.catalog.Catalog;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestWriter;
import dev.varve.manifest.Manifests;
import dev.varve.manifest.WriterStamp;
import dev.varve.store.Compression;
import dev.varve.store.HeapStore;
import dev.varve.store.Pace;
import dev.varve.store.StoreProperties;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a collection says that it has marked is compared with what its roots name. */
class CollectionReplayTest {
    private static final int CHUNK = 4096;
    private static final int CHUNKS = 3000;
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    private final HeapStore store =
            new HeapStore(new StoreProperties(new java.util.UUID(1, 2), 1, CHUNK, Compression.STORED));
    private final Manifests manifests = new Manifests(store, 1 << 20);

    @BeforeEach
    void hold() throws IOException {
        Random random = new Random(1);
        Manifest first = write(null, random, CHUNKS);
        Manifest second = write(first, random, CHUNKS / 10);
        Catalog catalog = catalog(NOON);
        catalog.change(change -> {
            change.hold("snap-1", first.toString().getBytes(StandardCharsets.US_ASCII));
            change.hold("snap-2", second.toString().getBytes(StandardCharsets.US_ASCII));
            change.hold("vol-1", second.toString().getBytes(StandardCharsets.US_ASCII));
            return 0;
        });
    }

    private Catalog catalog(Instant now) {
        return new Catalog(store, Clock.fixed(now, ZoneOffset.UTC), prefix -> prefix + "0123456789abcdef0");
    }

    private Manifest write(@Nullable Manifest base, Random random, int count) throws IOException {
        try (ManifestWriter writer = manifests.writer("test", base, new WriterStamp("vol-1"))) {
            byte[] bytes = new byte[CHUNK];
            for (int i = 0; i < count; i++) {
                random.nextBytes(bytes);
                writer.put(base == null ? i : random.nextInt(2 * CHUNKS), ByteBuffer.wrap(bytes));
            }
            Manifest manifest = writer.finish(2L * CHUNKS * CHUNK);
            writer.commit(Map.of(), Set.of());
            return manifest;
        }
    }

    private Collector.Run collect(Instant now) throws IOException {
        return new Collector(store, catalog(now), manifests).run(Duration.ZERO, false, () -> id -> 0, Pace.FULL);
    }

    private CollectionProof last() throws IOException {
        CollectionProof proof = CollectionProof.last(store);
        assertThat(proof).isNotNull();
        return proof;
    }

    /** In one go, and in many since not all names have room at once. */
    @ParameterizedTest
    @ValueSource(ints = {64, 1000, 1 << 21})
    void aRightCollectionIsFoundRight(int maxNames) throws IOException {
        Collector.Run run = collect(NOON);
        CollectionProof proof = last();
        assertThat(proof.began()).isEqualTo(NOON);
        assertThat(proof.roots(store, root -> {})).isEqualTo(2);
        assertThat(proof.marks().chunks())
                .isGreaterThan(CHUNKS)
                .isEqualTo(run.sweep().marked().chunks());
        assertThat(proof.marks().nodes()).isEqualTo(run.sweep().marked().nodes());
        assertThat(new CollectionReplay(store, Pace.FULL, maxNames).problem()).isNull();
    }

    private @Nullable String problem() throws IOException {
        return new CollectionReplay(store, Pace.FULL).problem();
    }

    @Test
    void withoutACollectionThereIsNothingToReplay() throws IOException {
        assertThat(problem()).isNull();
    }

    private Map<Manifest, String> roots(CollectionProof proof) throws IOException {
        Map<Manifest, String> roots = new HashMap<>();
        proof.roots(store, root -> roots.put(root, "snap-" + (1 + roots.size())));
        return roots;
    }

    /** The controls: what a collection would leave that has marked too little, or the wrong things. */
    @Test
    void aWrongOneIsFoundWrong() throws IOException {
        collect(NOON);
        CollectionProof right = last();
        Marks marks = right.marks();
        Map<Manifest, String> roots = roots(right);
        for (Marks wrong : new Marks[] {
            new Marks(marks.chunks() - 1, marks.chunkSum(), marks.nodes(), marks.nodeSum()),
            new Marks(marks.chunks(), marks.chunkSum() + 1, marks.nodes(), marks.nodeSum()),
            new Marks(marks.chunks(), marks.chunkSum(), marks.nodes() - 1, marks.nodeSum()),
            new Marks(marks.chunks(), marks.chunkSum(), marks.nodes(), marks.nodeSum() - 1),
            new Marks(0, 0, 0, 0),
        }) {
            new CollectionProof(NOON, wrong).begin(store, roots);
            assertThat(problem()).contains("the collection of " + NOON, "its 2 roots name " + marks.chunks());
        }
        roots.values().remove("snap-1");
        new CollectionProof(NOON, marks).begin(store, roots);
        assertThat(problem()).contains("its 1 roots name ");
    }

    /** Also when the clock is set back. */
    @Test
    void theLastOnesAreKeptAndTheLastIsReplayed() throws IOException {
        for (int i = 0; i < 20; i++) {
            collect(NOON.minusSeconds(i));
        }
        var records = store.records("gc/", "", 100);
        assertThat(records).hasSize(2 * (CollectionProof.KEPT + 1));
        assertThat(last().began()).isEqualTo(NOON.minusSeconds(19));
        assertThat(new String(records.get(0).getValue(), StandardCharsets.US_ASCII))
                .startsWith("varve-collection 1\nbegan 2026-01-01T11:59:43Z\nmarks ")
                .endsWith("\nbroughtBack 0 0 0 0\n");
    }

    @Test
    void thousandsOfRootsAreReplayed() throws IOException {
        collect(NOON);
        CollectionProof first = last();
        Map<Manifest, String> roots = new HashMap<>();
        for (Manifest root : roots(first).keySet()) {
            for (int i = 0; i < 1250; i++) {
                roots.put(
                        new Manifest(CHUNK, root.sizeBytes() - i, root.domain(), root.content(), root.writers()), "-");
            }
        }
        new CollectionProof(NOON, first.marks()).begin(store, roots);
        assertThat(last().roots(store, root -> {})).isEqualTo(2500);
        assertThat(problem()).isNull();
    }

    /** What nobody needs any more may be condemned or dropped by a collection that has begun since. */
    @Test
    void whatIsNotNeededAnyMoreIsNoFinding() throws IOException {
        collect(NOON);
        CollectionProof proof = last();
        Map<Manifest, String> roots = roots(proof);
        catalog(NOON).change(change -> {
            change.release("snap-1");
            change.release("snap-2");
            change.release("vol-1");
            return 0;
        });
        collect(NOON.plusSeconds(1));
        new CollectionProof(NOON, proof.marks()).begin(store, roots);
        assertThat(problem()).as("condemned").isNull();
        assertThat(collect(NOON.plusSeconds(2)).sweep().dropped().chunks())
                .as("the replay has brought nothing back")
                .isEqualTo(proof.marks().chunks());
        new CollectionProof(NOON, proof.marks()).begin(store, roots);
        assertThat(problem()).as("gone").isNull();
        assertThat(store.stats().alarms()).isZero();
    }

    @Test
    void aRecordThatCanNotBeReadIsTold() throws IOException {
        for (String text : new String[] {
            "",
            "varve-collection 2\n",
            "varve-collection 1\nbegan noon\n",
            "varve-collection 1\nbegan " + NOON + "\n",
            "varve-collection 1\nmarks 1 x 2 3\n",
            "varve-collection 1\nmarks\n"
        }) {
            store.commit(Map.of("gc/0000000000000001/00000000", text.getBytes(StandardCharsets.US_ASCII)), Set.of());
            assertThatThrownBy(this::problem)
                    .as(text)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("gc/0000000000000001");
        }
    }
}
