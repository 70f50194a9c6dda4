package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.varve.block.BlockDevice;
import dev.varve.image.Image;
import dev.varve.image.ImageQuery;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads a disk, ends the process, takes the chunks out of the store, and reads the disk again. */
class WarmRestartTest {
    private static final SampleDisk DISK = new SampleDisk(5, 200);
    private static final int LOST_AT_MOST = 63; // entries of the cache's directory that wait to be written

    @TempDir
    Path folder;

    private final byte[] bytes = DISK.bytes();

    /** The process that is killed: reads the disk, and waits. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws Exception {
            try (Engine engine = Engine.open(Path.of(args[0]), SampleDisk.options());
                    BlockDevice device = open(engine)) {
                device.read(ByteBuffer.allocate(DISK.sizeBytes()), 0);
                System.out.println("hydrated");
                Thread.sleep(Long.MAX_VALUE);
            }
        }
    }

    @BeforeEach
    void importDisk() throws IOException {
        try (Engine engine = Engine.create(folder.resolve("store"), NewStore.DEFAULT, SampleDisk.options())) {
            DISK.importInto(engine);
        }
    }

    private Engine engine() throws IOException {
        return Engine.open(folder.resolve("store"), SampleDisk.options());
    }

    private static Image image(Engine engine) throws IOException {
        return engine.images(SampleDisk.ACCOUNT, SampleDisk.REGION)
                .list(ImageQuery.ALL)
                .images()
                .get(0);
    }

    private static BlockDevice open(Engine engine) throws IOException {
        return engine.volumes(SampleDisk.ACCOUNT, SampleDisk.REGION)
                .open(image(engine).rootMapping().snapshotId());
    }

    private void emptyPacks() throws IOException {
        try (DirectoryStream<Path> packs = Files.newDirectoryStream(folder.resolve("store/packs"), "*.pack")) {
            for (Path pack : packs) {
                try (FileChannel cut = FileChannel.open(pack, StandardOpenOption.WRITE)) {
                    cut.truncate(64);
                }
            }
        }
    }

    @Test
    void diskThatWasReadIsReadAgainWithoutTheStore() throws IOException {
        try (Engine engine = engine();
                BlockDevice device = open(engine)) {
            device.read(ByteBuffer.allocate(bytes.length), 0);
        }
        try (Engine engine = engine();
                BlockDevice device = open(engine)) {
            emptyPacks();
            assertThatIOException().isThrownBy(() -> DISK.isHeldBy(engine, image(engine)));
            ByteBuffer found = ByteBuffer.allocate(bytes.length);
            device.read(found, 0);
            assertThat(found.array()).isEqualTo(bytes);
        }
    }

    @Test
    void processThatWasKilledLeavesMostOfWhatItRead() throws Exception {
        killAfterReading();
        try (Engine engine = engine();
                BlockDevice device = open(engine)) {
            emptyPacks();
            int lost = 0;
            for (int block = 0; block < DISK.blocks(); block++) {
                int length = Math.min(SampleDisk.BLOCK, bytes.length - block * SampleDisk.BLOCK);
                byte[] expected =
                        Arrays.copyOfRange(bytes, block * SampleDisk.BLOCK, block * SampleDisk.BLOCK + length);
                ByteBuffer found = ByteBuffer.allocate(length);
                try {
                    device.read(found, (long) block * SampleDisk.BLOCK);
                    assertThat(found.array()).isEqualTo(expected);
                } catch (IOException e) {
                    lost++;
                }
            }
            assertThat(lost).isLessThanOrEqualTo(LOST_AT_MOST);
        }
    }

    private void killAfterReading() throws Exception {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        folder.resolve("store").toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(out.readLine()).isEqualTo("hydrated");
        } finally {
            child.destroyForcibly().waitFor();
        }
    }
}
