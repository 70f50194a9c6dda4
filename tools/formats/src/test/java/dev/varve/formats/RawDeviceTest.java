package dev.varve.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import dev.varve.formats.RawDevice.Access;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class RawDeviceTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    @Test
    void randomReadsAndWritesMatchAnArray() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] model = new byte[64 * 1024];
        try (RawDevice device = RawDevice.open(zeros("disk", model.length), Access.WRITE)) {
            for (int i = 0; i < 2000; i++) {
                step(random, model, device);
            }
            assertThat(bytes(device, 0, model.length)).as("seed %d", seed).isEqualTo(model);
        }
    }

    private static void step(Random random, byte[] model, BlockDevice device) throws IOException {
        int offset = random.nextInt(model.length);
        int length = random.nextInt(model.length - offset);
        switch (random.nextInt(4)) {
            case 0 -> {
                byte[] data = new byte[length];
                random.nextBytes(data);
                device.write(ByteBuffer.wrap(data), offset);
                System.arraycopy(data, 0, model, offset, length);
            }
            case 1 -> {
                device.trim(offset, length);
                Arrays.fill(model, offset, offset + length, (byte) 0);
            }
            case 2 -> {
                device.writeZeroes(offset, length);
                Arrays.fill(model, offset, offset + length, (byte) 0);
            }
            default ->
                assertThat(bytes(device, offset, length)).isEqualTo(Arrays.copyOfRange(model, offset, offset + length));
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void holesOfALargeFileAreFoundNotRead() throws IOException {
        Path file = zeros("disk", 1L << 40);
        try (RandomAccessFile writer = new RandomAccessFile(file.toFile(), "rw")) {
            writer.seek(1L << 39);
            writer.write(new byte[MIB]);
        }
        try (RawDevice device = RawDevice.open(file, Access.READ)) {
            List<Extent> extents = device.extents(BlockDevice.ALLOCATION, 0, 1L << 40, 100);
            assertThat(extents)
                    .containsExactly(
                            new Extent(0, 1L << 39, false),
                            new Extent(1L << 39, MIB, true),
                            new Extent((1L << 39) + MIB, (1L << 39) - MIB, false));
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void extentsStopAtTheLimitAndAtTheEndOfTheRange() throws IOException {
        Path file = zeros("disk", RawDevice.LOOK_FOR_HOLES_BYTES);
        try (RandomAccessFile writer = new RandomAccessFile(file.toFile(), "rw")) {
            writer.seek(MIB);
            writer.write(new byte[MIB]);
        }
        try (RawDevice device = RawDevice.open(file, Access.READ)) {
            assertThat(device.extents(BlockDevice.ALLOCATION, 0, 4 * MIB, 2))
                    .containsExactly(new Extent(0, MIB, false), new Extent(MIB, MIB, true));
            assertThat(device.extents(BlockDevice.ALLOCATION, MIB + 4096, 4096, 9))
                    .containsExactly(new Extent(MIB + 4096, 4096, true));
            assertThat(device.extents(BlockDevice.ALLOCATION, MIB, 0, 9)).isEmpty();
        }
    }

    @Test
    void aSmallFileIsAllData() throws IOException {
        try (RawDevice device = RawDevice.open(zeros("disk", MIB), Access.READ)) {
            assertThat(device.extents(BlockDevice.ALLOCATION, 512, 1024, 9))
                    .containsExactly(new Extent(512, 1024, true));
            assertThatIllegalArgumentException().isThrownBy(() -> device.extents("hydration", 0, 512, 1));
        }
    }

    @Test
    void anInterruptedReaderStillReadsAndHarmsNobody() throws IOException {
        try (RawDevice device = RawDevice.open(zeros("disk", MIB), Access.WRITE)) {
            Thread.currentThread().interrupt();
            device.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 5);
            assertThat(bytes(device, 4, 5)).containsExactly(0, 1, 2, 3, 0);
            device.flush();
            assertThat(Thread.interrupted()).isTrue();
            assertThat(bytes(device, 5, 1)).containsExactly(1);
        }
    }

    @Test
    void aRangePastTheEndHasNoEffect() throws IOException {
        try (RawDevice device = RawDevice.open(zeros("disk", 1024), Access.WRITE)) {
            assertThatThrownBy(() -> device.write(ByteBuffer.allocate(2), 1023))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> device.read(ByteBuffer.allocate(1), 1024))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> device.trim(0, 1025)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void aReadOnlyDiskRefusesEveryChange() throws IOException {
        try (RawDevice device = RawDevice.open(zeros("disk", 1024), Access.READ)) {
            assertThat(device.isReadOnly()).isTrue();
            assertThatThrownBy(() -> device.write(ByteBuffer.allocate(1), 0))
                    .isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> device.trim(0, 1)).isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> device.writeZeroes(0, 1)).isInstanceOf(UnsupportedOperationException.class);
            device.flush();
        }
    }

    @Test
    void aCallAfterCloseIsAnException() throws IOException {
        RawDevice device = RawDevice.open(zeros("disk", 1024), Access.WRITE);
        device.close();
        device.close();
        assertThatIllegalStateException().isThrownBy(() -> device.read(ByteBuffer.allocate(1), 0));
        assertThatIllegalStateException().isThrownBy(device::flush);
        assertThatIllegalStateException().isThrownBy(() -> device.extents(BlockDevice.ALLOCATION, 0, 1, 1));
    }

    @Test
    void whatIsNoDiskIsRefusedByNameAndReason() throws IOException {
        assertRefused(folder.resolve("absent"), "no such file");
        assertRefused(folder, "directory");
    }

    @Test
    void aDiskIsAWholeNumberOfSectorsAndNotNone() throws IOException {
        Path file = folder.resolve("disk");
        RawDevice.requireWholeSectors(file, 512);
        assertThatThrownBy(() -> RawDevice.requireWholeSectors(file, 0))
                .hasMessageStartingWith(file + ": this is empty");
        assertThatThrownBy(() -> RawDevice.requireWholeSectors(file, 1000))
                .hasMessageStartingWith(file + ": its size, 1000 bytes, is not a multiple of 512");
    }

    private static void assertRefused(Path file, String reason) {
        assertThatThrownBy(() -> RawDevice.open(file, Access.READ))
                .isInstanceOf(DiskImageException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(reason);
    }

    @Test
    void aFileCutWhileItIsReadFailsByName() throws IOException {
        Path file = zeros("disk", 4096);
        try (RawDevice device = RawDevice.open(file, Access.READ)) {
            try (RandomAccessFile writer = new RandomAccessFile(file.toFile(), "rw")) {
                writer.setLength(1024);
            }
            ByteBuffer dst = ByteBuffer.allocate(4096);
            assertThatThrownBy(() -> device.read(dst, 0))
                    .isInstanceOf(DiskImageException.class)
                    .hasMessageStartingWith(file + ": it was cut short");
            assertThat(dst.position()).isZero();
        }
    }

    private Path zeros(String name, long sizeBytes) throws IOException {
        Path file = folder.resolve(name);
        Files.createFile(file);
        try (RandomAccessFile writer = new RandomAccessFile(file.toFile(), "rw")) {
            writer.setLength(sizeBytes);
        }
        return file;
    }

    private static byte[] bytes(BlockDevice device, long offset, int length) throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(length);
        device.read(dst, offset);
        return dst.array();
    }
}
