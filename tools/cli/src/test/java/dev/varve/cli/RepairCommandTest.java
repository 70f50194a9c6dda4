package dev.varve.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RepairCommandTest extends CommandTest {
    private void deletePacks() throws IOException {
        try (Stream<Path> packs = Files.list(store.resolve("packs"))) {
            for (Path pack :
                    packs.filter(file -> file.toString().endsWith(".pack")).toList()) {
                Files.delete(pack);
            }
        }
    }

    @Test
    void mendsFromARawDiskAndSaysWhatIsLeftWithoutOne() throws IOException {
        Path disk = disk("disk.raw", "ab.c");
        String image = imported(disk, "first");
        deletePacks();

        Run without = varve("repair", "--json");
        assertThat(without.code()).isEqualTo(1);
        assertThat(without.err()).contains("are left; name more sources with --from");
        assertThat(without.out()).contains("\"LostChunks\" : 3", image, "\"Mended\" : [ ]");

        String dry = done("repair", "--dry-run", "--from", disk.toString()).out();
        assertThat(dry).contains("Lost        3 chunks", "Found       3 chunks, from " + disk, "All would be well.");
        assertThat(varve("check", "--data").code()).as("nothing was changed").isEqualTo(1);

        String mended = done("repair", "--from", disk.toString()).out();
        assertThat(mended).contains("Mended      3 chunks, from " + disk, "All is well.");
        done("check", "--data");
        Path copy = folder.resolve("copy.raw");
        done("export", image, copy.toString());
        assertThat(copy).hasSameBinaryContentAs(disk);
        assertThat(done("repair").out()).isEqualTo("Lost        0 chunks\nAll is well.\n");
    }

    @Test
    void sourcesAreCheckedBeforeAnythingIsRead() throws IOException {
        imported(disk("disk.raw", "ab.c"), "first");
        Path qcow = folder.resolve("disk.qcow2");
        byte[] head = new byte[1024];
        head[0] = 'Q';
        head[1] = 'F';
        head[2] = 'I';
        head[3] = (byte) 0xfb;
        Files.write(qcow, head);
        for (List<String> wrong : List.of(
                List.of(qcow.toString(), "as a source only raw disks are read"),
                List.of(folder.resolve("missing").toString(), "no such file"),
                List.of(folder.toString(), "no store"))) {
            Run run = varve("repair", "--from", wrong.get(0));
            failed(run, "varve: ");
            assertThat(run.err()).contains(wrong.get(1));
        }
        failed(varve("repair", "--from", store.toString()), "in use");
    }

    private Path indexFile(String kind) throws IOException {
        try (Stream<Path> files = Files.list(store.resolve("index"))) {
            return files.filter(file -> file.getFileName().toString().matches(kind))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private Path copyOfTheStore() throws IOException {
        Path copy = folder.resolve("copy");
        try (Stream<Path> files = Files.walk(store)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(store.relativize(file)));
            }
        }
        return copy;
    }

    @Test
    void rebuildsTheIndexOfAStoreThatDoesNotOpen() throws IOException {
        Path disk = disk("disk.raw", "ab.c");
        String image = imported(disk, "first");
        Path copy = copyOfTheStore();
        Files.delete(indexFile("CURRENT"));
        deletePacks();
        failed(varve("images"), "is damaged", "varve repair --rebuild-index --from COPY");
        failed(varve("repair", "--rebuild-index"), "nothing of it can be read", "--from COPY");
        failed(varve("repair", "--rebuild-index", "--from", disk.toString()), "nothing of it can be read");

        String out =
                done("repair", "--rebuild-index", "--from", copy.toString()).out();
        assertThat(out)
                .contains("Rebuilt     the index: ", " records, ", ", 0 chunks\n")
                .contains("Records     of " + copy + ", which comes to change ", "Mended      3 chunks", "All is well.")
                .contains("Kept        the old index in " + store.resolve("index.damaged"));
        done("check", "--data");
        assertThat(done("images").out()).contains(image);

        String again = done("repair", "--rebuild-index", "--json").out();
        assertThat(again)
                .contains("\"Rebuilt\" : {", "\"Resumed\" : false", "\"Chunks\" : 3", "\"LostChunks\" : 0")
                .doesNotContain("\"Source\"");
    }

    @Test
    void rebuildIsToldAlsoWhenTheRepairBehindItFails() throws IOException {
        imported(disk("disk.raw", "ab.c"), "first");
        Path other = folder.resolve("disk.qcow2");
        Files.write(other, new byte[] {'Q', 'F', 'I', (byte) 0xfb, 0, 0, 0, 3});
        Run run = varve("repair", "--rebuild-index", "--from", other.toString(), "--json");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("as a source only raw disks are read");
        assertThat(run.out()).contains("\"Rebuilt\" : {", "\"Chunks\" : 3").doesNotContain("LostChunks");
    }

    private void flipTablesThatHave(String text) throws IOException {
        try (Stream<Path> files = Files.list(store.resolve("index"))) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".sst")).toList()) {
                byte[] bytes = Files.readAllBytes(file);
                bytes[20] ^= (byte) (new String(bytes, ISO_8859_1).contains(text) ? 1 : 0);
                Files.write(file, bytes);
            }
        }
    }

    @Test
    void indexThatOpensAndIsDamagedIsToldAndRebuilt() throws IOException {
        imported(disk("disk.raw", "ab.c"), "first");
        imported(disk("more.raw", "de"), "second");
        Path copy = copyOfTheStore();
        flipTablesThatHave("VMNO"); // nodes
        Run check = varve("check", "--data");
        assertThat(check.code()).isEqualTo(1);
        assertThat(check.err()).contains("with --rebuild-index it makes the index anew");
        assertThat(varve("repair", "--from", copy.toString()).err()).contains("with --rebuild-index it");
        flipTablesThatHave("us-east-1"); // records
        failed(
                varve("repair", "--rebuild-index"),
                "can be read nowhere, and are lost",
                "accept that with --accept-loss");
        assertThat(done("repair", "--rebuild-index", "--from", copy.toString()).out())
                .contains("Records     of the store itself, with gaps\n", "Gaps        ", "All is well.");
        done("check", "--data");
    }

    @Test
    void rebuildHasItsOwnUsage() throws IOException {
        imported(disk("disk.raw", "a"), "first");
        assertThat(varve("repair", "--rebuild-index", "--dry-run").code()).isEqualTo(2);
        assertThat(varve("repair", "--accept-loss").code()).isEqualTo(2);
        failed(varve("repair", "--rebuild-index", "--from", store.toString()), "is the store itself");
        failed(varve("repair", "--rebuild-index", "--from", folder.toString()), "no store");
    }
}
