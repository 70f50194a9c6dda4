package dev.varve.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the protocol says of a server that insists on TLS, and what becomes of clients that know it only in part. */
class TlsTest extends ServedDisks {
    private static final NbdOptions SMALL = new NbdOptions(8, 300, 0, 2, 5_000);

    /** The first bytes of a client's TLS handshake: a record of 200 bytes, of which few come. */
    private static final byte[] BEGUN = {22, 3, 1, 0, (byte) 200, 1, 0};

    @TempDir
    static Path shared;

    private static Certificates certificates;
    private static NbdTls tls;
    private static SSLContext known;

    @BeforeAll
    static void make() throws Exception {
        System.setProperty(
                "com.sun.net.ssl.requireCloseNotify", "true"); // an end without it is an exception to clients
        certificates = new Certificates(shared.resolve("all"));
        tls = NbdTls.ofFolder(certificates.folder(shared.resolve("server"), "server"));
        known = certificates.client("client");
    }

    @Override
    NbdServer start(NbdOptions options) throws IOException {
        return NbdServer.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), source(), options, tls);
    }

    private void restart(NbdOptions options) throws IOException {
        server.close();
        server = start(options);
    }

    private TestClient secured() throws IOException {
        return connect().hello().startTls(known);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void awaitDisksClosed() throws InterruptedException {
        for (int wait = 0; wait < 1000 && closed.get() < opened.get(); wait++) {
            Thread.sleep(5);
        }
        assertThat(closed.get()).isEqualTo(opened.get());
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                Protocol.OPT_LIST,
                Protocol.OPT_INFO,
                Protocol.OPT_GO,
                Protocol.OPT_STRUCTURED_REPLY,
                Protocol.OPT_LIST_META_CONTEXT,
                Protocol.OPT_SET_META_CONTEXT,
                4,
                11,
                77
            })
    void beforeTlsEveryOtherOptionIsToldThatTlsIsRequired(int option) throws Exception {
        try (TestClient client = connect().hello()) {
            for (byte[] data : new byte[][] {{}, TestClient.goData(VOLUME), new byte[100_000]}) {
                assertThat(client.option(option, data))
                        .extracting(TestClient.OptionReply::kind)
                        .containsExactly(Protocol.REP_ERR_TLS_REQD);
            }
            assertThat(client.startTls(known).go(VOLUME).sizeBytes).isEqualTo(GIB);
        }
    }

    @Test
    void exportNameBeforeTlsEndsTheConnection() throws Exception {
        try (TestClient client = connect().hello()) {
            client.sendOption(Protocol.OPT_EXPORT_NAME, VOLUME.getBytes(StandardCharsets.UTF_8));
            assertThat(client.isEnded()).isTrue();
            assertThat(opened).hasValue(0);
        }
    }

    @Test
    void exportNameWorksAfterTls() throws Exception {
        try (TestClient client = secured()) {
            client.sendOption(Protocol.OPT_EXPORT_NAME, VOLUME.getBytes(StandardCharsets.UTF_8));
            assertThat(client.in.readLong()).isEqualTo(GIB);
            client.in.readUnsignedShort();
            assertThat(client.read(0, 10)).containsOnly(0);
        }
    }

    @Test
    void abortIsAcknowledgedBeforeAndAfterTls() throws Exception {
        try (TestClient plain = connect().hello();
                TestClient client = secured()) {
            for (TestClient each : List.of(plain, client)) {
                assertThat(each.kindOf(Protocol.OPT_ABORT)).isEqualTo(Protocol.REP_ACK);
                assertThat(each.in.read()).isNegative();
            }
        }
    }

    @Test
    void clientThatCanNotAskForTlsIsSentAway() throws Exception {
        for (int flags : new int[] {0, Protocol.FLAG_NO_ZEROES}) {
            try (TestClient client = connect()) {
                client.readHello();
                client.out.writeInt(flags);
                assertThat(client.isEnded()).isTrue();
            }
        }
    }

    @Test
    void startTlsWithDataIsInvalidAndCanBeTriedAgain() throws Exception {
        try (TestClient client = connect().hello()) {
            assertThat(client.kindOf(Protocol.OPT_STARTTLS, new byte[1])).isEqualTo(Protocol.REP_ERR_INVALID);
            assertThat(client.kindOf(Protocol.OPT_STARTTLS, new byte[100_000])).isEqualTo(Protocol.REP_ERR_TOO_BIG);
            assertThat(client.startTls(known).go(VOLUME).sizeBytes).isEqualTo(GIB);
        }
    }

    @Test
    void secondStartTlsIsInvalidAndTlsGoesOn() throws Exception {
        try (TestClient client = secured()) {
            assertThat(client.kindOf(Protocol.OPT_STARTTLS)).isEqualTo(Protocol.REP_ERR_INVALID);
            assertThat(client.kindOf(77)).isEqualTo(Protocol.REP_ERR_UNSUP);
            assertThat(client.go(VOLUME).sizeBytes).isEqualTo(GIB);
        }
    }

    @Test
    void whatWasAskedForBeforeTlsIsNotAgreedOnAfter() throws Exception {
        try (TestClient client = connect().hello()) {
            byte[] contexts = TestClient.contextData(VOLUME, "base:allocation");
            client.option(Protocol.OPT_STRUCTURED_REPLY);
            client.option(Protocol.OPT_SET_META_CONTEXT, contexts);
            client.startTls(known);
            assertThat(client.kindOf(Protocol.OPT_SET_META_CONTEXT, contexts)).isEqualTo(Protocol.REP_ERR_INVALID);
            client.go(VOLUME).send(0, Protocol.CMD_READ, 0, 512);
            assertThat(client.readReply(512).isStructured()).isFalse();
        }
    }

    /** Somebody on the way may have put them there. */
    @Test
    void bytesThatComeAheadOfTlsEndTheConnection() throws Exception {
        for (byte[] ahead : new byte[][] {{0}, BEGUN, option(Protocol.OPT_LIST)}) {
            try (TestClient client = connect().hello()) {
                byte[] startTls = option(Protocol.OPT_STARTTLS);
                client.out.write(ByteBuffer.allocate(startTls.length + ahead.length)
                        .put(startTls)
                        .put(ahead)
                        .array());
                assertThat(client.isEnded()).isTrue();
            }
        }
    }

    /** The same a moment later: it is taken for TLS, which it is not. */
    @Test
    void plainBytesAfterTheAnswerEndTheConnection() throws Exception {
        try (TestClient client = connect().hello()) {
            assertThat(client.kindOf(Protocol.OPT_STARTTLS)).isEqualTo(Protocol.REP_ACK);
            client.sendOption(Protocol.OPT_LIST);
            client.out.flush();
            byte[] alert = client.in.readNBytes(100);
            assertThat(alert).hasSizeLessThan(20).startsWith(21, 3);
        }
    }

    private static byte[] option(int option) {
        return ByteBuffer.allocate(16)
                .putLong(Protocol.IHAVEOPT)
                .putInt(option)
                .putInt(0)
                .array();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void clientsWithoutACertificateOfTheAuthorityAreToldAndSentAway(String protocol) throws Exception {
        for (String who : new String[] {"", "stranger"}) {
            try (TestClient client = connect().hello()) {
                SSLContext context = certificates.client(who);
                assertThatThrownBy(() -> client.startTls(context, protocol).option(Protocol.OPT_LIST))
                        .isInstanceOf(SSLException.class)
                        .hasMessageContaining("Received fatal alert");
            }
        }
        assertThat(opened).hasValue(0);
        try (TestClient client = secured().go(VOLUME)) {
            assertThat(client.read(0, 1)).containsOnly(0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void requestsOfAllSizesAreCarriedOut(String protocol) throws Exception {
        Random random = new Random(1);
        try (TestClient client = connect().hello().startTls(known, protocol)) {
            client.option(Protocol.OPT_STRUCTURED_REPLY);
            client.option(Protocol.OPT_SET_META_CONTEXT, TestClient.contextData(VOLUME, "base:allocation"));
            client.go(VOLUME);
            for (int length : new int[] {1, 4095, 16_384, 16_385, 70_000, 300_000, 3 << 20, 32 << 20}) {
                byte[] bytes = new byte[length];
                random.nextBytes(bytes);
                assertThat(client.write(4097, bytes)).isZero();
                assertThat(client.command(0, Protocol.CMD_FLUSH, 0, 0)).isZero();
                assertThat(client.read(4097, length)).isEqualTo(bytes);
            }
            assertThat(flushes.get()).isPositive();
            for (int i = 0; i < 200; i++) {
                client.send(0, Protocol.CMD_READ, i, 20_000);
            }
            for (int i = 0; i < 200; i++) {
                assertThat(client.readChunks()).isNotEmpty();
            }
            assertThat(client.command(0, Protocol.CMD_BLOCK_STATUS, 0, 1 << 20)).isZero();
            client.send(0, Protocol.CMD_DISC, 0, 0);
            assertThat(client.in.read()).isNegative(); // not by an exception: TLS was ended first
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void keysAreRenewedWhileBytesGoBothWays(String protocol) throws Exception {
        int total = 8 << 20;
        try (ServerSocketChannel listener =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            CompletableFuture<Integer> echoed = new CompletableFuture<>();
            Thread echo = new Thread(() -> {
                try (SocketChannel accepted = listener.accept();
                        TlsLink link = new TlsLink(accepted, tls, 100_000)) {
                    accepted.setOption(StandardSocketOptions.TCP_NODELAY, true);
                    link.startTls();
                    ByteBuffer buffer = ByteBuffer.allocate(70_000);
                    int bytes = 0;
                    while (bytes < total) {
                        bytes += link.read(buffer.clear());
                        link.write(buffer.flip());
                    }
                    echoed.complete(link.read(buffer.clear()));
                } catch (IOException e) {
                    echoed.completeExceptionally(e);
                }
            });
            echo.start();
            byte[] sent = new byte[64 << 10];
            new Random(2).nextBytes(sent);
            try (TestClient client = new TestClient(listener.getLocalAddress()).handshake(known, protocol)) {
                for (int bytes = 0; bytes < total; bytes += sent.length) {
                    client.out.write(sent);
                    assertThat(client.in.readNBytes(sent.length)).isEqualTo(sent);
                }
                client.end();
                assertThat(echoed.get()).isEqualTo(-1);
            }
        }
    }

    @Test
    void slowRequestHoldsUpNoOther() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (TestClient client = secured().go(VOLUME)) {
            hook = method -> {
                if (method.equals("write")) {
                    await(go);
                }
            };
            long slow = client.send(0, Protocol.CMD_WRITE, 0, 1, (byte) 1);
            for (int i = 0; i < 100; i++) {
                client.send(0, Protocol.CMD_READ, 1000, 100_000);
            }
            for (int i = 0; i < 100; i++) {
                assertThat(client.readReply(100_000).cookie()).isNotEqualTo(slow);
            }
            go.countDown();
            assertThat(client.readReply(0).cookie()).isEqualTo(slow);
        }
    }

    @Test
    void handshakeThatTakesTooLongIsEndedWhereverItStands() throws Exception {
        restart(SMALL);
        try (TestClient plain = connect().hello();
                TestClient silent = connect().hello();
                TestClient stuck = connect().hello();
                TestClient idle = secured()) {
            assertThat(silent.kindOf(Protocol.OPT_STARTTLS)).isEqualTo(Protocol.REP_ACK);
            assertThat(stuck.kindOf(Protocol.OPT_STARTTLS)).isEqualTo(Protocol.REP_ACK);
            stuck.out.write(BEGUN);
            for (TestClient client : List.of(plain, silent, stuck, idle)) {
                assertThat(client.isEnded()).isTrue();
            }
        }
    }

    @Test
    void closingAnswersWhatHasBegunAndEndsTheRest() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        hook = method -> {
            if (method.equals("flush")) {
                begun.countDown();
                await(go);
            }
        };
        try (TestClient idle = secured().go(VOLUME);
                TestClient unsure = secured();
                TestClient plain = connect().hello();
                TestClient stuck = connect().hello();
                TestClient client = secured().go(VOLUME)) {
            assertThat(stuck.kindOf(Protocol.OPT_STARTTLS)).isEqualTo(Protocol.REP_ACK);
            stuck.out.write(BEGUN);
            long cookie = client.send(0, Protocol.CMD_FLUSH, 0, 0);
            await(begun);
            Thread closing = new Thread(() -> {
                try {
                    server.close();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            closing.start();
            assertThat(idle.in.read()).isNegative();
            assertThat(unsure.in.read()).isNegative();
            assertThat(plain.isEnded()).isTrue();
            while (!stuck.isEnded()) {
                assertThat(closing.isAlive()).isTrue(); // an alert comes first
            }
            go.countDown();
            assertThat(client.readReply(0).cookie()).isEqualTo(cookie);
            assertThat(client.in.read()).isNegative();
            closing.join();
            assertThat(closed.get()).isEqualTo(opened.get());
        }
    }

    @Test
    void clientThatReadsNothingHarmsNobodyAndIsEndedWithTheServer() throws Exception {
        restart(new NbdOptions(4, 30_000, 8, 2, 200));
        try (TestClient deaf = secured().go(VOLUME);
                TestClient other = secured().go(VOLUME)) {
            other.write(0, new byte[] {1});
            for (int i = 0; i < 200; i++) {
                deaf.send(0, Protocol.CMD_READ, 0, 65_536);
            }
            for (int i = 0; i < 100; i++) {
                assertThat(other.read(0, 1)).containsExactly(1);
            }
            server.close();
            awaitDisksClosed();
        }
    }

    @Test
    void clientThatVanishesLeavesAWholeDisk() throws Exception {
        for (int length : new int[] {4096, 100_000, 3 << 20}) {
            try (TestClient client = secured().go(VOLUME)) {
                client.send(0, Protocol.CMD_WRITE, 0, length, new byte[length / 2]);
            }
        }
        List<TestClient> clients = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            clients.add(connect().hello());
            clients.get(i).kindOf(Protocol.OPT_STARTTLS);
            clients.get(i).out.write(BEGUN, 0, i * 3);
            clients.get(i).close();
        }
        awaitDisksClosed();
        try (TestClient client = secured().go(VOLUME)) {
            assertThat(client.read(0, 3 << 20)).containsOnly(0);
        }
    }

    @Test
    void anyAddressAndAUnixSocketCanBeServed() throws Exception {
        try (NbdServer any = NbdServer.start(new InetSocketAddress("0.0.0.0", 0), source(), SMALL, tls);
                NbdServer unix =
                        NbdServer.start(UnixDomainSocketAddress.of(folder.resolve("s")), source(), SMALL, tls)) {
            int port = ((InetSocketAddress) any.address()).getPort();
            try (TestClient client = new TestClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
                assertThat(client.hello().startTls(known).go(VOLUME).read(0, 1)).containsOnly(0);
            }
            try (TestClient client = new TestClient(unix.address()).hello()) {
                assertThat(client.kindOf(Protocol.OPT_LIST)).isEqualTo(Protocol.REP_ERR_TLS_REQD);
                assertThat(client.kindOf(Protocol.OPT_STARTTLS)).isEqualTo(Protocol.REP_ACK);
            }
        }
    }
}
