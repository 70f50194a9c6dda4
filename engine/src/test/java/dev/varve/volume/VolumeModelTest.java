package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random operations against an array of bytes: a failure prints its seed. */
class VolumeModelTest {
    private static final int SIZE = 4 << 20;
    private static final int OPERATIONS = Integer.getInteger("varve.operations", 2000);

    @TempDir
    Path tmp;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void volumeInFilesIsAnArrayOfBytes(long seed) throws IOException {
        try (FileIo io = new FileIo()) {
            run(VolumeRig.inFiles(() -> io, tmp.resolve("logs"), SIZE), seed);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void volumeOnTheHeapIsAnArrayOfBytes(long seed) throws IOException {
        HeapSegments space = new HeapSegments();
        run(new VolumeRig(() -> new KeptSegments(space), SIZE), seed);
    }

    private static void run(VolumeRig rig, long seed) throws IOException {
        Random random = new Random(seed);
        byte[] model = new byte[SIZE];
        VolumeDevice device = rig.open();
        for (int i = 0; i < OPERATIONS; i++) {
            String what = "seed " + seed + ", operation " + i;
            int offset = offset(random);
            int length = Math.min(SIZE - offset, length(random));
            switch (random.nextInt(20)) {
                case 0, 1, 2, 3, 4, 5, 6 -> write(device, model, offset, length, random);
                case 7 -> {
                    device.trim(offset, length);
                    java.util.Arrays.fill(model, offset, offset + length, (byte) 0);
                }
                case 8 -> {
                    device.writeZeroes(offset, length);
                    java.util.Arrays.fill(model, offset, offset + length, (byte) 0);
                }
                case 9 -> device.flush();
                case 10 -> {
                    if (random.nextInt(20) == 0) {
                        device.close();
                        device = rig.open();
                        check(device, model, 0, SIZE, what + " after opening");
                    }
                }
                default -> check(device, model, offset, length, what);
            }
        }
        check(device, model, 0, SIZE, "seed " + seed + " at the end");
        device.close();
    }

    private static int offset(Random random) {
        int offset = random.nextInt(SIZE);
        return random.nextInt(3) == 0 ? offset : offset & -(1 << (9 + random.nextInt(8)));
    }

    private static int length(Random random) {
        int length = random.nextInt(1 << random.nextInt(20));
        return random.nextInt(3) == 0 ? length : length & -512;
    }

    private static void write(VolumeDevice device, byte[] model, int offset, int length, Random random)
            throws IOException {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        ByteBuffer src = random.nextBoolean()
                ? ByteBuffer.wrap(bytes)
                : ByteBuffer.allocateDirect(length).put(bytes).flip();
        device.write(src, offset);
        assertThat(src.hasRemaining()).isFalse();
        System.arraycopy(bytes, 0, model, offset, length);
    }

    private static void check(VolumeDevice device, byte[] model, int offset, int length, String what)
            throws IOException {
        ByteBuffer found = ByteBuffer.allocate(length);
        device.read(found, offset);
        assertThat(found.hasRemaining()).isFalse();
        int wrong = found.flip().mismatch(ByteBuffer.wrap(model, offset, length));
        assertThat(wrong)
                .as(what + ": first wrong byte of a read of %d at %d", length, offset)
                .isEqualTo(-1);
    }

    /** Segments that outlive the handle, as files do. */
    private record KeptSegments(HeapSegments segments) implements SegmentSpace {
        @Override
        public SegmentFile take(int sizeBytes, Use use) {
            return segments.take(sizeBytes, use);
        }

        @Override
        public SegmentFile open(long number, int sizeBytes) throws IOException {
            return segments.open(number, sizeBytes);
        }

        @Override
        public void give(SegmentFile segment) {
            segments.give(segment);
        }

        @Override
        public void delete(long number) {
            segments.delete(number);
        }

        @Override
        public void claim(java.util.Set<Long> numbers, boolean areAll) {}

        @Override
        public boolean isClaimed() {
            return true;
        }

        @Override
        public void close() {}
    }
}
