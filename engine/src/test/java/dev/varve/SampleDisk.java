package dev.varve;

import dev.varve.image.Image;
import dev.varve.image.ImageRequest;
import dev.varve.snapshot.BlockSource;
import dev.varve.snapshot.SnapshotReader;
import dev.varve.snapshot.SnapshotRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A small disk that is made of numbers: a third of its blocks is shared by all such disks, a third by two that are
 * neighbours, a third is its own; some are zeros, some don't compress. It ends inside a block.
 */
record SampleDisk(long number, int blocks) {
    static final int BLOCK = 64 << 10;
    static final String ACCOUNT = "123456789012";
    static final String REGION = "us-east-1";

    int sizeBytes() {
        return blocks * BLOCK - 4096;
    }

    byte[] bytes() {
        byte[] disk = new byte[blocks * BLOCK];
        for (int i = 0; i < blocks; i++) {
            long owner = switch (i % 3) {
                case 0 -> 0;
                case 1 -> 1 + number / 2;
                default -> -1 - number;
            };
            if (i % 7 != 3) {
                fill(disk, i, owner * 1_000_003 + i);
            }
        }
        return Arrays.copyOf(disk, sizeBytes());
    }

    private static void fill(byte[] disk, int block, long seed) {
        ByteBuffer out = ByteBuffer.wrap(disk, block * BLOCK, BLOCK);
        SplittableRandom random = new SplittableRandom(seed);
        boolean compressible = seed % 2 == 0;
        long value = random.nextLong();
        while (out.hasRemaining()) {
            value = compressible && random.nextInt(4) != 0 ? value : random.nextLong();
            out.putLong(value);
        }
    }

    String imageName() {
        return "disk-" + number;
    }

    static EngineOptions options() {
        return EngineOptions.defaults().withNativeFolder(Path.of("target", "native"));
    }

    Image importInto(Engine engine) throws IOException {
        return importInto(engine, SnapshotRequest.NEW);
    }

    Image importInto(Engine engine, SnapshotRequest snapshot) throws IOException {
        return engine.images(ACCOUNT, REGION)
                .importImage(
                        ImageRequest.named(imageName()), snapshot, BlockSource.of(new ByteArrayInputStream(bytes())))
                .run();
    }

    /** Whether an image holds this disk; a failed read is the exception it is. */
    boolean isHeldBy(Engine engine, Image image) throws IOException {
        String snapshot = image.rootMapping().snapshotId();
        try (SnapshotReader disk = engine.snapshots(ACCOUNT, REGION).open(snapshot)) {
            ByteBuffer found = ByteBuffer.allocate(Math.toIntExact(disk.sizeBytes()));
            disk.read(found, 0);
            return Arrays.equals(found.array(), bytes());
        }
    }
}
