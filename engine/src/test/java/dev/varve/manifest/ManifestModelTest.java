package dev.varve.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.chunk.ChunkId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random disks, each based on an earlier one or on none, against the model. A failure's display name is its seed. */
class ManifestModelTest {
    private static final long BLOCKS = Manifest.MAX_SIZE_BYTES / Disk.CHUNK;
    private static final long[] REGIONS = {0, 500, 512, 100_000, 512 * 512 - 3, 512 * 512, 3L << 27, BLOCKS - 600};

    private final ProbeStore store = new ProbeStore(Disk.CHUNK);
    private final Manifests manifests = new Manifests(store, 256 << 10, 16);
    private final List<Disk> disks = new ArrayList<>();
    private final List<Manifest> built = new ArrayList<>();

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void everyDiskIsAsTheModelSays(long seed) throws IOException {
        Random random = new Random(seed);
        for (int generation = 0; generation < 12; generation++) {
            int from = random.nextInt(-1, disks.size());
            Disk disk = from < 0 ? new Disk() : disks.get(from).copy();
            Manifest manifest = write(random, disk, from < 0 ? null : built.get(from), "snap-" + generation);
            disks.add(disk);
            built.add(manifest);
            checkEntries(disk, manifest);
            checkRanges(random, disk, manifest);
            checkProofs(random, disk, manifest);
            checkWalk(disk, manifest);
            checkRebuilt(random, disk, manifest);
            int other = random.nextInt(disks.size());
            checkDiff(disk, disks.get(other), manifest, built.get(other));
            checkDiffOfRanges(
                    random,
                    disk,
                    disks.get(other),
                    manifests.reader(manifest).diff(manifests.reader(built.get(other))));
        }
    }

    private Manifest write(Random random, Disk disk, @Nullable Manifest base, String stamp) throws IOException {
        int regions = random.nextInt(1, REGIONS.length + 1);
        long end = 1;
        try (ManifestWriter writer = manifests.writer("test", base, new WriterStamp(stamp))) {
            for (int i = random.nextInt(60); i > 0; i--) {
                long block = REGIONS[random.nextInt(regions)] + random.nextInt(1 + random.nextInt(590));
                if (random.nextInt(6) == 0) {
                    long count = Math.min(1 + random.nextInt(1 + random.nextInt(3000)), BLOCKS - block);
                    writer.zero(block, count);
                    disk.zero(block, count, stamp);
                } else {
                    byte[] bytes = random.nextInt(5) == 0 ? new byte[Disk.CHUNK] : Disk.content(random.nextInt(20));
                    writer.put(block, ByteBuffer.wrap(bytes));
                    disk.put(block, bytes, stamp);
                    end = Math.max(end, (block + 1) * Disk.CHUNK);
                }
            }
            disk.resize(size(random, end, base == null ? 1 : base.sizeBytes()));
            if (random.nextBoolean() && disk.sizeBytes >= end + Disk.CHUNK) {
                int length = (int) (disk.sizeBytes - (disk.blockCount() - 1) * Disk.CHUNK);
                byte[] bytes = Arrays.copyOf(Disk.content(7), length);
                writer.put(disk.blockCount() - 1, ByteBuffer.wrap(bytes));
                disk.put(disk.blockCount() - 1, bytes, stamp);
            }
            Manifest manifest = writer.finish(disk.sizeBytes);
            writer.commit(Map.of("test/" + stamp, manifest.toString().getBytes(StandardCharsets.US_ASCII)), Set.of());
            return manifest;
        }
    }

    /** Not before the end of what was put: the base's, in the middle of it, or beyond. */
    private static long size(Random random, long endBytes, long baseBytes) {
        return switch (random.nextInt(4)) {
            case 0 -> Math.max(endBytes, baseBytes);
            case 1 -> endBytes;
            case 2 -> endBytes + (long) (random.nextDouble() * Math.max(1, baseBytes - endBytes));
            default -> Math.min(Manifest.MAX_SIZE_BYTES, endBytes + random.nextInt(1 << 30));
        };
    }

    private void checkEntries(Disk disk, Manifest manifest) throws IOException {
        ManifestReader reader = manifests.reader(manifest);
        assertThat(Manifest.parse(manifest.toString())).isEqualTo(manifest);
        TreeMap<Long, byte[]> found = new TreeMap<>();
        long end = manifest.blockCount();
        for (long block = reader.nextPresent(0, end); block < end; block = reader.nextPresent(block + 1, end)) {
            ByteBuffer bytes = ByteBuffer.allocate(Disk.CHUNK);
            assertThat(reader.read(block, bytes)).isTrue();
            found.put(block, bytes.array());
            assertThat(reader.lookup(block)).isEqualTo(Disk.id(bytes.array()));
            Leaf leaf = Objects.requireNonNull(reader.leaf(block / Leaf.BLOCKS));
            assertThat(leaf.chunk((int) (block % Leaf.BLOCKS))).isEqualTo(Disk.id(bytes.array()));
        }
        assertThat(Disk.differences(disk.blocks, found)).isEmpty();
        TreeMap<Long, String> stamps = new TreeMap<>();
        long ends = manifest.writerBlockCount();
        for (long i = reader.nextWritten(0, ends); i < ends; i = reader.nextWritten(i + 1, ends)) {
            stamps.put(i, Objects.requireNonNull(reader.writer(i)).id());
        }
        assertThat(stamps).isEqualTo(disk.writers);
    }

