package dev.varve.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.formats.RawDevice.Access;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RawWriterTest {
    private static final int MIB = 1 << 20;
    private static final long SIZE = RawDevice.LOOK_FOR_HOLES_BYTES + 5 * MIB + 512;

    @TempDir
    Path folder;

    private Path disk;

    /** Data, a hole, data with zero pages in it, a hole, an odd end. */
    @BeforeEach
    void makeDisk() throws IOException {
        disk = folder.resolve("disk");
        byte[] data = new byte[3 * MIB];
        new Random(7).nextBytes(data);
        Arrays.fill(data, 8192, 8192 + 5000, (byte) 0);
        try (RandomAccessFile writer = new RandomAccessFile(disk.toFile(), "rw")) {
            writer.setLength(SIZE);
            writer.write(data);
            writer.seek(70 * MIB + 512);
            writer.write(data);
            writer.seek(SIZE - 512);
            writer.write(data, 0, 512);
        }
    }

    @Test
    void aFileComesOutEqualAndAppearsOnlyWhole() throws IOException {
        Path target = folder.resolve("out.raw");
        AtomicLong copied = new AtomicLong();
        try (RawDevice source = RawDevice.open(disk, Access.READ)) {
            RawWriter.write(source, target, false, bytes -> {
                assertThat(target).doesNotExist();
                copied.addAndGet(bytes);
            });
        }
        assertThat(Files.mismatch(disk, target)).isEqualTo(-1);
        assertThat(copied).hasValue(SIZE);
        assertOnly("disk", "out.raw");
    }

    @Test
    void aStreamGetsEveryByteInOrder() throws IOException {
        Path target = folder.resolve("out.raw");
        try (RawDevice source = RawDevice.open(disk, Access.READ);
                OutputStream out = Files.newOutputStream(target)) {
            RawWriter.write(source, out, bytes -> {});
        }
        assertThat(Files.mismatch(disk, target)).isEqualTo(-1);
    }

    @Test
    void aUsedDeviceLosesItsOldBytesInHolesToo() throws IOException {
        Path used = folder.resolve("used");
        byte[] old = new byte[MIB];
        Arrays.fill(old, (byte) 0x5a);
        try (OutputStream out = Files.newOutputStream(used)) {
            for (long written = 0; written < SIZE; written += MIB) {
                out.write(old, 0, (int) Math.min(MIB, SIZE - written));
            }
        }
        try (RawDevice source = RawDevice.open(disk, Access.READ);
                RawDevice target = RawDevice.open(used, Access.WRITE)) {
            new DiskCopy(source, bytes -> {}).toUsed(target);
        }
        assertThat(Files.mismatch(disk, used)).isEqualTo(-1);
    }

    @Test
    void anExistingFileStaysUnlessItMayBeReplaced() throws IOException {
        Path target = Files.writeString(folder.resolve("out.raw"), "precious");
        try (RawDevice source = RawDevice.open(disk, Access.READ)) {
            assertThatThrownBy(() -> RawWriter.write(source, target, false, bytes -> {}))
                    .isInstanceOf(DiskImageException.class)
                    .hasMessageContaining("--force");
            assertThat(target).hasContent("precious");
            RawWriter.write(source, target, true, bytes -> {});
        }
        assertThat(Files.mismatch(disk, target)).isEqualTo(-1);
    }

    @Test
    void aLinkKeepsPointingToTheFileThatIsReplaced() throws IOException {
        Path real = Files.writeString(folder.resolve("real.raw"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link.raw"), real);
        try (RawDevice source = RawDevice.open(disk, Access.READ)) {
            RawWriter.write(source, link, true, bytes -> {});
        }
        assertThat(link).isSymbolicLink();
        assertThat(Files.mismatch(disk, real)).isEqualTo(-1);
    }

    @Test
    void aSourceThatFailsHalfWayLeavesNothing() throws IOException {
        Path target = folder.resolve("out.raw");
        try (RawDevice source = RawDevice.open(disk, Access.READ)) {
            try (RandomAccessFile writer = new RandomAccessFile(disk.toFile(), "rw")) {
                writer.setLength(72 * MIB);
            }
            assertThatThrownBy(() -> RawWriter.write(source, target, false, bytes -> {}))
                    .isInstanceOf(IOException.class);
        }
        assertOnly("disk");
    }

    @Test
    void aStreamThatTakesNoMoreEndsTheCopy() throws IOException {
        OutputStream broken = new OutputStream() {
            private long left = 2 * MIB;

            @Override
            public void write(int b) throws IOException {
                throw new IOException("one byte at a time");
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                left -= length;
                if (left < 0) {
                    throw new IOException("Broken pipe");
                }
            }
        };
        try (RawDevice source = RawDevice.open(disk, Access.READ)) {
            assertThatThrownBy(() -> RawWriter.write(source, broken, bytes -> {}))
                    .hasMessage("Broken pipe");
        }
    }

    @Test
    void zeroPagesAreLeftOutOfAFreshFile() throws IOException {
        Path target = folder.resolve("fresh");
        byte[] data = new byte[20_000];
        data[4096] = 1;
        data[19_999] = 2;
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.write(new byte[512]);
        expected.write(data);
        try (RawDevice device = RawDevice.create(target, target, 512 + data.length)) {
            NonZeroRuns.write(ByteBuffer.wrap(data), 512, device);
        }
        assertThat(Files.readAllBytes(target)).isEqualTo(expected.toByteArray());
    }

    @Test
    void targetsThatCanNotBeAreRefusedByName() throws IOException {
        try (RawDevice source = RawDevice.open(disk, Access.READ)) {
            assertThatThrownBy(() -> RawWriter.write(source, folder, true, bytes -> {}))
                    .hasMessageStartingWith(folder + ": ")
                    .hasMessageContaining("directory");
            Path astray = folder.resolve("no").resolve("out.raw");
            assertThatThrownBy(() -> RawWriter.write(source, astray, false, bytes -> {}))
                    .hasMessageStartingWith(astray + ": ")
                    .hasMessageContaining("create it first");
        }
    }

    private void assertOnly(String... names) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder(names);
        }
    }
}
