package dev.varve.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ManifestReaderTest {
    private static final int CHUNK = Disk.CHUNK;

    private final ProbeStore store = new ProbeStore(CHUNK);
    private final Manifests manifests = new Manifests(store, 1 << 20);
    private Manifest manifest;

    @BeforeEach
    void write() throws IOException {
        try (ManifestWriter writer = manifests.writer("test", null, new WriterStamp("snap-1"))) {
            writer.put(3, ByteBuffer.wrap(Disk.content(3)));
            writer.put(2000, ByteBuffer.wrap(Disk.content(4)));
            manifest = writer.finish(2001 * CHUNK);
            writer.commit(Map.of(), Set.of());
        }
    }

    @Test
    void absentBlockReadsAsZeros() throws IOException {
        for (ByteBuffer dst : List.of(ByteBuffer.allocate(3 * CHUNK), ByteBuffer.allocateDirect(3 * CHUNK))) {
            while (dst.hasRemaining()) {
                dst.put((byte) 9);
            }
            dst.clear().position(CHUNK);
            assertThat(manifests.reader(manifest).read(4, dst)).isFalse();
            assertThat(dst.position()).isEqualTo(2 * CHUNK);
            assertThat(dst.get(CHUNK - 1)).isEqualTo((byte) 9);
            assertThat(dst.get(2 * CHUNK)).isEqualTo((byte) 9);
            byte[] read = new byte[CHUNK];
            dst.get(CHUNK, read);
            assertThat(read).containsOnly(0);
        }
    }

    @Test
    void presentBlockReadsAsItWasPut() throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(CHUNK);
        assertThat(manifests.reader(manifest).read(2000, dst)).isTrue();
        assertThat(Arrays.equals(dst.array(), Disk.content(4))).isTrue();
        assertThat(manifests.reader(manifest).lookup(2000)).isEqualTo(Disk.id(Disk.content(4)));
    }

    @Test
    void readersOfOneContentShareLeavesAndTheirWords() throws IOException {
        Manifest other;
        try (ManifestWriter writer = manifests.writer("test", manifest, new WriterStamp("snap-2"))) {
            writer.put(600, ByteBuffer.wrap(Disk.content(5)));
            other = writer.finish(4000 * CHUNK);
            writer.commit(Map.of(), Set.of());
        }
        Leaf leaf = Objects.requireNonNull(manifests.reader(manifest).leaf(0));
        Leaf same = Objects.requireNonNull(manifests.reader(other).leaf(0));
        assertThat(same).isSameAs(leaf);
        assertThat(leaf.word(3)).isZero();
        leaf.setWord(3, 0x1234_5678_9ABC_DEF0L);
        leaf.setWord(511, -1);
        assertThat(same.word(3)).isEqualTo(0x1234_5678_9ABC_DEF0L);
        assertThat(same.word(511)).isEqualTo(-1);
        assertThat(same.word(4)).isZero();
        assertThatThrownBy(() -> same.word(512)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> same.setWord(-1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(leaf.isPresent(3)).isTrue();
        assertThat(leaf.nextPresent(4)).isEqualTo(Leaf.BLOCKS);
        assertThat(leaf.nextAbsent(3)).isEqualTo(4);
    }

    @Test
    void leafOfZerosIsNull() throws IOException {
        assertThat(manifests.reader(manifest).leaf(1)).isNull();
        assertThat(manifests.reader(manifest).leaf(3)).isNotNull();
        assertThatThrownBy(() -> manifests.reader(manifest).leaf(4)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void neighboursCostNoFurtherNode() throws IOException {
        Manifests uncached = new Manifests(store, 0);
        ManifestReader reader = uncached.reader(manifest);
        store.nodeReads.set(0);
        for (long block = 0; block < 512; block++) {
            reader.lookup(block);
        }
        assertThat(store.nodeReads.get()).isLessThanOrEqualTo(2);
    }

    @Test
    void blocksOutsideTheDiskAreRefused() {
        ManifestReader reader = manifests.reader(manifest);
        assertThatThrownBy(() -> reader.lookup(-1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> reader.lookup(2001)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> reader.nextPresent(0, 2002)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> reader.nextAbsent(5, 4)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> reader.writer(16)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> reader.read(0, ByteBuffer.allocate(CHUNK - 1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> manifests.prove(manifest, 2001)).isInstanceOf(IndexOutOfBoundsException.class);
        Manifest otherChunks = new Manifest(2 * CHUNK, 1, 0, Tree.EMPTY, Tree.EMPTY);
        assertThatThrownBy(() -> manifests.reader(otherChunks)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void closedStoreIsAnIllegalState() throws IOException {
        ManifestReader reader = manifests.reader(manifest);
        store.close();
        assertThatThrownBy(() -> new Manifests(store, 0).reader(manifest).lookup(3))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> reader.read(3, ByteBuffer.allocate(CHUNK))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void ofTwoDomainsEveryPresentBlockDiffers() throws IOException {
        Manifest encrypted = new Manifest(CHUNK, manifest.sizeBytes(), 5, manifest.content(), manifest.writers());
        List<List<Long>> ranges = new ArrayList<>();
        manifests.diff(manifest, encrypted, (first, count) -> ranges.add(List.of(first, count)));
        assertThat(ranges).containsExactly(List.of(3L, 1L), List.of(2000L, 1L));
        manifests.diffWriters(manifest, encrypted, (first, count) -> ranges.clear());
        assertThat(ranges).as("stamps have no domain").hasSize(2);
    }

    @Test
    void proofOfAnotherDiskOrBlockIsRefused() throws IOException {
        Proof proof = manifests.prove(manifest, 3);
        assertThat(proof.verify(manifest)).isEqualTo(Disk.id(Disk.content(3)));
        Manifest empty = new Manifest(CHUNK, manifest.sizeBytes(), 0, Tree.EMPTY, Tree.EMPTY);
        assertThatThrownBy(() -> proof.verify(empty)).hasMessageContaining("2 nodes too many");
        assertThatThrownBy(() -> new Proof(2000, proof.nodes()).verify(manifest))
                .isInstanceOf(ManifestException.class)
                .hasMessageContaining("expected node");
        assertThatThrownBy(() -> new Proof(3, proof.nodes().subList(0, 1)).verify(manifest))
                .hasMessageContaining("is missing");
        assertThatThrownBy(() -> new Proof(3, List.of()).verify(manifest)).hasMessageContaining("is missing");
        List<byte[]> tooMany = List.of(proof.nodes().get(0), proof.nodes().get(1), new byte[1]);
        assertThatThrownBy(() -> new Proof(3, tooMany).verify(manifest)).hasMessageContaining("1 nodes too many");
        byte[] changed = proof.nodes().get(1).clone();
        changed[changed.length - 1] ^= 1;
        assertThatThrownBy(() -> new Proof(3, List.of(proof.nodes().get(0), changed)).verify(manifest))
                .isInstanceOf(ManifestException.class);
        assertThatThrownBy(() -> new Proof(5000, List.of()).verify(manifest))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
