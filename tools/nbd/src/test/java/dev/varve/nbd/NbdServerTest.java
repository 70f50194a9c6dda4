package dev.varve.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a server does beside the words of the protocol. */
class NbdServerTest extends ServedDisks {
    private static final NbdOptions SMALL = new NbdOptions(4, 300, 0, 2, 5_000);

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void restart(NbdOptions options) throws IOException {
        server.close();
        server = start(options);
    }

    @Test
    void socketIsItsOwnersOnly() throws Exception {
        Path socket = folder.resolve("s");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-------");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(socket);
        }
        server.close();
        assertThat(socket).doesNotExist();
    }

    @Test
    void socketThatIsServedIsNotTaken() throws Exception {
        assertThatThrownBy(() -> start(NbdOptions.DEFAULT)).isInstanceOf(IOException.class);
        try (TestClient client = connect().simple(VOLUME)) {
            assertThat(client.read(0, 1)).containsOnly(0);
        }
    }

    @Test
    void socketThatWasLeftBehindIsReplacedAndAFileIsNot() throws Exception {
        Path socket = folder.resolve("s");
        server.close();
        try (var left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            left.bind(UnixDomainSocketAddress.of(socket));
        }
        server = start(NbdOptions.DEFAULT);
        connect().simple(VOLUME).close();
        server.close();
        Files.writeString(socket, "mine");
        assertThatThrownBy(() -> start(NbdOptions.DEFAULT)).isInstanceOf(IOException.class);
        assertThat(socket).hasContent("mine");
    }

    @Test
    void clientThatAsksForNothingHasNoBuffers() throws Exception {
        try (TestClient idle = connect().simple(VOLUME);
                TestClient active = connect().simple(VOLUME)) {
            assertThat(server.buffers().taken()).isZero();
            assertThat(active.read(0, 1)).containsOnly(0);
            assertThat(server.buffers().taken()).isEqualTo(2);
            assertThat(idle.read(0, 1)).containsOnly(0);
            assertThat(server.buffers().taken()).isEqualTo(4);
        }
    }

    @Test
    void othersCanNotReachItWithoutTls() {
        assertThatThrownBy(() -> NbdServer.start(new InetSocketAddress("0.0.0.0", 0), null, NbdOptions.DEFAULT))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void loopbackAddressHasAPort() throws Exception {
        try (NbdServer other =
                NbdServer.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), source(), SMALL)) {
            assertThat(((InetSocketAddress) other.address()).getPort()).isPositive();
            try (TestClient client = new TestClient(other.address()).structured(VOLUME)) {
                assertThat(client.write(5, new byte[300_000])).isZero();
                assertThat(client.read(0, 300_000)).containsOnly(0);
            }
        }
    }

    @Test
    void diskIsOpenedOnceAndClosedAfterTheLastClient() throws Exception {
        for (int i = 1; i <= 2; i++) {
            try (TestClient one = connect().simple(VOLUME);
                    TestClient two = connect().structured(VOLUME)) {
                one.write(0, (byte) i);
                assertThat(two.read(0, 1)).containsExactly(i);
                assertThat(opened).hasValue(i);
                two.send(0, Protocol.CMD_DISC, 0, 0);
                assertThat(two.isEnded()).isTrue();
                assertThat(one.read(0, 1)).containsExactly(i);
                assertThat(closed).hasValue(i - 1);
            }
            for (int wait = 0; wait < 1000 && closed.get() < i; wait++) {
                Thread.sleep(5);
            }
            assertThat(closed).hasValue(i);
        }
    }

    @Test
    void diskThatCanNotBeOpenedIsToldAndCanBeTriedAgain() throws Exception {
        hook = method -> {
            throw new IOException("vol-1 is attached elsewhere");
        };
        try (TestClient client = connect().hello()) {
            TestClient.OptionReply reply =
                    client.option(Protocol.OPT_GO, TestClient.goData(VOLUME)).get(0);
            assertThat(reply.kind()).isEqualTo(Protocol.REP_ERR_POLICY);
            assertThat(reply.text()).contains("attached elsewhere");
            hook = method -> {};
            assertThat(client.go(VOLUME).read(0, 1)).containsOnly(0);
        }
    }

    @Test
    void slowRequestHoldsUpNoOther() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (TestClient client = connect().structured(VOLUME)) {
            client.write(0, new byte[] {1, 2, 3});
            hook = method -> {
                if (method.equals("write")) {
                    begun.countDown();
                    await(go);
                }
            };
            long slow = client.send(0, Protocol.CMD_WRITE, 0, 2, (byte) 8, (byte) 9);
            await(begun);
            List<Long> quick = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                quick.add(client.send(0, Protocol.CMD_READ, 1000, 100));
            }
            List<Long> answered = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                answered.add(client.readReply(0).cookie());
            }
            assertThat(answered).containsExactlyInAnyOrderElementsOf(quick); // each may be relieved, and be late
            go.countDown();
            assertThat(client.readReply(0).cookie()).isEqualTo(slow);
            assertThat(client.read(0, 3)).containsExactly(8, 9, 3);
        }
    }

    /** Who takes over stays; the next connection that needs somebody finds one all the same. */
    @Test
    void connectionThatWasSlowOnceKeepsNoHelper() throws Exception {
        restart(new NbdOptions(8, 30_000, 16, 2, 5_000));
        List<TestClient> clients = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            CountDownLatch go = new CountDownLatch(1);
            hook = method -> {
                if (method.equals("write")) {
                    await(go);
                }
            };
            TestClient client = connect().structured(VOLUME);
            clients.add(client);
            long slow = client.send(0, Protocol.CMD_WRITE, 0, 1, (byte) 1);
            long quick = client.send(0, Protocol.CMD_READ, 1000, 100);
            assertThat(client.readReply(0).cookie()).as("client " + i).isEqualTo(quick);
            go.countDown();
            assertThat(client.readReply(0).cookie()).isEqualTo(slow);
        }
        for (TestClient client : clients) {
            client.close();
        }
    }

    @Test
    void repliesThatAreReadyDoNotWaitForASlowRequest() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (TestClient client = connect().structured(VOLUME)) {
            hook = method -> {
                if (method.equals("trim")) {
                    await(go);
                }
            };
            for (int round = 0; round < 3; round++) {
                long first = client.send(0, Protocol.CMD_READ, 0, 100);
                long slow = client.send(0, Protocol.CMD_TRIM, 0, 4096);
                long last = client.send(0, Protocol.CMD_WRITE, 5000, 3, (byte) 1, (byte) 2, (byte) 3);
                assertThat(client.readReply(0).cookie()).isEqualTo(first);
                assertThat(client.readReply(0).cookie()).isIn(last, slow);
                go.countDown();
                assertThat(client.readReply(0).cookie()).isIn(last, slow);
            }
        }
    }

    @Test
    void flushCoversWhatAnotherConnectionHasWritten() throws Exception {
        try (TestClient one = connect().simple(VOLUME);
                TestClient two = connect().simple(VOLUME)) {
            one.write(0, new byte[100]);
            assertThat(two.command(0, Protocol.CMD_FLUSH, 0, 0)).isZero();
            assertThat(flushes).hasValue(1);
        }
    }

    @Test
    void handshakeThatTakesTooLongIsEnded() throws Exception {
        restart(SMALL);
        try (TestClient silent = connect();
                TestClient slow = connect().hello()) {
            silent.readHello();
            assertThat(silent.isEnded()).isTrue();
            assertThat(slow.isEnded()).isTrue();
        }
    }

    @Test
    void moreClientsThanAllowedAreSentAwayUntilOneGoes() throws Exception {
        restart(SMALL);
        List<TestClient> clients = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            clients.add(connect().simple(VOLUME));
        }
        try (TestClient more = connect()) {
            assertThat(more.isEnded()).isTrue();
        }
        clients.remove(0).close();
        boolean served = false;
        for (int i = 0; i < 100 && !served; i++) {
            Thread.sleep(10);
            try (TestClient next = connect()) {
                next.simple(VOLUME);
                served = true;
            } catch (IOException e) {
                served = false;
            }
        }
        assertThat(served).isTrue();
        for (TestClient each : clients) {
            assertThat(each.read(0, 100_000)).containsOnly(0);
            each.close();
        }
    }

    @Test
    void clientThatVanishesMidRequestLeavesAWholeDisk() throws Exception {
        for (int length : new int[] {4096, 100_000, 3 << 20}) {
            try (TestClient client = connect().simple(VOLUME)) {
                client.send(0, Protocol.CMD_WRITE, 0, length, new byte[length / 2]);
            }
        }
        for (int wait = 0; wait < 1000 && closed.get() < opened.get(); wait++) {
            Thread.sleep(5);
        }
        assertThat(closed.get()).isEqualTo(opened.get());
        try (TestClient client = connect().simple(VOLUME)) {
            assertThat(client.read(0, 3 << 20)).containsOnly(0);
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
        try (TestClient idle = connect().simple(VOLUME);
                TestClient unsure = connect().hello();
                TestClient client = connect().simple(VOLUME)) {
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
            assertThat(idle.isEnded()).isTrue();
            assertThat(unsure.isEnded()).isTrue();
            go.countDown();
            assertThat(client.readReply(0).cookie()).isEqualTo(cookie);
            assertThat(client.isEnded()).isTrue();
            closing.join();
            assertThat(closed.get()).isEqualTo(opened.get());
            server.close();
        }
    }

    @Test
    void clientThatReadsNothingHarmsNobodyAndIsEndedWithTheServer() throws Exception {
        restart(new NbdOptions(4, 30_000, 8, 2, 200));
        try (TestClient deaf = connect().structured(VOLUME);
                TestClient other = connect().structured(VOLUME)) {
            other.write(0, new byte[] {1});
            for (int i = 0; i < 200; i++) {
                deaf.send(Protocol.CMD_FLAG_DF, Protocol.CMD_READ, 0, 65_536);
            }
            for (int i = 0; i < 100; i++) {
                assertThat(other.read(0, 1)).containsExactly(1);
            }
            server.close();
            for (int wait = 0; wait < 1000 && closed.get() < opened.get(); wait++) {
                Thread.sleep(5);
            }
            assertThat(closed.get()).isEqualTo(opened.get());
        }
    }
}
