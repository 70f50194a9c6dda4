package dev.varve.control;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whoever is at the other end may say what he likes: nothing is allocated for it, and others are not disturbed. */
@Timeout(60)
class HostileEndTest {
    private static final byte[] MAGIC = "VARVECTL".getBytes(US_ASCII);

    @TempDir
    private Path folder;

    private ServerSocketChannel listen() throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        return listener.bind(UnixDomainSocketAddress.of(folder.resolve("s")));
    }

    private SocketChannel connect() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("s")));
    }

    private static ByteBuffer hello(int oldest, int newest) {
        return ByteBuffer.allocate(12).put(MAGIC).putShort((short) oldest).putShort((short) newest);
    }

    private static byte[] header(int length, int kind, int call) {
        return ByteBuffer.allocate(9)
                .putInt(length)
                .put((byte) kind)
                .putInt(call)
                .array();
    }

    private static byte[] bytes(byte[]... parts) {
        ByteBuffer all = ByteBuffer.allocate(
                Stream.of(parts).mapToInt(part -> part.length).sum());
        Stream.of(parts).forEach(all::put);
        return all.array();
    }

    private static byte[] frame(int kind, int call, byte[] body) {
        return bytes(header(body.length, kind, call), body);
    }

    static Stream<byte[]> clients() {
        byte[] hello = hello(1, 1).array();
        byte[] command = frame(1, 0, new BodyWriter().flag(false).number(0).toBytes());
        return Stream.of(
                new byte[0],
                "GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII),
                hello,
                bytes(hello, header(Integer.MAX_VALUE, 1, 0)),
                bytes(hello, header(-1, 1, 0)),
                bytes(hello, frame(3, 0, new byte[8])),
                bytes(hello, frame(1, 0, new byte[3])),
                bytes(hello, frame(1, 0, new BodyWriter().number(2).number(0).toBytes())),
                bytes(
                        hello,
                        frame(
                                1,
                                0,
                                new BodyWriter()
                                        .number(0)
                                        .number(Long.MAX_VALUE)
                                        .toBytes())),
                bytes(
                        hello,
                        frame(
                                1,
                                0,
                                new BodyWriter()
                                        .number(0)
                                        .number(1)
                                        .number(1 << 20)
                                        .toBytes())),
                bytes(
                        hello,
                        frame(
                                1,
                                0,
                                new BodyWriter().number(0).number(1).number(-1).toBytes())),
                bytes(
                        hello,
                        frame(
                                1,
                                0,
                                new BodyWriter()
                                        .number(0)
                                        .number(1)
                                        .number(1)
                                        .bytes(new byte[] {-1}, 0, 1)
                                        .toBytes())),
                bytes(
                        hello,
                        frame(
                                1,
                                0,
                                new BodyWriter().number(0).number(0).number(0).toBytes())),
                bytes(hello, command, frame(3, 99, new byte[0])),
                bytes(hello, command, header(Integer.MAX_VALUE, 3, 1)),
                bytes(hello, command, frame(4, 1, new byte[] {1, 2})),
                bytes(hello, command, frame(2, 1, new byte[0])));
    }

    @ParameterizedTest
    @MethodSource("clients")
    void clientThatSaysSomethingElseIsSentAwayAndTheNextServed(byte[] said) throws Exception {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        CommandHandler handler = (args, caller) -> {
            try {
                return caller.in().read() + args.size();
            } catch (IOException e) {
                ended.complete(null);
                return 1;
            }
        };
        try (ControlServer server = ControlServer.start(listen(), handler, 200)) {
            assertThat(server).isNotNull();
            try (SocketChannel client = connect()) {
                client.write(ByteBuffer.wrap(said));
                ByteBuffer answer = ByteBuffer.allocate(1 << 16);
                while (client.read(answer) >= 0) {
                    assertThat(answer.hasRemaining()).isTrue();
                }
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("reset"); // it was sent away before all was read
            }
            try (ControlClient client = ControlClient.connect(folder.resolve("s"))) {
                assertThat(client.run(List.of("one"), new TestCaller("\2", null)))
                        .isEqualTo(3);
            }
        }
    }

    @Test
    void otherVersionIsToldBothSides() throws Exception {
        try (ControlServer server = ControlServer.start(listen(), (args, caller) -> 0);
                SocketChannel client = connect()) {
            assertThat(server).isNotNull();
            client.write(hello(2, 9).flip());
            ByteBuffer answer = ByteBuffer.allocate(22);
            while (answer.hasRemaining()) {
                assertThat(client.read(answer)).isPositive();
            }
            assertThat(answer.getShort(8)).isZero();
            assertThat(answer.getShort(10)).isEqualTo((short) 1);
            assertThat(client.read(ByteBuffer.allocate(1))).isNegative();
        }
    }

    @Test
    void serverOfAnotherVersionIsNamed() throws Exception {
        answering(
                ByteBuffer.allocate(22)
                        .put(MAGIC)
                        .putShort((short) 0)
                        .putShort((short) 4)
                        .putShort((short) 5)
                        .putLong(4711)
                        .array(),
                () -> assertThatThrownBy(() -> ControlClient.connect(folder.resolve("s")))
                        .hasMessageContaining("process 4711")
                        .hasMessageContaining("version 4 to 5, not 1"));
    }

    @Test
    void whatIsNotVarveIsNotGivenCommands() throws Exception {
        answering(
                "SSH-2.0-OpenSSH_9.2p1 Debian".getBytes(US_ASCII),
                () -> assertThatThrownBy(() -> ControlClient.connect(folder.resolve("s")))
                        .hasMessageContaining("is not varve"));
    }

    private interface Check {
        void run() throws Exception;
    }

    /** With a server that says one thing to who comes, and waits until he goes. */
    private void answering(byte[] said, Check check) throws Exception {
        try (ServerSocketChannel listener = listen()) {
            Thread server = new Thread(() -> {
                try (SocketChannel client = listener.accept()) {
                    client.read(ByteBuffer.allocate(12));
                    client.write(ByteBuffer.wrap(said));
                    ByteBuffer more = ByteBuffer.allocate(1 << 16);
                    while (client.read(more.clear()) >= 0) {
                        assertThat(more.position()).isPositive();
                    }
                } catch (IOException e) {
                    assertThat(e).isNotInstanceOf(EOFException.class);
                }
            });
            server.start();
            check.run();
            server.join();
        }
    }

    static Stream<byte[]> calls() {
        return Stream.of(
                new byte[0],
                new BodyWriter().number(-1).toBytes(),
                new BodyWriter().number(1000).toBytes(),
                RemoteCaller.message(Call.READ).number(99).number(1).toBytes(),
                RemoteCaller.message(Call.READ).number(0).number(Long.MAX_VALUE).toBytes(),
                RemoteCaller.message(Call.READ).number(1).number(1).toBytes(),
                RemoteCaller.message(Call.READ_AT).number(0).number(0).number(1).toBytes(),
                RemoteCaller.message(Call.EXTENTS).number(5).toBytes(),
                RemoteCaller.message(Call.OPEN_DISK).text("a\0b").toBytes(),
                RemoteCaller.message(Call.OPEN_DISK).number(1 << 30).toBytes(),
                RemoteCaller.message(Call.RUN).number(1 << 30).toBytes(),
                RemoteCaller.message(Call.IS_STREAM).text("a").number(1).toBytes());
    }

    @ParameterizedTest
    @MethodSource("calls")
    void callThatMakesNoSenseFailsAlone(byte[] call) throws Exception {
        Handles handles = new Handles(new TestCaller("x", null));
        assertThatThrownBy(() -> handles.carryOut(new BodyReader(call)))
                .isInstanceOfAny(IOException.class, IllegalArgumentException.class);
        assertThat(handles.carryOut(new BodyReader(
                        RemoteCaller.message(Call.READ).number(0).number(1).toBytes())))
                .isEqualTo(new byte[] {'x'});
        handles.close();
    }
}
