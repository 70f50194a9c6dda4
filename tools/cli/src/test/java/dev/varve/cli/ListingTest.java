package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ListingTest extends CommandTest {
    @Test
    void imagesAndSnapshotsAreListedOldestFirst() throws IOException {
        String first = imported(disk("first.raw", "ab"), "zzz");
        String second = imported(disk("second.raw", "ac"), "aaa");
        assertThat(done("images").out()).containsSubsequence("IMAGE", first, "zzz", second, "aaa");
        assertThat(done("image", "list").out()).isEqualTo(done("images").out());
        assertThat(done("snapshots").out()).containsSubsequence("SNAPSHOT", snapshotOf(first), snapshotOf(second));
        assertThat(done("snapshot", "list", "--json").out())
                .isEqualTo(done("snapshots", "--json").out());
    }

    @Test
    void anEmptyStoreHasEmptyLists() throws IOException {
        done("init");
        assertThat(done("images").out()).hasLineCount(1);
        assertThat(done("images", "--json").out()).isEqualToIgnoringWhitespace("{\"Images\":[]}");
        assertThat(done("snapshots", "--json").out()).isEqualToIgnoringWhitespace("{\"Snapshots\":[]}");
        assertThat(done("volumes").out()).hasLineCount(1);
        assertThat(done("volumes", "--json").out()).isEqualToIgnoringWhitespace("{\"Volumes\":[]}");
        assertThat(done("instance", "list", "--json").out()).isEqualToIgnoringWhitespace("{\"Reservations\":[]}");
    }

    @Test
    void documentsHaveTheNamesOfTheAwsCommand() throws IOException {
        String image = imported(disk("disk.raw", "ab"), "first");
        String document = done("images", "--json").out();
        assertThat(document)
                .contains(
                        "\"ImageId\" : \"" + image + "\"",
                        "\"Name\" : \"first\"",
                        "\"State\" : \"available\"",
                        "\"OwnerId\" : \"000000000000\"",
                        "\"Architecture\" : \"x86_64\"",
                        "\"RootDeviceName\" : \"/dev/xvda\"",
                        "\"RootDeviceType\" : \"ebs\"",
                        "\"VirtualizationType\" : \"hvm\"",
                        "\"BlockDeviceMappings\" : [",
                        "\"SnapshotId\" : \"" + snapshotOf(image) + "\"",
                        "\"VolumeSize\" : 1,",
                        "\"DeleteOnTermination\" : true");
        assertThat(done("snapshots", "--json").out())
                .contains(
                        "\"State\" : \"completed\"", "\"Progress\" : \"100%\"", "\"VolumeSize\" : 1", "\"StartTime\"");
    }

    @Test
    void everyDocumentParses() throws IOException {
        Path disk = disk("disk.raw", "ab");
        String image = imported(disk, "first");
        String other = imported(disk("other.raw", "ac"), "other");
        parse(done("images", "--json"));
        parse(done("snapshots", "--json"));
        parse(done("show", image, "--json"));
        parse(done("show", snapshotOf(image), "--json"));
        parse(done("launch", image, "--count", "2", "--json"));
        parse(done("volumes", "--json"));
        parse(done("instance", "list", "--json"));
        String volume = done("volume", "create", "--size", "1G").lastLine();
        parse(done("show", volume, "--json"));
        parse(done("volume", "create", "--from", snapshotOf(image), "--json"));
        parse(done("snapshot", "create", volume, "--json"));
        parse(done("volume", "grow", volume, "2G", "--json"));
        parse(done("volume", "delete", volume, "--json"));
        String instance =
                done("launch", image).out().lines().skip(1).findFirst().orElseThrow();
        parse(done("show", instance, "--json"));
        parse(done("instance", "terminate", instance, "--json"));
        parse(done("diff", image, other, "--json"));
        parse(done("check", "--data", "--json"));
        parse(done("stats", "--json"));
        parse(done("export", image, folder.resolve("out").toString(), "--json"));
        parse(done("image", "deregister", other, "--with-snapshots", "--json"));
    }

    private static void parse(Run run) throws IOException {
        try (JsonParser parser = new JsonFactory().createParser(run.bytes())) {
            int tokens = 0;
            while (parser.nextToken() != null) {
                tokens++;
            }
            assertThat(tokens).isGreaterThan(2);
        }
    }

    @Test
    void showTellsEverythingOfOne() throws IOException {
        String image = imported(disk("disk.raw", "ab"), "first");
        String snapshot = snapshotOf(image);
        assertThat(done("show", image).out()).contains(image, "first", "x86_64", "/dev/xvda", snapshot, "131072");
        assertThat(done("show", snapshot).out())
                .contains(snapshot, "131072 bytes (128 KiB)", "Used by         " + image);
        assertThat(done("image", "show", image).out())
                .isEqualTo(done("show", image).out());
    }

    @Test
    void scopesDoNotSeeEachOther() throws IOException {
        String image = imported(disk("disk.raw", "ab"), "first");
        assertThat(done("images", "--region", "eu-west-1").out()).doesNotContain(image);
        failed(varve("show", image, "--account", "123456789012"), image);
        assertThat(varve("images", "--account", "12").code()).isEqualTo(2);
        assertThat(varve("images", "--region", "EU west").code()).isEqualTo(2);
    }

    @Test
    void diffListsRangesOfChunks() throws IOException {
        String first = imported(disk("first.raw", "abc.e..h"), "first");
        String second = imported(disk("second.raw", "axc.ef.."), "second");
        Run run = done("diff", first, snapshotOf(second));
        assertThat(run.out().lines().map(String::strip))
                .containsExactly(
                        "OFFSET  LENGTH", "65536   65536", "327680   65536", "458752   65536", "3 ranges, 192 KiB.");
        assertThat(done("diff", first, first).out()).isEqualTo("The disks are equal.\n");
        assertThat(done("diff", first, second, "--json").out())
                .containsSubsequence("\"Offset\" : 65536", "\"Length\" : 65536", "\"ChangedBytes\" : 196608");
    }

    @Test
    void anImageGoesAndItsSnapshotStaysUntilItIsDeleted() throws IOException {
        String image = imported(disk("disk.raw", "ab"), "first");
        String snapshot = snapshotOf(image);
        failed(varve("snapshot", "delete", snapshot), snapshot, image, "deregister");
        assertThat(done("image", "deregister", image).out())
                .startsWith(
                        "Deregistered " + image + "; its snapshots stay, and no space becomes free. varve restore ");
        assertThat(done("images").out()).hasLineCount(1);
        failed(varve("image", "deregister", image), image);
        assertThat(done("snapshot", "delete", snapshot).out())
                .startsWith("Deleted " + snapshot + "; 128 KiB become free with varve gc --now. varve restore ");
        assertThat(done("snapshots").out()).hasLineCount(1);
    }

    @Test
    void snapshotsGoWithTheirImageOnRequest() throws IOException {
        Path disk = disk("disk.raw", "ab");
        String image = imported(disk, "first");
        String snapshot = snapshotOf(image);
        assertThat(done("image", "deregister", image, "--with-snapshots").out()).contains(snapshot + ": deleted");
        assertThat(done("snapshots").out()).hasLineCount(1);
    }

    @Test
    void statsAndCheckCountWhatIsThere() throws IOException {
        imported(disk("first.raw", "abc"), "first");
        imported(disk("second.raw", "abd"), "second");
        assertThat(done("stats").out()).contains("Images      2", "Snapshots   2, disks of 384 KiB", "Chunks      4 ");
        assertThat(done("check").out()).isEqualTo("Checked 2 images, 2 snapshots and 0 volumes: all is well.\n");
        assertThat(done("stats").out()).contains("Data        never read as a whole; no damage known");
        assertThat(done("check", "--data").out()).contains("all is well");
        assertThat(done("check").out()).contains("Data: all read until ", "; no damage known");
        assertThat(done("stats", "--json").out()).contains("\"Scrub\"", "\"Ended\"");
    }
}
