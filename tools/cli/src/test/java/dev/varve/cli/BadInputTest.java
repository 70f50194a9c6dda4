package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.Engine;
import dev.varve.EngineOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** What is wrong is said in one line that names it; nothing is lost, nothing half-registered. */
class BadInputTest extends CommandTest {
    private static final String NO_IMAGE = "ami-00000000000000000";
    private static final String NO_SNAPSHOT = "snap-00000000000000000";
    private static final String NO_VOLUME = "vol-00000000000000000";
    private static final String NO_INSTANCE = "i-00000000000000000";

    @Test
    void aFileThatIsNoDiskRegistersNothing() throws IOException {
        Path absent = folder.resolve("absent.raw");
        failed(varve("import", absent.toString()), absent + ": no such file; check the path");
        failed(varve("import", folder.toString()), folder + ": this is a directory");
        Path empty = Files.createFile(folder.resolve("empty.raw"));
        failed(varve("import", empty.toString()), empty + ": this is empty");
        Path odd = Files.write(folder.resolve("odd.raw"), new byte[1000]);
        failed(varve("import", odd.toString()), odd + ": its size, 1000 bytes, is not a multiple of 512");
        failed(varve("import", "-"), "standard input: this is empty");
        assertThat(store).doesNotExist();

        failed(varve(new byte[1000], "import", "-"), "standard input: its size, 1000 bytes, is not a multiple of 512");
        failed(varve(new byte[3 * CHUNK + 100], "import", "-"), "standard input: its size, 196708 bytes");
        assertThat(done("images").out()).hasLineCount(1);
        assertThat(done("snapshots").out()).hasLineCount(1);
        assertThat(done("check", "--data").out()).contains("all is well");
    }

    @Test
    void anIdThatNothingHasIsNamed() throws IOException {
        done("init");
        String out = folder.resolve("out.raw").toString();
        failed(varve("show", NO_IMAGE), NO_IMAGE, "varve images");
        failed(varve("show", NO_SNAPSHOT), NO_SNAPSHOT, "varve snapshots");
        failed(varve("export", NO_IMAGE, out), NO_IMAGE);
        failed(varve("export", NO_SNAPSHOT, "-"), NO_SNAPSHOT);
        failed(varve("diff", NO_IMAGE, NO_SNAPSHOT), NO_IMAGE);
        failed(varve("image", "deregister", NO_IMAGE), NO_IMAGE);
        failed(varve("snapshot", "delete", NO_SNAPSHOT), NO_SNAPSHOT);
        failed(varve("show", "ami-12"), "ami-12");
        failed(varve("show", "debian"), "debian: ");
        failed(varve("export", "vol-1", out), "vol-1", "varve volumes");
        failed(varve("export", NO_INSTANCE, out), NO_INSTANCE + ": this is no id of an image");
        failed(varve("export", NO_VOLUME, out), NO_VOLUME, "varve volumes");
        failed(varve("diff", NO_VOLUME, NO_VOLUME), NO_VOLUME + ": this is no id of an image");
        failed(varve("show", NO_VOLUME), NO_VOLUME, "varve volumes");
        failed(varve("show", NO_INSTANCE), NO_INSTANCE, "varve instance list");
        failed(varve("launch", NO_IMAGE), NO_IMAGE, "varve images");
        failed(varve("instance", "terminate", NO_INSTANCE), NO_INSTANCE, "varve instance list");
        failed(varve("instance", "terminate", "web"), "web", "i-...");
        failed(varve("volume", "create", "--from", NO_SNAPSHOT), NO_SNAPSHOT, "varve snapshots");
        failed(varve("volume", "grow", NO_VOLUME, "2G"), NO_VOLUME, "varve volumes");
        failed(varve("volume", "delete", NO_VOLUME), NO_VOLUME, "varve volumes");
        failed(varve("snapshot", "create", NO_VOLUME), NO_VOLUME, "varve volumes");
        assertThat(files()).isEmpty();
    }

    @Test
    void aMistypedStoreIsNotCreated() throws IOException {
        for (List<String> command : List.of(
                List.of("images"),
                List.of("snapshots"),
                List.of("show", NO_IMAGE),
                List.of("export", NO_IMAGE, "-"),
                List.of("diff", NO_IMAGE, NO_IMAGE),
                List.of("launch", NO_IMAGE),
                List.of("volumes"),
                List.of("instance", "list"),
                List.of("volume", "create", "--size", "1G"),
                List.of("snapshot", "create", NO_VOLUME),
                List.of("image", "deregister", NO_IMAGE),
                List.of("check"),
                List.of("stats"))) {
            failed(varve(command.toArray(String[]::new)), "no store at " + store + "; create one with varve init");
        }
        assertThat(store).doesNotExist();
    }

