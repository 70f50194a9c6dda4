package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.nbd.MetaContexts;
import dev.varve.nbd.NbdExport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ServeCommandTest extends CommandTest {
    private static final long NBDMAGIC = 0x4e42444d41474943L;

    /** Serves until it has said hello to a client, and is then interrupted as by a signal. */
    private Run served(Path socket, String... args) throws Exception {
        List<String> all = new ArrayList<>(List.of("serve"));
        all.addAll(List.of(args));
        CompletableFuture<Run> ended = new CompletableFuture<>();
        Thread server = new Thread(() -> ended.complete(varve(all.toArray(String[]::new))));
        server.start();
        while (!ended.isDone() && !Files.exists(socket)) {
            Thread.sleep(10);
        }
        if (!ended.isDone()) {
            try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                ByteBuffer hello = ByteBuffer.allocate(18);
                assertThat(client.read(hello)).isEqualTo(18);
                assertThat(hello.getLong(0)).isEqualTo(NBDMAGIC);
            }
            Thread.sleep(200); // what it prints
        }
        server.interrupt();
        server.join();
        return ended.get();
    }

    @Test
    void servesAllInTheStoreAndPrintsWhatClientsAreTold() throws Exception {
        String image = imported(disk("disk.raw", "ab.c"), "first");
        String volume = done("launch", image).lastLine();
        Path socket = store.resolve("nbd.sock");
        Run run = served(socket);
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains(image, volume, "snap-", "read, write")
                .contains("nbdcopy 'nbd+unix:///" + volume + "?socket=" + socket + "' disk.raw")
                .contains("qemu-system-x86_64", "nbd-client -unix '" + socket + "' -N " + volume, "nbdfuse")
                .endsWith("Serving at nbd+unix:///?socket=" + socket + "; Ctrl-C ends it.\n");
        assertThat(socket).doesNotExist();
        done("volumes");
    }

    @Test
    void servesWhatIsNamedWhereItIsTold() throws Exception {
        String image = imported(disk("disk.raw", "ab.c"), "first");
        Path socket = folder.resolve("s");
        Run run = served(socket, "--unix", socket.toString(), image, "--json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("\"Name\" : \"" + image + "\"", "\"ReadOnly\" : true", "\"SizeInBytes\" : 262144")
                .doesNotContain("snap-");
    }

    @Test
    void whatIsNotThereIsNotServed() throws IOException {
        imported(disk("disk.raw", "ab.c"), "first");
        failed(varve("serve", "vol-0123456789abcdef0"), "vol-0123456789abcdef0");
        failed(varve("serve", "nonsense"), "nonsense");
        assertThat(store.resolve("nbd.sock")).doesNotExist();
    }

    @Test
    void addressOfOthersIsRefused() throws IOException {
        imported(disk("disk.raw", "ab.c"), "first");
        for (String address :
                List.of("0.0.0.0:10809", "10809", "localhost:", "localhost:99999", "localhost:-1", ":5")) {
            Run run = varve("serve", "--tcp", address);
            assertThat(run.code()).as(address + run.err()).isEqualTo(2);
            assertThat(run.err()).startsWith("varve: ").hasLineCount(1);
        }
        assertThat(varve("serve", "--tcp", "localhost:0", "--unix", "s").code()).isEqualTo(2);
    }

    @Test
    void tlsNeedsCertificatesAndAnAddress() throws IOException {
        imported(disk("disk.raw", "ab.c"), "first");
        failed(
                varve("serve", "--tcp", "0.0.0.0:0", "--tls", folder.toString()),
                folder.resolve("ca-cert.pem").toString(),
                "not there");
        for (List<String> place : List.of(List.<String>of(), List.of("--unix", "s"))) {
            List<String> args = new ArrayList<>(List.of("serve", "--tls", folder.toString()));
            args.addAll(place);
            Run run = varve(args.toArray(String[]::new));
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.err()).contains("--tls is for --tcp").hasLineCount(1);
        }
        assertThat(varve("serve", "--tcp", "0.0.0.0:0").err()).contains("--tls");
    }

    @Test
    void clientsAreToldOfTls() {
        NbdExport export = new NbdExport("vol-1", "", 1, true, MetaContexts.of());
        NbdUri uri = new NbdUri(InetSocketAddress.createUnresolved("disks.example", 10809), true);
        assertThat(uri.of("")).isEqualTo("nbds://disks.example:10809/");
        assertThat(String.join("\n", uri.commands(export)))
                .contains("nbdinfo --map 'nbds://disks.example:10809/vol-1?tls-certificates=DIR'")
                .contains(
                        "-object tls-creds-x509,id=tls,endpoint=client,dir=DIR -drive format=raw,if=virtio,readonly=on,"
                                + "file.driver=nbd,file.host=disks.example,file.port=10809,file.tls-creds=tls,file.export=vol-1")
                .contains("client-key.pem")
                .doesNotContain("nbd-client");
    }

    @Test
    void hostsAreNamedAsTheyAre() throws IOException {
        byte[] loopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
        InetSocketAddress six = new InetSocketAddress(InetAddress.getByAddress(loopback), 10809);
        assertThat(new NbdUri(six, false).of("vol-1")).isEqualTo("nbd://[0:0:0:0:0:0:0:1]:10809/vol-1");
        InetSocketAddress box = InetSocketAddress.createUnresolved("build_box", 1);
        assertThat(new NbdUri(box, true).of("")).isEqualTo("nbds://build_box:1/");
    }

    /** What it prints is for a shell. */
    @Test
    void pathOfTheSocketMayHaveAnythingInIt() throws Exception {
        String path = "/tmp/it's, a; b&c $HOME 100% #1?/[e\u0301]/s";
        NbdUri uri = new NbdUri(UnixDomainSocketAddress.of(path), false);
        NbdExport export = new NbdExport("vol-1", "", 1, false, MetaContexts.of());
        for (String command : uri.commands(export)) {
            Process shell = new ProcessBuilder("sh", "-c", "printf '%s\n' " + command).start();
            List<String> words = shell.inputReader().lines().toList();
            assertThat(shell.waitFor()).isZero();
            String last = command.contains("nbd-client")
                    ? words.get(2)
                    : words.stream()
                            .filter(word -> word.contains("nbd+unix:"))
                            .map(word -> URI.create(word.substring(word.indexOf("nbd+unix:"))))
                            .map(found -> found.getQuery().substring("socket=".length()))
                            .findFirst()
                            .orElseThrow();
            assertThat(last).as(command).isEqualTo(path);
        }
        assertThat(uri.of("vol-1")).matches("nbd\\+unix:///vol-1\\?socket=[A-Za-z0-9%/]+");
    }

    @Test
    void socketThatSomethingElseStandsAtIsRefused() throws IOException {
        imported(disk("disk.raw", "ab.c"), "first");
        Path file = Files.writeString(folder.resolve("mine"), "mine");
        failed(varve("serve", "--unix", file.toString()), file.toString(), "no socket");
        assertThat(file).hasContent("mine");
        String far = "d".repeat(150);
        failed(
                varve(
                        "serve",
                        "--unix",
                        Files.createDirectory(folder.resolve(far)).resolve("s").toString()),
                far);
    }
}
