package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class GcCommandTest extends CommandTest {
    /** An image, and one of which the last block is another, deleted with its snapshot. */
    private String deleteOneOfTwo() throws IOException {
        String kept = imported(disk("disk.raw", "ab.c"), "first");
        String gone = imported(disk("second.raw", "ab.d"), "second");
        String shown = done("show", gone, "--json").out();
        String snapshot = shown.substring(shown.indexOf("snap-"), shown.indexOf("snap-") + "snap-".length() + 17);
        done("image", "deregister", gone);
        done("snapshot", "delete", snapshot);
        return kept;
    }

    @Test
    void whatIsNotNeededIsCondemnedThenDropped() throws IOException {
        String kept = deleteOneOfTwo();
        assertThat(done("gc").out()).contains("Needed      4 chunks", "Condemned   0 chunks");
        assertThat(done("gc", "--dry-run", "--grace", "0s").out())
                .contains("Would forget 2 deleted things")
                .contains("Needed      3 chunks")
                .contains("Not needed  1 chunk,")
                .doesNotContain("Files");
        assertThat(done("gc", "--grace", "0s").out())
                .contains("Forgot      2 deleted things, which can't be restored any more")
                .contains("Dropped     0 chunks", "Condemned   1 chunk,", "or by gc --now");
        assertThat(done("gc").out()).contains("Dropped     0 chunks", "Waiting     1 chunk,");
        assertThat(done("gc", "--grace", "0s").out()).contains("Dropped     1 chunk,", "Files");
        assertThat(done("stats").out()).contains("Chunks      3 ");
        done("export", kept, folder.resolve("copy.raw").toString());
        done("check", "--data");
    }

    @Test
    void nowDropsInOneRun() throws IOException {
        deleteOneOfTwo();
        assertThat(done("gc", "--now", "--json").out())
                .contains("\"Disks\" : 1")
                .containsPattern("\"Condemned\" : \\{\\s*\"Chunks\" : 1")
                .containsPattern("\"Dropped\" : \\{\\s*\"Chunks\" : 1");
        assertThat(done("gc", "--now").out()).contains("Dropped     0 chunks");
        done("check", "--data");
    }

    @Test
    void timesAreChecked() throws IOException {
        done("init");
        for (String time : new String[] {"10", "-1m", "1w", "", "9999999s"}) {
            Run run = varve("gc", "--grace", time);
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.err()).contains("is no time, such as 90s, 10m, 2h or 1d");
        }
        assertThat(varve("gc", "--now", "--grace", "1h").err()).contains("--now leaves no time of grace");
        done("gc", "--grace", "2H");
    }
}
