package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What takes how much, as commands say it. A chunk of random bytes is stored as it is, with a header of 56 bytes. */
class SpaceCommandsTest extends CommandTest {
    private static final long FRAME = CHUNK + 56;

    /** A number of a document, where it stands first. */
    private static long number(Run run, String name) {
        Matcher found = Pattern.compile("\"" + name + "\" : (\\d+)").matcher(run.out());
        assertThat(found.find()).as(run.out()).isTrue();
        return Long.parseLong(found.group(1));
    }

    /** Lines without what aligns them. */
    private static String words(Run run) {
        return run.out().replaceAll(" +", " ");
    }

    @Test
    void showSaysWhatOneTakes() throws IOException {
        String first = imported(disk("first.raw", "aab.c"), "first");
        imported(disk("second.raw", "abd"), "second");
        String snapshot = snapshotOf(first);
        assertThat(words(done("show", first)))
                .contains(
                        "Logical 320 KiB\n",
                        "Data 256 KiB\n",
                        "Unique 64.1 KiB stored, needed by nothing else\n",
                        "Shared 128 KiB stored, needed by others, too\n",
                        "Stored 192 KiB\n");
        assertThat(words(done("show", snapshot))).contains("Unique 64.1 KiB stored", "Stored 192 KiB");
        Run document = done("show", snapshot, "--json");
        assertThat(number(document, "LogicalBytes")).isEqualTo(5 * CHUNK);
        assertThat(number(document, "DataBytes")).isEqualTo(4 * CHUNK);
        assertThat(number(document, "UniqueBytes")).isEqualTo(FRAME);
        assertThat(number(document, "SharedBytes")).isEqualTo(2 * FRAME);
        assertThat(number(document, "StoredBytes")).isEqualTo(3 * FRAME);
        assertThat(document.out()).contains("\"Whole\" : true").containsSubsequence("SnapshotId", "UsedBy", "Space");
    }

    @Test
    void statsByOwnerAddsUp() throws IOException {
        String first = imported(disk("first.raw", "abc"), "first");
        String second = imported(disk("second.raw", "abd"), "second");
        assertThat(done("stats").out()).doesNotContain("UNIQUE");
        assertThat(done("stats", "--json").out()).doesNotContain("Space");
        assertThat(words(done("stats", "--by-owner")))
                .contains(
                        "ID NAME LOGICAL DATA UNIQUE SHARED STORED\n",
                        first + " first 192 KiB 192 KiB 64.1 KiB 128 KiB 192 KiB\n",
                        snapshotOf(second) + " of " + second + " 192 KiB 192 KiB 64.1 KiB 128 KiB 192 KiB\n",
                        "Unique 128 KiB, of one snapshot or volume each\n",
                        "Shared 128 KiB, of several\n",
                        "Deleted 0 B, which varve restore can bring back\n",
                        "Nobody's 0 B, which collections drop in time\n",
                        "Stored 256 KiB\n")
                .doesNotContain("Not counted");
        String document = done("stats", "--by-owner", "--json").out();
        assertThat(document.substring(document.indexOf("UnneededBytes")))
                .contains("\"StoredBytes\" : " + 4 * FRAME, "\"Problems\" : [ ]");
    }

    @Test
    void dryRunSaysWhoHoldsTheRest() throws IOException {
        String kept = imported(disk("disk.raw", "abc"), "first");
        String gone = imported(disk("second.raw", "abcd"), "second");
        done("image", "deregister", gone, "--with-snapshots");
        String held = words(done("gc", "--dry-run"));
        assertThat(held)
                .contains(
                        "HELD BY NAME",
                        kept + " first 192 KiB 192 KiB 192 KiB 0 B 192 KiB\n",
                        "Deleted 64.1 KiB, which varve restore can bring back\n",
                        "Nobody's 0 B, which collections drop in time\n",
                        "Stored 256 KiB\n")
                .doesNotContain(gone, "snap-");
        assertThat(number(done("gc", "--dry-run", "--json"), "RestorableBytes")).isEqualTo(FRAME);
        done("gc", "--grace", "0s");
        assertThat(number(done("gc", "--dry-run", "--json"), "UnneededBytes")).isEqualTo(FRAME);
        assertThat(done("gc", "--json").out()).doesNotContain("Holders");
    }

    @Test
    void deletionsSayWhatBecomesFreeAndItDoes() throws IOException {
        String first = imported(disk("first.raw", "abc"), "first");
        String second = imported(disk("second.raw", "abde"), "second");
        String launched = done("launch", first).out();
        String volume = launched.substring(launched.indexOf("vol-")).strip();
        String instance = launched.lines().skip(1).findFirst().orElseThrow();
        try (Engine engine = Engine.open(store, EngineOptions.defaults());
                BlockDevice disk = engine.volumes("000000000000", "us-east-1").attach(volume)) {
            disk.write(ByteBuffer.wrap("written".getBytes(UTF_8)), 0);
        }
        assertThat(words(done("show", volume))).contains("Unique 1 MiB stored", "Log 1 MiB");

        long before = number(done("stats", "--json"), "LiveBytes");
        Run deletion = done("image", "deregister", second, "--with-snapshots", "--json");
        assertThat(number(deletion, "FreedBytes")).isEqualTo(2 * FRAME);
        assertThat(deletion.out()).containsSubsequence("Return", "DeleteSnapshotResults", "FreedBytes");
        done("gc", "--now");
        assertThat(before - number(done("stats", "--json"), "LiveBytes")).isEqualTo(2 * FRAME);

        String snapshot = snapshotOf(first);
        done("image", "deregister", first);
        assertThat(done("snapshot", "delete", snapshot).out())
                .as("the volume needs it")
                .startsWith("Deleted " + snapshot + "; no space becomes free. varve restore ");
        assertThat(done("instance", "terminate", instance).lastLine())
                .isEqualTo("Of their volumes, 1.2 MiB become free with varve gc --now.");
        done("gc", "--now");
        assertThat(number(done("stats", "--json"), "LiveBytes")).isZero();
        assertThat(number(done("stats", "--json"), "PackBytes")).isZero();
    }
}
