package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class VolumeCommandsTest extends CommandTest {
    private static final int GIB = 1 << 30;

    /** Creates a volume; its id. */
    private String created(String... args) {
        String[] all = new String[args.length + 2];
        all[0] = "volume";
        all[1] = "create";
        System.arraycopy(args, 0, all, 2, args.length);
        String id = done(all).lastLine();
        assertThat(id).matches("vol-[0-9a-f]{17}");
        return id;
    }

    private List<String> launched(String image) {
        return done("launch", image).out().lines().skip(1).toList();
    }

    private void write(String volume, long offset, String text) throws IOException {
        try (Engine engine = Engine.open(store, EngineOptions.defaults());
                BlockDevice disk = engine.volumes("000000000000", "us-east-1").attach(volume)) {
            disk.write(ByteBuffer.wrap(text.getBytes(UTF_8)), offset);
        }
    }

    /** The first bytes of what export writes, and whether all behind them is zeros of a whole GiB. */
    private void assertExports(String id, byte[] expected) throws IOException {
        Path copy = folder.resolve("copy");
        done("export", id, copy.toString(), "--force");
        assertThat(Files.size(copy)).isEqualTo(GIB);
        byte[] found = new byte[expected.length + CHUNK];
        try (var in = Files.newInputStream(copy)) {
            assertThat(in.readNBytes(found, 0, found.length)).isEqualTo(found.length);
        }
        assertThat(found).isEqualTo(Arrays.copyOf(expected, found.length));
        Files.delete(copy);
    }

    @Test
    void launchPrintsIdsAndTheVolumeIsTheDisk() throws IOException {
        Path disk = disk("disk.raw", "ab..c.");
        String image = imported(disk, "first");
        Run run = done("launch", image);
        assertThat(run.out().lines())
                .satisfiesExactly(
                        line -> assertThat(line).isEqualTo("Launched 1 instance of " + image + "."),
                        line -> assertThat(line).matches("i-[0-9a-f]{17}"),
                        line -> assertThat(line).matches("vol-[0-9a-f]{17}"));
        assertExports(run.lastLine(), Files.readAllBytes(disk));
    }

    @Test
    void manyInstancesHaveAVolumeEach() throws IOException {
        String image = imported(disk("disk.raw", "ab"), "first");
        List<String> lines = done("instance", "launch", image, "--count", "12", "--tag", "Name=a=b")
                .out()
                .lines()
                .toList();
        assertThat(lines).hasSize(25);
        assertThat(lines.stream().filter(line -> line.startsWith("i-")).distinct())
                .hasSize(12);
        assertThat(lines.stream().filter(line -> line.startsWith("vol-")).distinct())
                .hasSize(12);
        assertThat(done("volumes").out()).hasLineCount(13).contains(lines.get(24));
        assertThat(done("volume", "list").out()).isEqualTo(done("volumes").out());
        assertThat(done("instance", "list").out()).hasLineCount(13).contains(lines.get(1), lines.get(2), "a=b");
        failed(varve("launch", image, "--count", "1001"), "1001", "1 to 1000");
        failed(varve("launch", image, "--count", "0"), "1 to 1000");
        assertThat(varve("launch", image, "--count", "many").code()).isEqualTo(2);
        assertThat(varve("launch", image, "--tag", "Name").code()).isEqualTo(2);
    }

    @Test
    void launchIsADocumentAsAwsHasIt() throws IOException {
        String image = imported(disk("disk.raw", "ab"), "first");
        String document = done("launch", image, "--count", "2", "--json").out();
        assertThat(document)
                .containsSubsequence(
                        "\"ReservationId\" : \"r-",
                        "\"AmiLaunchIndex\" : 0",
                        "\"ImageId\" : \"" + image + "\"",
                        "\"InstanceId\" : \"i-",
                        "\"DeviceName\" : \"/dev/xvda\"",
                        "\"DeleteOnTermination\" : true",
                        "\"Status\" : \"attached\"",
                        "\"VolumeId\" : \"vol-",
                        "\"RootDeviceType\" : \"ebs\"",
                        "\"AmiLaunchIndex\" : 1");
        assertThat(done("instance", "list", "--json").out()).containsOnlyOnce("\"ReservationId\"");
        assertThat(done("volumes", "--json").out())
                .contains(
                        "\"Device\" : \"/dev/xvda\"",
                        "\"InstanceId\" : \"i-",
                        "\"State\" : \"attached\"",
                        "\"State\" : \"in-use\"",
                        "\"SnapshotId\" : \"" + snapshotOf(image) + "\"",
                        "\"Size\" : 1,");
    }

    @Test
    void aVolumeIsCreatedGrownAndDeleted() throws IOException {
        String image = imported(disk("disk.raw", "ab"), "first");
        String blank = created("--size", "1025M", "--tag", "Name=data");
        String copy = created("--from", snapshotOf(image), "--size", "3GiB");
        String root = created("--from", image);
        assertThat(done("show", blank).out()).contains("2 GiB", "it began blank", "Name=data", "available");
        assertThat(done("volume", "show", copy).out()).contains("3 GiB", snapshotOf(image));
        assertThat(done("show", root).out()).contains("1 GiB", "Log             0 B");
        assertThat(done("volume", "grow", root, "1500M").out()).isEqualTo(root + " has 2 GiB now, 1 GiB before.\n");
        failed(varve("volume", "grow", root, "1G"), "smaller");
        assertThat(done("volume", "delete", blank).out())
                .startsWith("Deleted " + blank + "; no space becomes free. varve restore ");
        assertThat(done("volumes").out()).doesNotContain(blank).contains(copy, root);
        assertThat(varve("volume", "create").code()).isEqualTo(2);
        assertThat(varve("volume", "create", "--size", "0").code()).isEqualTo(2);
        assertThat(varve("volume", "create", "--size", "8 apples").err()).contains("not a size");
        failed(varve("volume", "create", "--size", "17T"), "expect 1 to 16384GiB");
        failed(varve("volume", "create", "--from", copy), copy + ": this is no id of an image");
    }

    @Test
    void aSnapshotOfAVolumeIsCompletedWhenTheCommandEnds() throws IOException {
        Path disk = disk("disk.raw", "ab..c.");
        String volume = launched(imported(disk, "first")).get(1);
        write(volume, 70_000, "written");
        byte[] expected = Files.readAllBytes(disk);
        System.arraycopy("written".getBytes(UTF_8), 0, expected, 70_000, 7);
        assertThat(done("show", volume).out()).doesNotContain("Log             0 B");
        String snapshot = done("snapshot", "create", volume, "--wait", "--description", "after", "--tag", "k=v")
                .lastLine();
        assertThat(snapshot).matches("snap-[0-9a-f]{17}");
        write(volume, 70_000, "overwritten");

        assertThat(done("show", snapshot).out()).contains("completed, 100%", "after", "k=v", volume);
        assertThat(done("show", snapshot, "--json").out()).contains("\"VolumeId\" : \"" + volume + "\"");
        assertExports(snapshot, expected);
        System.arraycopy("overwritten".getBytes(UTF_8), 0, expected, 70_000, 11);
        assertExports(volume, expected);
        assertThat(done("check", "--data").out()).contains("all is well");
    }

    @Test
    void statsAndCheckKnowVolumesAndTheirLogs() throws IOException {
        List<String> launched = launched(imported(disk("disk.raw", "ab"), "first"));
        String blank = created("--size", "2G");
        assertThat(done("stats").out())
                .contains("Instances   1\n", "Volumes     2, disks of 3 GiB together, logs of 0 B\n");
        write(blank, 0, "written");
        assertThat(done("stats").out()).contains("Volumes     2, disks of 3 GiB together, logs of 1 MiB\n");
        assertThat(done("stats", "--json").out())
                .contains(
                        "\"Volumes\" : 2,",
                        "\"VolumeBytes\" : 3221225472,",
                        "\"LogBytes\" : 1048576,",
                        "\"Instances\" : 1,");
        assertThat(done("check").out()).isEqualTo("Checked 1 images, 1 snapshots and 2 volumes: all is well.\n");
        assertThat(done("check", "--json").out()).contains("\"VolumeCount\" : 2,");
        try (Stream<Path> logs = Files.list(store.resolve("volumes"))) {
            Files.delete(logs.findFirst().orElseThrow());
        }
        Run check = varve("check");
        assertThat(check.code()).isEqualTo(1);
        assertThat(check.out()).contains(".log", blank, "  lost: " + blank).doesNotContain(launched.get(1));
    }

    @Test
    void aVolumeOutlivesItsImageAndSnapshot() throws IOException {
        Path disk = disk("disk.raw", "ab..c.");
        String image = imported(disk, "first");
        String volume = launched(image).get(1);
        done("image", "deregister", image, "--with-snapshots");
        assertThat(done("snapshots").out()).hasLineCount(1);
        assertExports(volume, Files.readAllBytes(disk));
    }

    @Test
    void anInstanceEndsWithItsVolumes() throws IOException {
        String image = imported(disk("disk.raw", "ab"), "first");
        List<String> first = launched(image);
        List<String> second = launched(image);
        failed(varve("volume", "delete", first.get(1)), first.get(1), first.get(0), "varve instance terminate");
        assertThat(done("show", first.get(0)).out()).contains(image, first.get(1), "/dev/xvda", "1 GiB", "yes");
        failed(varve("instance", "terminate", first.get(0), "i-00000000000000000"), "i-00000000000000000");
        assertThat(done("instance", "list").out()).hasLineCount(3);
        assertThat(done("instance", "terminate", first.get(0), second.get(0)).out())
                .isEqualTo(String.join(
                        "\n",
                        "Terminated " + first.get(0) + ".",
                        first.get(1) + ": deleted",
                        "Terminated " + second.get(0) + ".",
                        second.get(1) + ": deleted",
                        "Of their volumes, no space becomes free.",
                        ""));
        assertThat(done("volumes").out()).hasLineCount(1);
    }
}
