package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class RestoreCommandTest extends CommandTest {
    @Test
    void anImageComesBackWithItsSnapshot() throws IOException {
        Path disk = disk("disk.raw", "ab.c");
        String image = imported(disk, "first");
        String snapshot = snapshotOf(image);
        assertThat(done("image", "deregister", image, "--with-snapshots").out())
                .startsWith("Deregistered " + image
                        + "; 192 KiB become free with varve gc --now. varve restore " + image
                        + " brings it back, for 10 minutes at least unless gc --now is run.");
        assertThat(done("restore").out()).contains("ID", "NAME", "DELETED", image, "first", snapshot);
        assertThat(done("restore", "--json").out())
                .contains("\"ImageId\" : \"" + image + "\"", "\"SnapshotId\" : \"" + snapshot + "\"")
                .contains("\"Volumes\" : [ ]", "\"RecycleBinEnterTime\"");
        done("gc");

        assertThat(done("restore", image).out()).isEqualTo("Restored " + image + ".\n");

        Path copy = folder.resolve("copy.raw");
        done("export", image, copy.toString());
        assertThat(Files.mismatch(disk, copy)).isEqualTo(-1);
        assertThat(done("restore").out()).doesNotContain(image, snapshot);
        failed(varve("restore", image), image, "can't be restored");
    }

    @Test
    void aSnapshotAndAVolumeComeBackUntilTheyAreForgotten() throws IOException {
        String image = imported(disk("disk.raw", "ab"), "first");
        String snapshot = snapshotOf(image);
        String volume = done("volume", "create", "--from", snapshot).lastLine();
        done("image", "deregister", image);
        done("snapshot", "delete", snapshot);
        done("volume", "delete", volume);
        assertThat(done("restore", snapshot, "--json").out()).contains("\"Return\" : true");
        done("restore", volume);
        assertThat(done("show", volume).out()).contains("available");
        done("volume", "delete", volume);
        done("gc", "--now");
        failed(varve("restore", volume), volume, "its time of grace was over");
        failed(varve("restore", "i-0123456789abcdef0"), "this is no id of an image");
        done("export", snapshot, folder.resolve("copy.raw").toString());
    }
}
