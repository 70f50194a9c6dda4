package dev.varve.cli;

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
}
