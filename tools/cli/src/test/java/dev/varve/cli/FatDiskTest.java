package dev.varve.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our reading of the specification; fat.sh has other people's. */
class FatDiskTest {
    private static final int PARTITION = 2048 * 512;

    @TempDir
    Path folder;

    @Test
    void aFileIsReadThroughPartitionTableDirectoryAndChain() throws IOException {
        byte[] content = new byte[5000];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i * 31);
        }
        Path file = folder.resolve("disk");
        FatDisk.write(
                file,
                List.of(
                        new FatDisk.Content("FIRST   TXT", "hello".getBytes(US_ASCII)),
                        new FatDisk.Content("SECOND  BIN", content)));
        ByteBuffer disk = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(disk.capacity()).isEqualTo(64 << 20);
        assertThat(disk.getShort(510)).isEqualTo((short) 0xAA55);
        assertThat(disk.getInt(446 + 8) * 512).isEqualTo(PARTITION);
        int fat = PARTITION + disk.getShort(PARTITION + 14) * 512;
        int root = fat + 2 * disk.getShort(PARTITION + 22) * 512;
        int data = root + disk.getShort(PARTITION + 17) * 32;
        int cluster = disk.getShort(root + 2 * 32 + 26);
        byte[] read = new byte[disk.getInt(root + 2 * 32 + 28)];
        for (int done = 0; done < read.length; done += 2048) {
            disk.get(data + (cluster - 2) * 2048, read, done, Math.min(2048, read.length - done));
            cluster = Short.toUnsignedInt(disk.getShort(fat + 2 * cluster));
        }
        assertThat(cluster).isEqualTo(0xFFFF);
        assertThat(read).isEqualTo(content);
    }

    @Test
    void whatDoesNotFitIsRefused() {
        FatDisk.Content large = new FatDisk.Content("LARGE   BIN", new byte[63 << 20]);
        assertThatThrownBy(() -> FatDisk.write(folder.resolve("disk"), List.of(large)))
                .hasMessage("the disk is full");
    }
}