    @Test
    void aFolderOfOtherThingsDoesNotBecomeAStore() throws IOException {
        store = Files.createDirectory(folder.resolve("photos"));
        Files.createFile(store.resolve("cat.jpg"));
        failed(varve("init"), store + " is not empty");
        Path disk = disk("disk.raw", "ab");
        failed(varve("import", disk.toString()), store + " is not empty");
        assertThat(store).isDirectoryContaining("glob:**cat.jpg");
        store = Files.createFile(folder.resolve("file"));
        failed(varve("init"), store.toString());
    }

    @Test
    void aStoreIsNotCreatedTwice() {
        done("init", "--codec", "zstd", "--chunk-size", "128K");
        failed(varve("init"), store + " is a store already");
        assertThat(done("stats").out()).contains("chunks of 128 KiB, codec zstd");
    }

    @Test
    void aChunkSizeOutOfBoundsIsBadUsage() {
        for (String size : List.of("100K", "2K", "1M", "8T", "0")) {
            Run run = varve("init", "--chunk-size", size);
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.err()).startsWith("varve: ").hasLineCount(1);
        }
        assertThat(varve("init", "--codec", "zip").code()).isEqualTo(2);
        assertThat(store).doesNotExist();
    }

    @Test
    void aStoreInUseIsNamedWithItsUser() throws IOException {
        done("init");
        try (Engine engine = Engine.open(store, EngineOptions.defaults())) {
            failed(
                    varve("images"),
                    store.toString(),
                    "in use by",
                    String.valueOf(ProcessHandle.current().pid()));
            assertThat(engine.info().chunkSizeBytes()).isEqualTo(CHUNK);
        }
        done("images");
    }

    @Test
    void aStoreOfANewerFormatIsLeftAlone() throws IOException {
        done("init");
        for (Path file : List.of(store.resolve("FORMAT"), store.resolve("packs").resolve("FORMAT"))) {
            String text = Files.readString(file).replace("format 1\n", "format 7\n");
            String body = text.substring(0, text.indexOf("crc32c "));
            CRC32C checksum = new CRC32C();
            checksum.update(body.getBytes(UTF_8));
            Files.writeString(file, body + String.format("crc32c %08x%n", checksum.getValue()));
        }
        failed(varve("images"), store.resolve("FORMAT").toString(), "format 7", "1 to 1", "newer varve");
        failed(varve("import", disk("disk.raw", "a").toString()), "format 7");
    }

    @Test
    void aFlippedByteOfContentIsFoundAndNamed() throws IOException {
        String first = imported(disk("first.raw", "abc"), "first");
        String second = imported(disk("second.raw", "xyz"), "second");
        Path pack = packs().get(0);
        byte[] bytes = Files.readAllBytes(pack);
        bytes[bytes.length / 4] ^= 1;
        Files.write(pack, bytes);

        Path out = folder.resolve("out.raw");
        failed(varve("export", first, out.toString()), pack.toString(), "varve check --data");
        assertThat(files()).containsExactly("first.raw", "second.raw");
        done("export", second, out.toString());
        assertThat(Files.mismatch(folder.resolve("second.raw"), out)).isEqualTo(-1);

        Run check = varve("check", "--data");
        assertThat(check.code()).isEqualTo(1);
        assertThat(check.out())
                .contains("lost: 65536 bytes at ", snapshotOf(first), first)
                .doesNotContain(second);
        assertThat(check.err())
                .isEqualTo("varve: " + store
                        + ": 1 problem; varve repair --from SOURCE mends what another store or a raw disk still has\n");
    }

    @Test
    void aTruncatedFileOfTheIndexIsOneLine() throws IOException {
        imported(disk("first.raw", "abc"), "first");
        Path manifest;
        try (Stream<Path> files = Files.list(store.resolve("index"))) {
            manifest = files.filter(file -> file.getFileName().toString().startsWith("MANIFEST-"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(manifest);
        Files.write(manifest, Arrays.copyOf(bytes, 20));
        failed(varve("images"), store.toString(), "damaged", "varve repair --rebuild-index");
    }

    private List<Path> packs() throws IOException {
        try (Stream<Path> files = Files.list(store.resolve("packs"))) {
            return files.filter(file -> file.toString().endsWith(".pack"))
                    .sorted()
                    .toList();
        }
    }
}
