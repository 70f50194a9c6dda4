package dev.varve.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RawTargetTest {
    private static final byte[] DATA = {1, 2, 3, 4};

    @TempDir
    Path folder;

    @Test
    void aFileAppearsOnlyWhenItIsCommitted() throws IOException {
        Path file = folder.resolve("out.raw");
        try (RawTarget target = RawTarget.open(file, 8192, false)) {
            assertThat(target.isBlank()).isTrue();
            target.device().write(ByteBuffer.wrap(DATA), 4096);
            assertThat(file).doesNotExist();
            target.commit();
            assertThat(file).exists();
        }
        byte[] expected = new byte[8192];
        System.arraycopy(DATA, 0, expected, 4096, DATA.length);
        assertThat(Files.readAllBytes(file)).isEqualTo(expected);
        assertOnly("out.raw");
    }

    @Test
    void aFileThatIsNotCommittedLeavesNothing() throws IOException {
        Path file = folder.resolve("out.raw");
        try (RawTarget target = RawTarget.open(file, 8192, false)) {
            target.device().write(ByteBuffer.wrap(DATA), 0);
        }
        assertOnly();
    }

    @Test
    void anExistingFileStaysUntilItsReplacementIsWhole() throws IOException {
        Path file = Files.writeString(folder.resolve("out.raw"), "precious");
        assertThatThrownBy(() -> RawTarget.open(file, 512, false))
                .isInstanceOf(DiskImageException.class)
                .hasMessage(file + ": this file exists; --force replaces it");
        try (RawTarget target = RawTarget.open(file, 512, true)) {
            assertThat(file).hasContent("precious");
            target.commit();
        }
        assertThat(file).hasBinaryContent(new byte[512]);
        assertOnly("out.raw");
    }

    @Test
    void aLinkKeepsPointingToTheFileThatIsReplaced() throws IOException {
        Path real = Files.writeString(folder.resolve("real.raw"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link.raw"), real);
        try (RawTarget target = RawTarget.open(link, 512, true)) {
            target.commit();
        }
        assertThat(link).isSymbolicLink();
        assertThat(real).hasBinaryContent(new byte[512]);
    }

    @Test
    void targetsThatCanNotBeAreRefusedByName() {
        assertThatThrownBy(() -> RawTarget.open(folder, 512, true))
                .hasMessage(folder + ": this is a directory; give a file name");
        Path astray = folder.resolve("no").resolve("out.raw");
        assertThatThrownBy(() -> RawTarget.open(astray, 512, false))
                .hasMessageStartingWith(astray + ": there is no directory")
                .hasMessageEndingWith("create it first");
    }

    private void assertOnly(String... names) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder(names);
        }
    }
}
