package dev.varve.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.store.WriteLease;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What disks cost that are too large to write: their data, not their size. */
class LargeDiskTest {
    private static final long TIB = 1L << 40;

    private final ProbeStore store = new ProbeStore(64 << 10);
    private final Manifests manifests = new Manifests(store, 1 << 20);

    @Test
    void sparseDiskOfSixteenTebibytesCostsWhatItsDataCosts() throws IOException {
        List<Long> blocks =
                new Random(16).longs(100, 0, 1 << 28).sorted().boxed().toList();
        Manifest manifest = write(null, 16 * TIB, blocks);
        assertThat(store.nodePuts.get()).isLessThanOrEqualTo(2 * 4 * 100);
        store.nodeReads.set(0);
        ManifestReader reader = manifests.reader(manifest);
        assertThat(store.nodeReads.get()).as("opening reads nothing").isZero();
        List<Long> found = new ArrayList<>();
        long end = manifest.blockCount();
        for (long block = reader.nextPresent(0, end); block < end; block = reader.nextPresent(block + 1, end)) {
            found.add(block);
        }
        assertThat(found).isEqualTo(blocks);
        assertThat(store.nodeReads.get()).isLessThanOrEqualTo(4 * 100);
    }

    @Test
    void changeToALargeDiskCostsItsPath() throws IOException {
        Manifest base = write(null, 16 * TIB, List.of(0L, 77_777L, (1L << 28) - 1));
        store.nodePuts.set(0);
        Manifest changed = write(base, 16 * TIB, List.of(77_778L));
        assertThat(store.nodePuts.get()).as("nodes of both trees").isLessThanOrEqualTo(4 + 3);
        store.nodeReads.set(0);
        List<List<Long>> ranges = new ArrayList<>();
        manifests.diff(base, changed, (first, count) -> ranges.add(List.of(first, count)));
        assertThat(ranges).containsExactly(List.of(77_778L, 1L));
        assertThat(store.nodeReads.get()).isLessThanOrEqualTo(2 * 4);
    }

    @Test
    void diffOfARangeReadsWhatTheRangeTouches() throws IOException {
        Manifest base = write(null, 16 * TIB, List.of(0L, (1L << 28) - 1));
        List<Long> far = new ArrayList<>();
        for (long leaf = 0; leaf < 200; leaf++) {
            far.add(leaf * 512 * 600 + 5);
            far.add(leaf * 512 * 600 + 7);
        }
        Manifest changed = write(base, 16 * TIB, far);
        store.nodeReads.set(0);
        TreeDiff diff = manifests.reader(changed).diff(manifests.reader(base));
        assertThat(diff.nextDifferent(6, 512 * 600)).isEqualTo(7);
        assertThat(store.nodeReads.get()).isLessThanOrEqualTo(2 * 4);
        store.nodeReads.set(0);
        assertThat(diff.nextDifferent(0, 7)).isEqualTo(5);
        assertThat(diff.nextSame(5, 1 << 28)).isEqualTo(6);
        assertThat(diff.nextSame(7, 1 << 28)).isEqualTo(8);
        assertThat(diff.nextDifferent(8, 512 * 500)).isEqualTo(512 * 500);
        assertThat(store.nodeReads.get()).as("what was read is known").isZero();
        assertThat(diff.nextDifferent(512 * 300, 512 * 600 + 100)).isEqualTo(512 * 600 + 5);
        assertThat(store.nodeReads.get()).isLessThanOrEqualTo(3);
        store.nodeReads.set(0);
        assertThat(diff.nextSame((1 << 28) - 2, 1 << 28)).isEqualTo((1 << 28) - 2);
        assertThat(diff.nextDifferent((1 << 28) - 2, 1 << 29)).isEqualTo(1 << 29);
        assertThat(store.nodeReads.get()).as("equal subtrees").isZero();
    }

    @Test
    void diskGrowsToTheLargestSizeWithoutANewNode() throws IOException {
        Manifest base = write(null, 16 * TIB, List.of(0L, (1L << 28) - 1));
        store.nodePuts.set(0);
        Manifest grown = write(base, Manifest.MAX_SIZE_BYTES, List.of());
        assertThat(grown.content()).isEqualTo(base.content());
        assertThat(store.nodePuts.get()).isZero();
        long last = grown.blockCount() - 1;
        Manifest full = write(grown, Manifest.MAX_SIZE_BYTES, List.of(last));
        assertThat(manifests.reader(full).lookup(last)).isNotNull();
        assertThat(manifests.reader(full).nextPresent(1 << 28, last + 1)).isEqualTo(last);
    }

    @Test
    void openNodesStayWithinTheirLimitInAnyOrder() throws IOException {
        List<Long> keys = new ArrayList<>();
        for (long leaf = 0; leaf < 400; leaf++) {
            keys.add(leaf * 512 * 700);
            keys.add(leaf * 512 * 700 + leaf);
        }
        Tree ordered = build(keys, 1024);
        Collections.shuffle(keys, new Random(3));
        assertThat(build(keys, 16)).isEqualTo(ordered);
    }

    private Tree build(List<Long> keys, int openLimit) throws IOException {
        WriteLease lease = store.write("test");
        TreeBuilder builder = new TreeBuilder(NodeKind.CONTENT, store, lease, null, openLimit);
        for (long key : keys) {
            builder.set(key, Nodes.id((int) (key % 60_000)));
            assertThat(builder.openCount()).isLessThanOrEqualTo(openLimit);
        }
        return builder.finish();
    }

    private Manifest write(@Nullable Manifest base, long sizeBytes, List<Long> blocks) throws IOException {
        try (ManifestWriter writer = manifests.writer("test", base, new WriterStamp("snap-1"))) {
            ByteBuffer bytes = ByteBuffer.allocate(64 << 10);
            for (long block : blocks) {
                writer.put(block, bytes.putLong(0, block + 1));
            }
            Manifest manifest = writer.finish(sizeBytes);
            writer.commit(Map.of(), Set.of());
            return manifest;
        }
    }
}
