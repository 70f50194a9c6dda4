package dev.varve;

import dev.varve.block.BlockDevice;
import dev.varve.image.DeviceMapping;
import dev.varve.snapshot.SnapshotWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a {@link Simulation} knows: all that should be there, and what it should hold; and what can't be known for now. */
final class SimulatedWorld {
    private static final int PATTERNS = 40;
    private static final int OLD = 4;
    private static final byte[][] PATTERN_PAGES = patternPages();

    final List<Disk> disks = new ArrayList<>();
    final List<Shot> shots = new ArrayList<>();
    final List<Picture> pictures = new ArrayList<>();
    final List<Machine> machines = new ArrayList<>();
    final List<Upload> uploads = new ArrayList<>();
    final List<Reading> readings = new ArrayList<>();

    /** Ids of what was deleted, and does not come back by itself. */
    final TreeSet<String> gone = new TreeSet<>();

    /** What images are made of, be they there or not. */
    final Map<String, List<DeviceMapping>> pictureMappings = new TreeMap<>();

    /** What was deleted and may be restored, by id: what has it be there again. */
    final Map<String, Runnable> bin = new TreeMap<>();

    /** Snapshots that were deleted a while ago: what they held may come again. */
    private final List<Shot> old = new ArrayList<>();

    /** What calls that have failed may have done: found out when a process was started again. */
    final List<Doubt> doubts = new ArrayList<>();

    /** Finds out, and has the world know. */
    interface Doubt {
        void settle() throws IOException;
    }

    /** A volume. */
    static final class Disk {
        final String id;
        final VolumeModel model;

        @Nullable
        BlockDevice device;

        @Nullable
        String machineId;

        long sizeGib;

        /** Where one of its calls has failed, it is left alone until a process was started again. */
        boolean failed;

        /** Sizes that it may have beside. */
        final List<Long> maybeGib = new ArrayList<>();

        /** Bytes of its log since all was folded last, at most. */
        int logBytes;

        Disk(String id, long sizeGib, byte[][] content) {
            this.id = id;
            this.sizeGib = sizeGib;
            this.model = new VolumeModel(content);
        }

        BlockDevice device() {
            BlockDevice open = device;
            if (open == null) {
                throw new IllegalStateException(id + " is not attached");
            }
            return open;
        }

        boolean isUsable() {
            return device != null && !failed;
        }
    }

    /** A snapshot. */
    record Shot(String id, long sizeBytes, byte[][] content) {}

    /** An image. */
    record Picture(String id, String name, List<DeviceMapping> mappings) {
        boolean uses(Shot shot) {
            return mappings.stream().anyMatch(mapping -> shot.id.equals(mapping.snapshotId()));
        }
    }

    /** An instance: those of its volumes that go with it, and all of them. */
    record Machine(String id, List<String> volumeIds, List<String> goingIds) {}

    /** A snapshot that is being written, block by block. */
    static final class Upload {
        final SnapshotWriter writer;
        final byte[][] content = VolumeModel.zeros();

        Upload(SnapshotWriter writer) {
            this.writer = writer;
        }
    }

    /** A snapshot that somebody has open. */
    record Reading(Shot shot, BlockDevice device) {}

    private static byte[][] patternPages() {
        Random random = new Random(7);
        byte[][] pages = new byte[PATTERNS][VolumeModel.PAGE];
        for (int i = 0; i < PATTERNS; i++) {
            if (i % 2 == 0) {
                random.nextBytes(pages[i]);
            } else {
                Arrays.fill(pages[i], (byte) i);
            }
        }
        return pages;
    }

    /** Content that comes again and again, wherever it lies: a page of a block that begins with one of few pages. */
    static byte[] patternPage(int pattern, int pageInBlock) {
        return PATTERN_PAGES[(pattern + pageInBlock) % PATTERNS];
    }

    static int pattern(Random random) {
        return random.nextInt(PATTERNS);
    }

    static byte[] bytes(byte[][] content, int firstPage, int pages) {
        ByteBuffer bytes = ByteBuffer.allocate(pages * VolumeModel.PAGE);
        for (int i = 0; i < pages; i++) {
            bytes.put(content[firstPage + i]);
        }
        return bytes.array();
    }

    static byte[] read(BlockDevice device) throws IOException {
        ByteBuffer found = ByteBuffer.allocate((int) Math.min(VolumeModel.BYTES, device.sizeBytes()));
        device.read(found, 0);
        return found.array();
    }

    /** Of what is equal one; null when there is nothing to choose from. */
    static <T> @Nullable T any(List<T> all, Random random) {
        return all.isEmpty() ? null : all.get(random.nextInt(all.size()));
    }

    @Nullable
    Disk disk(String id) {
        return disks.stream().filter(disk -> disk.id.equals(id)).findFirst().orElse(null);
    }

    @Nullable
    Shot shot(String id) {
        return shots.stream().filter(shot -> shot.id.equals(id)).findFirst().orElse(null);
    }

    /** What was deleted is there again. */
    void bringBack(String id) {
        gone.remove(id);
        Objects.requireNonNull(bin.remove(id)).run();
    }

    /** Snapshots that an image is made of, be it there or not. */
    List<String> pictureSnapshots(String pictureId) {
        return pictureMappings.getOrDefault(pictureId, List.of()).stream()
                .flatMap(mapping -> Stream.ofNullable(mapping.snapshotId()))
                .distinct()
                .toList();
    }

    void remember(Shot shot) {
        old.add(shot);
        if (old.size() > OLD) {
            old.remove(0);
        }
    }

    /** One that is there, or was. */
    @Nullable
    Shot anyEver(Random random) {
        return any(random.nextBoolean() ? shots : old, random);
    }

    /** Distinct blocks, but for zeros, that the snapshots have. */
    int blockCount(int chunkSizeBytes) {
        TreeSet<byte[]> blocks = new TreeSet<>(Arrays::compare);
        int pages = chunkSizeBytes / VolumeModel.PAGE;
        for (Shot shot : shots) {
            for (int first = 0; first < VolumeModel.PAGES; first += pages) {
                blocks.add(bytes(shot.content, first, pages));
            }
        }
        blocks.remove(new byte[chunkSizeBytes]);
        return blocks.size();
    }
}
