package dev.varve.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import dev.varve.catalog.Fixture;
import dev.varve.manifest.Manifests;
import dev.varve.store.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random generations of snapshots against arrays. */
class SnapshotModelTest {
    private static final int BLOCK = 4096;
    private static final int OPERATIONS = 400;

    private record Generation(String id, byte[] bytes) {}

    private final Store store = Fixture.store(BLOCK);
    private final Snapshots snapshots = new SnapshotRegistry(
                    Fixture.catalog(store), new Manifests(store, 1 << 18), Runnable::run)
            .in(Fixture.SCOPE.account(), Fixture.SCOPE.region());
    private final List<Generation> living = new ArrayList<>();
    private Random random = new Random();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void everyGenerationReadsAsItsArray(long seed) throws Exception {
        random = new Random(seed);
        for (int i = 0; i < OPERATIONS; i++) {
            switch (living.isEmpty() ? 0 : random.nextInt(8)) {
                case 0 -> write(null);
                case 1, 2 -> write(any());
                case 3 -> delete();
                case 4 -> compare(any(), any());
                case 5 -> extents(any());
                default -> read(any());
            }
        }
        for (Generation each : living) {
            verify(each, 0, each.bytes.length);
        }
    }

    private Generation any() {
        return living.get(random.nextInt(living.size()));
    }

    private void write(Generation parent) throws IOException {
        int least = parent == null ? 512 : parent.bytes.length;
        byte[] bytes = Arrays.copyOf(
                parent == null ? new byte[0] : parent.bytes,
                Math.min(300 * BLOCK, least + 512 * random.nextInt(parent == null ? 1600 : 80)));
        SnapshotRequest request = parent == null ? SnapshotRequest.NEW : SnapshotRequest.NEW.withParentId(parent.id);
        try (SnapshotWriter writer = snapshots.writer(request)) {
            int blocks = (bytes.length + BLOCK - 1) / BLOCK;
            for (int i = random.nextInt(20); i > 0; i--) {
                int block = random.nextInt(blocks);
                int length = Math.min(BLOCK, bytes.length - block * BLOCK);
                if (random.nextInt(4) == 0) {
                    Arrays.fill(bytes, block * BLOCK, block * BLOCK + length, (byte) 0);
                    writer.zero(block, 1);
                } else {
                    byte[] data = new byte[length];
                    if (random.nextInt(5) > 0) {
                        new Random(random.nextInt(10)).nextBytes(data);
                    }
                    System.arraycopy(data, 0, bytes, block * BLOCK, length);
                    writer.put(block, ByteBuffer.wrap(data));
                }
            }
            if (random.nextInt(5) > 0) {
                living.add(new Generation(writer.complete(bytes.length).id(), bytes));
            }
        }
    }

    private void delete() throws IOException {
        Generation victim = any();
        snapshots.delete(victim.id);
        living.remove(victim);
    }

    private void read(Generation generation) throws IOException {
        int from = random.nextInt(generation.bytes.length);
        verify(generation, from, random.nextInt(generation.bytes.length - from + 1));
    }

    private void verify(Generation generation, int from, int length) throws IOException {
        try (SnapshotReader reader = snapshots.open(generation.id)) {
            ByteBuffer read = random.nextBoolean() ? ByteBuffer.allocate(length) : ByteBuffer.allocateDirect(length);
            reader.read(read, from);
            assertThat(read.hasRemaining()).isFalse();
            assertThat(read.flip()).isEqualTo(ByteBuffer.wrap(generation.bytes, from, length));
        }
    }

    private void extents(Generation generation) throws IOException {
        int from = random.nextInt(generation.bytes.length);
        int length = random.nextInt(generation.bytes.length - from + 1);
        try (SnapshotReader reader = snapshots.open(generation.id)) {
            long at = from;
            for (Extent each : reader.extents(BlockDevice.ALLOCATION, from, length, Integer.MAX_VALUE)) {
                assertThat(each.offsetBytes()).isEqualTo(at);
                at = each.endBytes();
                if (!each.set()) {
                    byte[] run = Arrays.copyOfRange(generation.bytes, (int) each.offsetBytes(), (int) at);
                    assertThat(run).containsOnly(0);
                }
            }
            assertThat(at).isEqualTo(from + length);
        }
    }

    private void compare(Generation a, Generation b) throws IOException {
        List<Long> told = new ArrayList<>();
        snapshots.diff(a.id, b.id, (offset, length) -> {
            assertThat(offset % BLOCK).isZero();
            for (long block = offset / BLOCK; block * BLOCK < offset + length; block++) {
                told.add(block);
            }
        });
        List<Long> expected = new ArrayList<>();
        int size = Math.max(a.bytes.length, b.bytes.length);
        byte[] left = Arrays.copyOf(a.bytes, size);
        byte[] right = Arrays.copyOf(b.bytes, size);
        for (int at = 0; at < size; at += BLOCK) {
            int end = Math.min(at + BLOCK, size);
            if (!Arrays.equals(left, at, end, right, at, end)) {
                expected.add((long) at / BLOCK);
            }
        }
        assertThat(told).isEqualTo(expected);
    }
}
