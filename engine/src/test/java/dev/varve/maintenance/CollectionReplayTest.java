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
        return new Collector(store, catalog(now), manifests, gone -> {})
                .run(Duration.ZERO, false, () -> id -> 0, Pace.FULL);
    }

    private CollectionProof last() throws IOException {
        CollectionProof proof = CollectionProof.last(store);
        assertThat(proof).isNotNull();
        return proof;
    }

    /** In one go, and in many since not all names have room at once. */
    @ParameterizedTest
    @ValueSource(ints = {64, 1000, 1 << 22})
    void aRightCollectionIsFoundRight(int maxNames) throws IOException {
        Collector.Run run = collect(NOON);
        CollectionProof proof = last();
        assertThat(proof.began()).isEqualTo(NOON);
        assertThat(proof.roots()).hasSize(2);
        assertThat(proof.marks().chunks())
                .isGreaterThan(CHUNKS)
                .isEqualTo(run.sweep().marked().chunks());
        assertThat(proof.marks().nodes()).isEqualTo(run.sweep().marked().nodes());
        assertThat(new CollectionReplay(store, maxNames).problem()).isNull();
    }

    @Test
    void withoutACollectionThereIsNothingToReplay() throws IOException {
        assertThat(new CollectionReplay(store).problem()).isNull();
    }

    /** The controls: what a collection would leave that has marked too little, or the wrong things. */
    @Test
    void aWrongOneIsFoundWrong() throws IOException {
        collect(NOON);
        CollectionProof right = last();
        Marks marks = right.marks();
        for (Marks wrong : new Marks[] {
            new Marks(marks.chunks() - 1, marks.chunkSum(), marks.nodes(), marks.nodeSum()),
            new Marks(marks.chunks(), marks.chunkSum() + 1, marks.nodes(), marks.nodeSum()),
            new Marks(marks.chunks(), marks.chunkSum(), marks.nodes() - 1, marks.nodeSum()),
            new Marks(marks.chunks(), marks.chunkSum(), marks.nodes(), marks.nodeSum() - 1),
            new Marks(0, 0, 0, 0),
        }) {
            new CollectionProof(NOON, right.roots(), wrong, null).save(store);
            assertThat(new CollectionReplay(store).problem())
                    .contains("the collection of " + NOON, "its 2 roots name " + marks.chunks());
        }
        Map<Manifest, String> fewer = new HashMap<>(right.roots());
        fewer.values().remove("snap-1");
        new CollectionProof(NOON, fewer, marks, null).save(store);
        assertThat(new CollectionReplay(store).problem()).contains("its 1 roots name ");
    }

    @Test
    void theLastOnesAreKeptAndTheLastIsReplayed() throws IOException {
        for (int i = 0; i < 20; i++) {
            collect(NOON.plusSeconds(i));
        }
        assertThat(store.records("gc/", "", 100)).hasSize(CollectionProof.MAX_KEPT);
        assertThat(last().began()).isEqualTo(NOON.plusSeconds(19));
        String text = new String(store.records("gc/", "", 100).get(0).getValue(), StandardCharsets.US_ASCII);
        assertThat(text)
                .contains("varve-collection 1\nbegan 2026-01-01T12:00:12Z\nroot varve1;", "\nbroughtBack 0 0 0 0\n");
    }

    /** What nobody needs any more may be dropped by a collection that has begun since. */
    @Test
    void whatCanNotBeReadAnyMoreIsNoFinding() throws IOException {
        collect(NOON);
        CollectionProof proof = last();
        catalog(NOON).change(change -> {
            change.release("snap-1");
            change.release("snap-2");
            change.release("vol-1");
            return 0;
        });
        collect(NOON.plusSeconds(1));
        collect(NOON.plusSeconds(2));
        proof.save(store);
        store.commit(
                Map.of(),
                Set.copyOf(store.records("gc/", "", 10).stream()
                        .map(Map.Entry::getKey)
                        .skip(1)
                        .toList()));
        assertThat(new CollectionReplay(store).problem()).isNull();
    }

    @Test
    void aRecordThatCanNotBeReadIsTold() throws IOException {
        for (String text : new String[] {
            "",
            "varve-collection 2\n",
            "varve-collection 1\nbegan noon\n",
            "varve-collection 1\nbegan " + NOON + "\n",
            "varve-collection 1\nroot x y\n",
            "varve-collection 1\nroot\n"
        }) {
            store.commit(Map.of("gc/0000000000000001", text.getBytes(StandardCharsets.US_ASCII)), Set.of());
            assertThatThrownBy(() -> new CollectionReplay(store).problem())
                    .as(text)
                    .isInstanceOf(IOException.class)
                    .hasMessageContainingAll("gc/0000000000000001");
        }
    }
}
