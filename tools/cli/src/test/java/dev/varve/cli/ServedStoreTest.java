package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What commands do in a store that a server has open: the same. */
@Timeout(120)
class ServedStoreTest extends CommandTest {
    private final CompletableFuture<Run> served = new CompletableFuture<>();
    private Thread server = new Thread(() -> {});

    private void serve() throws InterruptedException {
        server = new Thread(() -> served.complete(varve("serve")));
        server.start();
        while (!served.isDone() && !Files.exists(ServedStore.socket(store))) {
            Thread.sleep(10);
        }
        assertThat(served).isNotDone();
    }

    @AfterEach
    void stop() throws Exception {
        if (server.isAlive()) {
            server.interrupt();
            server.join();
            assertThat(served.get().code()).as(served.get().err()).isZero();
            assertThat(ServedStore.socket(store)).doesNotExist();
            done("check", "--data");
        }
    }

    @Test
    void everyCommandWorks() throws Exception {
        Path disk = disk("disk.raw", "ab.c");
        String first = imported(disk, "first");
        serve();
        String second = imported(disk("second.raw", "ab.d"), "second");
        assertThat(done("images").out()).contains(first, second, "first", "second");
        assertThat(done("diff", first, second).out()).contains("196608   65536");
        Run snapshot = varve(Files.readAllBytes(disk), "import", "-", "--snapshot-only");
        assertThat(snapshot.code()).as(snapshot.err()).isZero();
        assertThat(done("show", snapshot.lastLine()).out()).contains("256 KiB");

        Path copy = folder.resolve("copy.raw");
        done("export", first, copy.toString());
        assertThat(copy).hasSameBinaryContentAs(disk);
        assertThat(varve("export", first, "-").bytes()).isEqualTo(Files.readAllBytes(disk));

        List<String> launched = done("launch", first).out().lines().toList();
        String instance = launched.get(1);
        String volume = launched.get(2);
        assertThat(done("volumes").out()).contains(volume);
        assertThat(done("instance", "list").out()).contains(instance);
        String taken = done("snapshot", "create", volume).lastLine();
        String waited = done("snapshot", "create", volume, "--wait").lastLine();
        assertThat(done("snapshots").out()).contains(taken, waited);
        assertThat(done("show", waited, "--json").out()).contains("\"State\" : \"completed\"");
        done("volume", "grow", volume, "2G");
        done("export", volume, folder.resolve("volume.raw").toString());
        done("instance", "terminate", instance);
        done("volume", "delete", done("volume", "create", "--size", "1G").lastLine());
        done("snapshot", "delete", snapshot.lastLine());
        done("image", "deregister", second);
        assertThat(done("stats").out()).contains(store.toString());
        assertThat(done("check", "--data").out()).contains("all is well");
        assertThat(files()).containsExactly("copy.raw", "disk.raw", "second.raw", "volume.raw");
    }

    @Test
    void commandsFailInTheSameWords() throws Exception {
        Path disk = disk("disk.raw", "ab.c");
        String image = imported(disk, "first");
        List<String[]> wrong = List.of(
                new String[] {"import", folder.resolve("missing").toString()},
                new String[] {"import", folder.toString()},
                new String[] {"import", disk.toString(), "--name", "first"},
                new String[] {"export", image, disk.toString()},
                new String[] {"export", image, folder.resolve("no/where").toString()},
                new String[] {"export", "ami-0123456789abcdef0", "x"},
                new String[] {"show", "nonsense"},
                new String[] {"volume", "delete", "vol-0123456789abcdef0"});
        List<String> expected = new ArrayList<>();
        for (String[] args : wrong) {
            Run run = varve(args);
            failed(run, "varve: ");
            expected.add(run.err());
        }
        serve();
        for (int i = 0; i < wrong.size(); i++) {
            Run run = varve(wrong.get(i));
            failed(run, "varve: ");
            assertThat(run.err()).isEqualTo(expected.get(i));
        }
        assertThat(varve("volume", "create", "--size", "nonsense").code()).isEqualTo(2);
        assertThat(varve("--account", "nonsense", "images").code()).isEqualTo(2);
        assertThat(files()).containsExactly("disk.raw");
    }

    @Test
    void secondServerIsRefused() throws Exception {
        imported(disk("disk.raw", "ab.c"), "first");
        serve();
        failed(varve("serve", "--unix", folder.resolve("s").toString()), "in use by process");
        failed(varve("init"), "a store already");
    }

    private static final String QEMU = """
            #!/bin/sh
            printf '%s\\n' "$@" >"${0%/*}/words"
            for word; do case $word in *socket=*) socket=${word##*socket=}; socket=${socket%%,*} ;; esac; done
            [ -S "$socket" ] || exit 9
            exit $(cat "${0%/*}/code")
            """;

    /** Stands for QEMU: keeps its words, and ends with a code. */
    private Path qemu(int code) throws IOException {
        Files.writeString(folder.resolve("code"), String.valueOf(code));
        Path program = Files.writeString(folder.resolve("qemu"), QEMU);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        return program;
    }

    private Run boot(String... args) {
        List<String> all = new ArrayList<>(List.of("--store", store.toString(), "boot"));
        all.addAll(List.of(args));
        return Run.of(all.toArray(String[]::new));
    }

    private void bootsAnImageAndItsVolume() throws IOException {
        Path qemu = qemu(0);
        String image = done("import", disk("disk.raw", "ab.c").toString(), "--name", "booted", "--arch", "arm64")
                .lastLine();
        Run run = boot("--qemu", qemu.toString(), image, "--", "-m", "4G", "-kernel", "k", "-nographic");
        assertThat(run.code()).as(run.err()).isZero();
        String volume = run.err().replaceFirst("(?s).*(vol-[0-9a-f]{17}).*", "$1");
        assertThat(run.err()).isEqualTo("Booting " + volume + ".\n");
        List<String> words = Files.readAllLines(folder.resolve("words"));
        assertThat(words)
                .containsSequence("-machine", "virt")
                .containsSequence("-m", "4G", "-kernel", "k", "-nographic")
                .doesNotContain("1024", "-bios")
                .anyMatch(word -> word.startsWith("file=nbd+unix:///" + volume + "?socket=")
                        && word.endsWith(",format=raw,if=virtio,discard=unmap"));
        assertThat(words.stream().filter("-nographic"::equals)).hasSize(1);
        assertThat(done("volumes").out()).contains(volume);

        run = boot(volume, "--qemu", qemu.toString(), "--", "-bios", "b");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).contains("Booting " + volume);
        assertThat(Files.readAllLines(folder.resolve("words"))).contains("virt");
        run = boot(volume, "--qemu", qemu(5).toString(), "--", "-bios", "b");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("varve: " + qemu + ": ended with exit code 5");
        run = boot(volume, "--qemu", folder.resolve("none").toString(), "--", "-bios", "b");
        failed(run, "none: QEMU is not there; install");
        failed(boot(image, "--qemu", folder.resolve("none").toString(), "--", "-bios", "b"), "QEMU is not there");
        assertThat(done("instance", "list").out().lines()).hasSize(2); // none was launched for what can't be booted
        failed(boot("snap-0123456789abcdef0"), "an image (ami-...) or a volume (vol-...)");
    }

    @Test
    void bootStartsQemuWithWhatTheImageSays() throws Exception {
        bootsAnImageAndItsVolume();
        done("check", "--data");
    }

    @Test
    void bootWorksWhileTheStoreIsServed() throws Exception {
        imported(disk("first.raw", "ab.c"), "first");
        serve();
        bootsAnImageAndItsVolume();
    }
}