    private void checkRanges(Random random, Disk disk, Manifest manifest) throws IOException {
        ManifestReader reader = manifests.reader(manifest);
        for (int i = 0; i < 40; i++) {
            long from = Math.min(manifest.blockCount(), REGIONS[random.nextInt(REGIONS.length)] + random.nextInt(600));
            long to = Math.min(manifest.blockCount(), from + random.nextInt(2000));
            Long present = disk.blocks.ceilingKey(from);
            assertThat(reader.nextPresent(from, to)).isEqualTo(present == null ? to : Math.min(present, to));
            long absent = from;
            while (absent < to && disk.blocks.containsKey(absent)) {
                absent++;
            }
            assertThat(reader.nextAbsent(from, to)).isEqualTo(absent);
            if (from < manifest.blockCount()) {
                assertThat(reader.lookup(from) != null).isEqualTo(disk.blocks.containsKey(from));
            }
        }
    }

    private void checkProofs(Random random, Disk disk, Manifest manifest) throws IOException {
        List<Long> blocks = new ArrayList<>(disk.blocks.keySet());
        Collections.shuffle(blocks, random);
        List<Long> some = new ArrayList<>(blocks.subList(0, Math.min(5, blocks.size())));
        some.add((long) (random.nextDouble() * manifest.blockCount()));
        some.add(manifest.blockCount() - 1);
        for (long block : some) {
            byte[] bytes = disk.blocks.get(block);
            ChunkId proved = manifests.prove(manifest, block).verify(manifest);
            assertThat(proved).isEqualTo(bytes == null ? null : Disk.id(bytes));
        }
    }

    private void checkWalk(Disk disk, Manifest manifest) throws IOException {
        Map<Long, ChunkId> found = new TreeMap<>();
        manifests.walk(manifest, new ManifestVisitor() {
            @Override
            public void chunk(long block, ChunkId id) {
                found.put(block, id);
            }

            @Override
            public void damaged(Subtree subtree, IOException problem) {
                throw new AssertionError(subtree + ": " + problem);
            }
        });
        Map<Long, ChunkId> expected = new TreeMap<>();
        disk.blocks.forEach((block, bytes) -> expected.put(block, Disk.id(bytes)));
        assertThat(found).isEqualTo(expected);
    }

    /** The same content in another order, in one go, has the same identity. */
    private void checkRebuilt(Random random, Disk disk, Manifest manifest) throws IOException {
        List<Long> blocks = new ArrayList<>(disk.blocks.keySet());
        Collections.shuffle(blocks, random);
        try (ManifestWriter writer = manifests.writer("again", null, new WriterStamp("again"))) {
            for (long block : blocks) {
                writer.put(block, ByteBuffer.wrap(disk.blocks.get(block)));
            }
            Manifest again = writer.finish(disk.sizeBytes);
            assertThat(again.content()).isEqualTo(manifest.content());
            assertThat(again.identity()).isEqualTo(manifest.identity());
        }
    }

    private void checkDiff(Disk a, Disk b, Manifest left, Manifest right) throws IOException {
        List<List<Long>> content = new ArrayList<>();
        manifests.diff(left, right, (first, count) -> content.add(List.of(first, count)));
        assertThat(content).isEqualTo(Disk.differences(a.blocks, b.blocks));
        List<List<Long>> writers = new ArrayList<>();
        manifests.diffWriters(left, right, (first, count) -> writers.add(List.of(first, count)));
        assertThat(writers).isEqualTo(Disk.differences(a.writers, b.writers));
    }

    private static void checkDiffOfRanges(Random random, Disk a, Disk b, TreeDiff diff) throws IOException {
        for (int i = 0; i < 40; i++) {
            long from = REGIONS[random.nextInt(REGIONS.length)] + random.nextInt(600);
            long to = from + random.nextInt(2000);
            for (long key = from; key < to; ) {
                boolean differs = !Arrays.equals(a.blocks.get(key), b.blocks.get(key));
                long end = key + 1;
                while (end < to && Arrays.equals(a.blocks.get(end), b.blocks.get(end)) != differs) {
                    end++;
                }
                assertThat(diff.nextDifferent(key, to)).isEqualTo(differs ? key : end);
                assertThat(diff.nextSame(key, to)).isEqualTo(differs ? end : key);
                key = end;
            }
            assertThat(diff.nextDifferent(to, to)).isEqualTo(to);
            assertThat(diff.nextSame(to, to)).isEqualTo(to);
        }
    }
}
