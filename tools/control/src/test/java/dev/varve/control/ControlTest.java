package dev.varve.control;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.ContentSource;
import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import dev.varve.volume.VolumeRequest;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ControlTest {
    private static final int MIB = 1 << 20;

    @TempDir
    private Path folder;

    private final List<AutoCloseable> toClose = new ArrayList<>();

    /** What a handler does, with failures. */
    private interface Work {
        int run(List<String> args, Caller caller) throws Exception;
    }

    private Path socket() {
        return folder.resolve("control.sock");
    }

    private ControlServer serve(Work work) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(socket()));
        ControlServer server = ControlServer.start(listener, (args, caller) -> {
            try {
                return work.run(args, caller);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        toClose.add(server);
        return server;
    }

    private int run(Caller caller, String... args) throws IOException {
        try (ControlClient client = ControlClient.connect(socket())) {
            assertThat(client).isNotNull();
            return client.run(List.of(args), caller);
        }
    }

    private BlockDevice disk() throws IOException {
        Engine engine = Engine.ephemeral(EngineOptions.defaults());
        Volumes volumes = engine.scope("000000000000", "us-east-1").volumes();
        BlockDevice disk =
                volumes.attach(volumes.create(VolumeRequest.NEW.withSizeGib(1)).id());
        toClose.add(0, disk);
        toClose.add(engine);
        return disk;
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : toClose) {
            each.close();
        }
    }

    @Test
    void commandHasTheCallersWordsAndStreams() throws IOException {
        serve((args, caller) -> {
            caller.out().write(caller.in().readAllBytes());
            caller.err().write(String.join(",", args).getBytes(UTF_8));
            assertThat(caller.isWatched()).isTrue();
            assertThat(caller.isThere()).isTrue();
            return 7;
        });
        String input = "é".repeat(MIB);
        TestCaller caller = new TestCaller(input, null);
        assertThat(run(caller, "a b", "", "ü")).isEqualTo(7);
        assertThat(caller.out.toString(UTF_8)).isEqualTo(input);
        assertThat(caller.err.toString(UTF_8)).isEqualTo("a b,,ü");
    }

    @Test
    void pipesAreOpenedByTheCallerAndClosed() throws IOException {
        serve((args, caller) -> {
            assertThat(caller.isStream(Path.of("file"))).isFalse();
            assertThat(caller.isStream(Path.of("pipe"))).isTrue();
            try (InputStream pipe = caller.openInput(Path.of("pipe"))) {
                assertThat(pipe.read()).isEqualTo('p');
                assertThat(pipe.readAllBytes()).asString(UTF_8).isEqualTo("ipe");
                assertThat(pipe.read()).isNegative();
            }
            assertThatThrownBy(() -> caller.openOutput(Path.of("out"))).hasMessage("out: nobody reads it");
            return 0;
        });
        TestCaller caller = new TestCaller("", null);
        assertThat(run(caller)).isZero();
        assertThat(caller.opened).hasValue(0);
    }

    @Test
    void storeIsOpenedByTheCaller() throws IOException {
        serve((args, caller) -> {
            assertThat(caller.openStore(Path.of("file"))).isNull();
            byte[] id = new byte[32];
            try (ContentSource store = requireNonNull(caller.openStore(Path.of("store")))) {
                assertThat(store.chunk(id)).isNull();
                assertThat(store.node(id)).isNull();
                id[31] = 1;
                assertThat(store.chunk(id)).containsExactly(10, 11);
                id[31] = 2;
                assertThat(store.node(id)).containsExactly(20);
                assertThatThrownBy(() -> store.chunk(new byte[31])).hasMessageContaining("an id of 31 bytes");
                byte[] nonce = new byte[16];
                assertThat(store.logBytes(nonce, 0, 64)).isNull();
                nonce[15] = 3;
                assertThat(store.logBytes(nonce, MIB, MIB))
                        .hasSize(MIB)
                        .startsWith(0)
                        .endsWith(0);
                assertThat(store.logBytes(nonce, 5 << 10, 3)).containsExactly(5, 5, 5);
                assertThat(store.logBytes(nonce, MIB + 1, MIB)).isNull();
                assertThatThrownBy(() -> store.logBytes(nonce, 0, MIB + 1)).hasMessageContaining("may stand");
                assertThatThrownBy(() -> store.logBytes(nonce, -1, 64)).hasMessageContaining("a log at -1");
                assertThatThrownBy(() -> store.logBytes(new byte[15], 0, 64)).hasMessageContaining("of 15 bytes");
            }
            return 0;
        });
        TestCaller caller = new TestCaller("", null);
        assertThat(run(caller)).isZero();
        assertThat(caller.opened).hasValue(0);
    }

    @Test
    void diskIsReadWithItsHoles() throws IOException {
        byte[] bytes = new byte[3 * MIB + 17];
        new Random(1).nextBytes(bytes);
        BlockDevice disk = disk();
        disk.write(ByteBuffer.wrap(bytes), 5 * MIB + 3);
        disk.write(ByteBuffer.wrap(new byte[] {1}), 100L * MIB);
        List<Extent> expected = disk.extents(BlockDevice.ALLOCATION, 0, disk.sizeBytes(), 100);
        long size = disk.sizeBytes();
        serve((args, caller) -> {
            try (BlockDevice remote = caller.openDisk(Path.of("disk"))) {
                assertThat(remote.sizeBytes()).isEqualTo(size);
                assertThat(remote.isReadOnly()).isTrue();
                ByteBuffer all = ByteBuffer.allocateDirect(bytes.length);
                remote.read(all, 5 * MIB + 3);
                assertThat(all.flip()).isEqualTo(ByteBuffer.wrap(bytes));
                assertThat(remote.extents(BlockDevice.ALLOCATION, 0, size, 100)).isEqualTo(expected);
                assertThat(remote.extents(BlockDevice.ALLOCATION, 0, size, 2)).isEqualTo(expected.subList(0, 2));
                assertThat(remote.extents(BlockDevice.ALLOCATION, 0, 0, 2)).isEmpty();
                assertThatThrownBy(() -> remote.read(ByteBuffer.allocate(2), size - 1))
                        .isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> remote.write(ByteBuffer.allocate(2), 0))
                        .isInstanceOf(UnsupportedOperationException.class);
            }
            return 0;
        });
        assertThat(run(new TestCaller("", disk))).isZero();
    }

    @Test
    void diskIsWrittenAndCommitted() throws IOException {
        byte[] bytes = new byte[2 * MIB + 5];
        new Random(2).nextBytes(bytes);
        BlockDevice disk = disk();
        serve((args, caller) -> {
            assertThatThrownBy(() -> caller.createDisk(Path.of("disk"), 8, false))
                    .hasMessage("disk: this file exists; --force replaces it");
            try (DiskTarget target = caller.createDisk(Path.of("disk"), 8, true)) {
                assertThat(target.isBlank()).isTrue();
                target.device().write(ByteBuffer.wrap(bytes), 4095);
                target.device().trim(MIB, 4096);
                target.device().writeZeroes(0, 4096);
                target.device().flush();
                target.commit();
            }
            return 0;
        });
        TestCaller caller = new TestCaller("", disk);
        assertThat(run(caller)).isZero();
        assertThat(caller.committed).isTrue();
        assertThat(caller.opened).hasValue(0);
        bytes[0] = 0;
        Arrays.fill(bytes, MIB - 4095, MIB - 4095 + 4096, (byte) 0);
        ByteBuffer found = ByteBuffer.allocate(bytes.length);
        disk.read(found, 4095);
        assertThat(found.array()).isEqualTo(bytes);
    }

    @Test
    void programIsRunByTheCaller() throws IOException {
        serve((args, caller) -> {
            assertThat(caller.hasProgram("qemu")).isTrue();
            assertThat(caller.hasProgram("other")).isFalse();
            return caller.run(List.of("qemu", "-m", "1G"));
        });
        TestCaller caller = new TestCaller("", null);
        assertThat(run(caller)).isEqualTo(3);
        assertThat(caller.program).containsExactly("qemu", "-m", "1G");
    }

    @Test
    void programIsAskedToEndWhenTheServerDoes() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        ControlServer server = serve((args, caller) -> {
            begun.countDown();
            return caller.run(List.of("qemu", "wait")) + 4;
        });
        CompletableFuture<Integer> code = new CompletableFuture<>();
        new Thread(() -> {
                    try {
                        code.complete(run(new TestCaller("", null)));
                    } catch (IOException e) {
                        code.completeExceptionally(e);
                    }
                })
                .start();
        begun.await();
        server.close();
        assertThat(code.get()).isEqualTo(4);
    }

    @Test
    void failureOfTheCallerIsToldInItsWords() throws IOException {
        serve((args, caller) -> {
            assertThatThrownBy(() -> caller.openDisk(Path.of("disk")))
                    .isInstanceOf(IOException.class)
                    .hasMessage("disk: no such file; check the path");
            return 0;
        });
        assertThat(run(new TestCaller("", null))).isZero();
    }

    @Test
    void commandThatFailsUnexpectedlyEndsWithOne() throws IOException {
        serve((args, caller) -> {
            throw new IllegalStateException("unexpected");
        });
        assertThat(run(new TestCaller("", null))).isEqualTo(1);
    }

    @Test
    void callerThatGoesEndsItsCommand() throws Exception {
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        CompletableFuture<Throwable> called = new CompletableFuture<>();
        CountDownLatch begun = new CountDownLatch(1);
        serve((args, caller) -> {
            begun.countDown();
            try {
                Thread.sleep(TimeUnit.HOURS.toMillis(1));
                interrupted.complete(false);
            } catch (InterruptedException e) {
                interrupted.complete(!caller.isThere());
            }
            try (OutputStream out = caller.out()) {
                out.write(1);
                called.complete(new AssertionError("it was not there"));
            } catch (IOException e) {
                called.complete(e);
            }
            return 0;
        });
        ControlClient client = ControlClient.connect(socket());
        CompletableFuture<Integer> ended = CompletableFuture.supplyAsync(() -> {
            try {
                return client.run(List.of(), new TestCaller("", null));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        begun.await();
        client.close();
        assertThat(interrupted.get()).isTrue();
        assertThat(called.get()).isInstanceOf(IOException.class).hasMessageContaining("gone");
        assertThatThrownBy(ended::get).isInstanceOf(ExecutionException.class);
    }

    @Test
    void callUnderWayFailsWhenTheCallerGoes() throws Exception {
        CompletableFuture<Throwable> read = new CompletableFuture<>();
        serve((args, caller) -> {
            try {
                caller.err().write('r');
                read.complete(new AssertionError("read " + caller.in().read()));
            } catch (IOException e) {
                read.complete(e);
            }
            return 0;
        });
        ControlClient client = ControlClient.connect(socket());
        try (PipedOutputStream never = new PipedOutputStream();
                PipedInputStream in = new PipedInputStream(never)) {
            TestCaller caller = new TestCaller(in, null);
            Thread thread = new Thread(() -> assertThatThrownBy(() -> client.run(List.of(), caller)));
            thread.start();
            while (caller.err.size() == 0) {
                Thread.onSpinWait();
            }
            client.close();
            assertThat(read.get()).isInstanceOf(IOException.class);
            thread.join();
        }
    }

    @Test
    void serverThatEndsIsToldAndWhatWasOpenIsClosed() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        ControlServer server = serve((args, caller) -> {
            caller.createDisk(Path.of("disk"), 8, true);
            begun.countDown();
            new CountDownLatch(1).await();
            return 0;
        });
        TestCaller caller = new TestCaller("", disk());
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Thread client = new Thread(() -> {
            try {
                failure.complete(new AssertionError("ended with " + run(caller)));
            } catch (IOException e) {
                failure.complete(e);
            }
        });
        client.start();
        begun.await();
        server.close();
        assertThat(failure.get())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("process " + ProcessHandle.current().pid())
                .hasMessageContaining("it is not known whether this was done");
        client.join();
        assertThat(caller.opened).hasValue(0);
        assertThat(caller.committed).isFalse();
    }

    @Test
    void nobodyIsThereWithoutASocketOrBehindAnOldOne() throws IOException {
        assertThat(ControlClient.connect(socket())).isNull();
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket()));
        }
        assertThat(socket()).exists();
        assertThat(ControlClient.connect(socket())).isNull();
    }

    @Test
    void manyAtOnceAreAllCarriedOut() throws Exception {
        serve((args, caller) -> {
            caller.out().write(args.get(0).getBytes(UTF_8));
            return 0;
        });
        List<CompletableFuture<String>> all = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            String word = "word " + i;
            CompletableFuture<String> said = new CompletableFuture<>();
            all.add(said);
            new Thread(() -> {
                        TestCaller caller = new TestCaller("", null);
                        try {
                            run(caller, word);
                            said.complete(caller.out.toString(UTF_8));
                        } catch (IOException | RuntimeException e) {
                            said.completeExceptionally(e);
                        }
                    })
                    .start();
        }
        for (int i = 0; i < all.size(); i++) {
            assertThat(all.get(i).get()).isEqualTo("word " + i);
        }
    }
}
