package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class QuickstartTest extends CommandTest {
    @Test
    void theStoryIsToldOnADiskOfItsOwn() throws IOException {
        Run run = done("quickstart");
        assertThat(run.out())
                .containsSubsequence(
                        "A disk to begin with",
                        "$ varve import",
                        "$ varve import",
                        "$ varve images",
                        "$ varve diff",
                        "$ varve export",
                        "byte for byte",
                        "$ varve volume create",
                        "$ varve check --data",
                        "1 volumes",
                        "all is well",
                        "$ varve stats",
                        "Volumes     1, ",
                        "$ varve volume delete");
        assertThat(done("volumes").out()).doesNotContain("vol-");
        assertThat(done("images").out()).contains("quickstart-base", "quickstart-derived");
    }

    @Test
    void theStoryIsToldOnAGivenDiskWhichStaysAsItIs() throws IOException {
        Path disk = disk("disk.raw", "ab..cd");
        byte[] before = Files.readAllBytes(disk);
        Run run = Run.of("quickstart", disk.toString());
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("byte for byte", "1 range, 64 KiB.", "are removed now");
        assertThat(disk).hasBinaryContent(before);
    }

    @Test
    void aDiskThatIsNoneEndsTheStory() {
        Run run = Run.of("quickstart", folder.resolve("absent").toString());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).hasLineCount(1).contains("absent: no such file");
    }
}
