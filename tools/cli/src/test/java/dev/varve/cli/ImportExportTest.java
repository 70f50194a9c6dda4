package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ImportExportTest extends CommandTest {
    @Test
    void aDiskComesBackEqual() throws IOException {
        Path disk = disk("disk.raw", "ab..c.");
        String image = imported(disk, "first");
        Path copy = folder.resolve("copy.raw");
        done("export", image, copy.toString());
        assertThat(Files.mismatch(disk, copy)).isEqualTo(-1);
        assertThat(files()).containsExactly("copy.raw", "disk.raw");
    }

    @Test
    void standardInputAndOutputCarryDisks() throws IOException {
        byte[] disk = Files.readAllBytes(disk("disk.raw", ".ab.b."));
        byte[] odd = Arrays.copyOf(disk, disk.length - CHUNK / 2);
        String image = varve(odd, "import", "-", "--name", "piped").lastLine();
        Run run = varve("export", image, "-");
        assertThat(run.bytes()).isEqualTo(odd);
        assertThat(run.err()).startsWith("Exported " + image + " to standard output: ");
    }

    @Test
    void anImageCanBeNamedAfterItsFile() throws IOException {
        done("import", disk("debian 12 (b).raw", "a").toString());
        assertThat(done("images").out()).contains("debian 12 (b)");
        assertThat(ImportCommand.nameOf(Path.of("a.raw"))).startsWith("disk-");
        assertThat(ImportCommand.nameOf(Path.of("/x/y#z.img"))).isEqualTo("y-z");
    }

    @Test
    void aSnapshotAloneIsNoImage() throws IOException {
        String snapshot = done("import", disk("disk.raw", "ab").toString(), "--snapshot-only")
                .lastLine();
        assertThat(snapshot).matches("snap-[0-9a-f]{17}");
        assertThat(done("images").out()).hasLineCount(1);
        assertThat(done("snapshots").out()).contains(snapshot);
        assertThat(varve("export", snapshot, "-").bytes()).hasSize(2 * CHUNK);
    }

    @Test
    void importTellsWhatItMadeInOneDocument() throws IOException {
        Run run = done("import", disk("disk.raw", "ab").toString(), "--name", "first", "--arch", "arm64", "--json");
        assertThat(run.out())
                .startsWith("{")
                .contains("\"ImageId\" : \"ami-", "\"SnapshotId\" : \"snap-", "\"SizeInBytes\" : 131072");
        assertThat(done("images", "--json").out()).contains("\"Architecture\" : \"arm64\"");
    }

    @Test
    void anotherFormatIsRefusedUnlessForced() throws IOException {
        Path file = disk("disk.qcow2", "ab");
        byte[] bytes = Files.readAllBytes(file);
        System.arraycopy(new byte[] {'Q', 'F', 'I', (byte) 0xfb}, 0, bytes, 0, 4);
        Files.write(file, bytes);
        failed(varve("import", file.toString()), file + ": this is a qcow2 image", "--force");
        failed(varve(bytes, "import", "-"), "standard input: this is a qcow2 image");
        assertThat(store).doesNotExist();
        done("import", file.toString(), "--force");
    }

    @Test
    void aNameThatIsTakenOrMalformedRegistersNothing() throws IOException {
        Path disk = disk("disk.raw", "ab");
        String image = imported(disk, "first");
        failed(
                varve("import", disk.toString(), "--name", "first"),
                "first is already in use by AMI " + image,
                "--name");
        failed(varve("import", disk.toString(), "--name", "no#where"), "image name 'no#where': ", "--name");
        assertThat(done("images").out()).hasLineCount(2);
        assertThat(done("snapshots").out()).hasLineCount(2);
    }

    @Test
    void anExistingFileIsReplacedOnlyByForce() throws IOException {
        Path disk = disk("disk.raw", "a.b");
        String image = imported(disk, "first");
        Path target = Files.writeString(folder.resolve("target"), "precious");
        failed(varve("export", image, target.toString()), target + ": this file exists; --force replaces it");
        assertThat(target).hasContent("precious");
        done("export", image, target.toString(), "--force");
        assertThat(Files.mismatch(disk, target)).isEqualTo(-1);
    }

    @Test
    void aDeviceOfAnImageIsNamed() throws IOException {
        String image = imported(disk("disk.raw", "a"), "first");
        assertThat(varve("export", image, "-", "--device", "/dev/xvda").bytes()).hasSize(CHUNK);
        failed(varve("export", image, folder.resolve("out").toString(), "--device", "/dev/sdb"), image, "/dev/xvda");
        assertThat(files()).containsExactly("disk.raw");
    }
}
