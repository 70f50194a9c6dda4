package dev.varve.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the protocol says of a server before the first request. */
class HandshakeTest extends ServedDisks {
    @Test
    void offersFixedNewstyleWithoutZeros() throws Exception {
        try (TestClient client = connect()) {
            assertThat(client.readHello()).isEqualTo(3);
        }
    }

    @Test
    void unknownClientFlagEndsTheConnection() throws Exception {
        try (TestClient client = connect()) {
            client.readHello();
            client.out.writeInt(0x83);
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Test
    void exportNameIsAnsweredWithZerosUnlessRefused() throws Exception {
        for (int flags : new int[] {1, 3}) {
            try (TestClient client = connect()) {
                client.readHello();
                client.out.writeInt(flags);
                client.sendOption(Protocol.OPT_EXPORT_NAME, VOLUME.getBytes(StandardCharsets.UTF_8));
                assertThat(client.in.readLong()).isEqualTo(GIB);
                assertThat(client.in.readUnsignedShort() & Protocol.TRANSMISSION_HAS_FLAGS)
                        .isEqualTo(1);
                if (flags == 1) {
                    assertThat(client.in.readNBytes(124)).containsOnly(0);
                }
                assertThat(client.read(0, 10)).containsOnly(0);
            }
        }
    }

    @Test
    void exportNameThatIsNotThereEndsTheConnection() throws Exception {
        try (TestClient client = connect().hello()) {
            client.sendOption(Protocol.OPT_EXPORT_NAME, "other".getBytes(StandardCharsets.UTF_8));
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Test
    void abortIsAcknowledgedWithAndWithoutData() throws Exception {
        for (byte[] data : new byte[][] {{}, {1, 2, 3}}) {
            try (TestClient client = connect().hello()) {
                assertThat(client.kindOf(Protocol.OPT_ABORT, data)).isEqualTo(Protocol.REP_ACK);
                assertThat(client.isEnded()).isTrue();
            }
        }
    }

    @Test
    void unknownOptionIsUnsupportedAndDoesNoHarm() throws Exception {
        try (TestClient client = connect().hello()) {
            for (int option : new int[] {0, 4, 11, 99, -1}) {
                assertThat(client.kindOf(option, new byte[100])).isEqualTo(Protocol.REP_ERR_UNSUP);
            }
            assertThat(client.go(VOLUME).sizeBytes).isEqualTo(GIB);
        }
    }

    @Test
    void listNamesAllExports() throws Exception {
        try (TestClient client = connect().hello()) {
            List<TestClient.OptionReply> replies = client.option(Protocol.OPT_LIST);
            assertThat(replies).hasSize(3);
            ByteBuffer first = replies.get(0).data();
            assertThat(replies.get(0).kind()).isEqualTo(Protocol.REP_SERVER);
            assertThat(first.getInt()).isEqualTo(VOLUME.length());
            assertThat(StandardCharsets.UTF_8.decode(first).toString()).isEqualTo("diska volume");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Protocol.OPT_LIST, Protocol.OPT_STRUCTURED_REPLY, Protocol.OPT_STARTTLS})
    void optionsWithoutDataRefuseData(int option) throws Exception {
        try (TestClient client = connect().hello()) {
            assertThat(client.kindOf(option, new byte[1])).isEqualTo(Protocol.REP_ERR_INVALID);
        }
    }

    @Test
    void tlsIsRefusedWhereThereIsNone() throws Exception {
        try (TestClient client = connect().hello()) {
            assertThat(client.kindOf(Protocol.OPT_STARTTLS)).isEqualTo(Protocol.REP_ERR_POLICY);
            assertThat(client.go(VOLUME).sizeBytes).isEqualTo(GIB);
        }
    }

    @Test
    void infoTellsWhatIsAskedForAndOpensNothing() throws Exception {
        try (TestClient client = connect().hello()) {
            List<TestClient.OptionReply> replies =
                    client.option(Protocol.OPT_INFO, TestClient.goData("", 1, 2, 3, 77, 9));
            assertThat(replies.stream().map(TestClient.OptionReply::kind))
                    .containsExactly(3, 3, 3, 3, Protocol.REP_ACK);
            assertThat(replies.get(0).data().remaining()).isEqualTo(12);
            ByteBuffer sizes = replies.get(3).data();
            assertThat(sizes.getShort(0)).isEqualTo((short) Protocol.INFO_BLOCK_SIZE);
            assertThat(sizes.getInt(2)).isEqualTo(1);
            assertThat(sizes.getInt(6)).isEqualTo(4096);
            assertThat(sizes.getInt(10)).isEqualTo(32 << 20);
            assertThat(replies.get(1).data().slice(2, 4)).isEqualTo(StandardCharsets.UTF_8.encode(VOLUME));
            assertThat(opened).hasValue(0);
        }
    }

    @Test
    void infoAndGoTellTheSame() throws Exception {
        try (TestClient client = connect().hello()) {
            byte[] data = TestClient.goData(SNAPSHOT, 1, 2, 3);
            assertThat(client.option(Protocol.OPT_INFO, data).stream().map(TestClient.OptionReply::data))
                    .containsExactlyElementsOf(client.option(Protocol.OPT_GO, data).stream()
                            .map(TestClient.OptionReply::data)
                            .toList());
        }
    }

    @Test
    void unknownNameIsToldAndNothingElse() throws Exception {
        try (TestClient client = connect().hello()) {
            for (int option : new int[] {Protocol.OPT_INFO, Protocol.OPT_GO}) {
                List<TestClient.OptionReply> replies = client.option(option, TestClient.goData("nobody", 3));
                assertThat(replies).hasSize(1);
                assertThat(replies.get(0).kind()).isEqualTo(Protocol.REP_ERR_UNKNOWN);
            }
            assertThat(opened).hasValue(0);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {5, 4095, 4096, 4097, 1L << 31, (1L << 32) - 1})
    void nameLongerThanTheOptionIsRefused(long length) throws Exception {
        try (TestClient client = connect().hello()) {
            ByteBuffer data =
                    ByteBuffer.allocate(10).putInt((int) length).putInt(0).putShort((short) 0);
            assertThat(client.kindOf(Protocol.OPT_GO, data.array())).isEqualTo(Protocol.REP_ERR_INVALID);
            assertThat(client.go(VOLUME).sizeBytes).isEqualTo(GIB);
        }
    }

    @Test
    void namesUpToTheLimitAreLookedForAndLongerOnesRefused() throws Exception {
        try (TestClient client = connect().hello()) {
            for (int length : new int[] {255, 256, 257, 4095, 4096}) {
                assertThat(client.kindOf(Protocol.OPT_GO, TestClient.goData("n".repeat(length))))
                        .isEqualTo(Protocol.REP_ERR_UNKNOWN);
            }
            assertThat(client.kindOf(Protocol.OPT_GO, TestClient.goData("n".repeat(4097))))
                    .isEqualTo(Protocol.REP_ERR_TOO_BIG);
            assertThat(client.go(VOLUME).sizeBytes).isEqualTo(GIB);
        }
    }

    @Test
    void longOptionIsRefusedAndAnEndlessOneEndsTheConnection() throws Exception {
        try (TestClient client = connect().hello()) {
            assertThat(client.kindOf(Protocol.OPT_GO, new byte[100_000])).isEqualTo(Protocol.REP_ERR_TOO_BIG);
            client.out.write(ByteBuffer.allocate(16)
                    .putLong(Protocol.IHAVEOPT)
                    .putInt(Protocol.OPT_GO)
                    .putInt(-1)
                    .array());
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Test
    void contextsThatAreTooLongSelectNone() throws Exception {
        try (TestClient client = connect().hello()) {
            client.option(Protocol.OPT_STRUCTURED_REPLY);
            client.option(Protocol.OPT_SET_META_CONTEXT, TestClient.contextData(VOLUME, "base:allocation"));
            assertThat(client.kindOf(Protocol.OPT_SET_META_CONTEXT, new byte[100_000]))
                    .isEqualTo(Protocol.REP_ERR_TOO_BIG);
            assertThat(client.go(VOLUME).command(0, Protocol.CMD_BLOCK_STATUS, 0, 512))
                    .isEqualTo(Protocol.EINVAL);
        }
    }

    @Test
    void unknownOptionIsUnsupportedHoweverLong() throws Exception {
        try (TestClient client = connect().hello()) {
            assertThat(client.kindOf(77, new byte[100_000])).isEqualTo(Protocol.REP_ERR_UNSUP);
        }
    }

    @Test
    void sourceThatCanNotSayIsToldAndTheHandshakeGoesOn() throws Exception {
        hook = method -> {
            if (method.equals("find") || method.equals("list")) {
                throw new IOException("the store is busy");
            }
        };
        try (TestClient client = connect().hello()) {
            client.option(Protocol.OPT_STRUCTURED_REPLY);
            byte[] contexts = TestClient.contextData(VOLUME, "base:allocation");
            assertThat(client.kindOf(Protocol.OPT_LIST)).isEqualTo(Protocol.REP_ERR_POLICY);
            assertThat(client.kindOf(Protocol.OPT_GO, TestClient.goData(VOLUME)))
                    .isEqualTo(Protocol.REP_ERR_POLICY);
            assertThat(client.kindOf(Protocol.OPT_SET_META_CONTEXT, contexts)).isEqualTo(Protocol.REP_ERR_POLICY);
            hook = method -> {};
            assertThat(client.go(VOLUME).sizeBytes).isEqualTo(GIB);
        }
    }

    @Test
    void malformedInfoRequestsAreInvalid() throws Exception {
        byte[][] all = {
            {},
            {0, 0, 0},
            {0, 0, 0, 0},
            {0, 0, 0, 0, 0},
            {0, 0, 0, 0, 0, 1},
            {0, 0, 0, 0, 0, 0, 9},
            {0, 0, 0, 1, (byte) 0xff, 0, 0},
            {0, 0, 0, 1, 0, 0, 0},
        };
        try (TestClient client = connect().hello()) {
            for (byte[] data : all) {
                assertThat(client.kindOf(Protocol.OPT_GO, data)).isEqualTo(Protocol.REP_ERR_INVALID);
            }
        }
    }

    @Test
    void contextsNeedStructuredReplies() throws Exception {
        try (TestClient client = connect().hello()) {
            byte[] data = TestClient.contextData(VOLUME, "base:allocation");
            assertThat(client.kindOf(Protocol.OPT_SET_META_CONTEXT, data)).isEqualTo(Protocol.REP_ERR_INVALID);
            assertThat(client.kindOf(Protocol.OPT_LIST_META_CONTEXT, data)).isEqualTo(Protocol.REP_ERR_INVALID);
        }
    }

    @Test
    void contextsAreListedByNameByNamespaceAndAll() throws Exception {
        try (TestClient client = connect().hello()) {
            client.option(Protocol.OPT_STRUCTURED_REPLY);
            assertThat(contexts(client, Protocol.OPT_LIST_META_CONTEXT))
                    .containsExactly("base:allocation", "varve:hydrated");
            assertThat(contexts(client, Protocol.OPT_LIST_META_CONTEXT, "base:"))
                    .containsExactly("base:allocation");
            assertThat(contexts(client, Protocol.OPT_LIST_META_CONTEXT, "varve:hydrated", "base:no"))
                    .containsExactly("varve:hydrated");
            assertThat(contexts(client, Protocol.OPT_LIST_META_CONTEXT, "x-other:thing"))
                    .isEmpty();
        }
    }

    @Test
    void contextsAreSelectedByWholeNamesOnly() throws Exception {
        try (TestClient client = connect().hello()) {
            client.option(Protocol.OPT_STRUCTURED_REPLY);
            assertThat(contexts(client, Protocol.OPT_SET_META_CONTEXT, "base:")).isEmpty();
            assertThat(contexts(client, Protocol.OPT_SET_META_CONTEXT)).isEmpty();
            assertThat(contexts(client, Protocol.OPT_SET_META_CONTEXT, "x:y", "base:allocation", "base:allocation"))
                    .containsExactly("base:allocation");
            byte[] unknown = TestClient.contextData("nobody", "base:allocation");
            assertThat(client.kindOf(Protocol.OPT_SET_META_CONTEXT, unknown)).isEqualTo(Protocol.REP_ERR_UNKNOWN);
        }
    }

    @Test
    void contextThatIsNotListedIsFoundByItsName() throws Exception {
        String bitmap = MetaContext.DIRTY_BITMAP + "snap-1";
        try (TestClient client = connect().hello()) {
            client.option(Protocol.OPT_STRUCTURED_REPLY);
            assertThat(contexts(client, Protocol.OPT_LIST_META_CONTEXT)).doesNotContain(bitmap);
            assertThat(contexts(client, Protocol.OPT_LIST_META_CONTEXT, bitmap)).containsExactly(bitmap);
            assertThat(contexts(client, Protocol.OPT_SET_META_CONTEXT, bitmap, "base:allocation", bitmap))
                    .containsExactly(bitmap, "base:allocation");
        }
    }

    @Test
    void contextsAreAskedForWhenTheyAreNeeded() throws Exception {
        hook = method -> {
            if (method.startsWith("context")) {
                throw new IOException("nobody knows");
            }
        };
        try (TestClient client = connect().hello()) {
            client.option(Protocol.OPT_STRUCTURED_REPLY);
            assertThat(client.option(Protocol.OPT_LIST, new byte[0])).hasSize(3);
            byte[] data = TestClient.contextData(VOLUME, "base:allocation");
            assertThat(client.kindOf(Protocol.OPT_SET_META_CONTEXT, data)).isEqualTo(Protocol.REP_ERR_POLICY);
            assertThat(client.kindOf(Protocol.OPT_LIST_META_CONTEXT, TestClient.contextData(VOLUME)))
                    .isEqualTo(Protocol.REP_ERR_POLICY);
        }
    }

    @Test
    void contextsThatCanBeSelectedHaveALimit() throws Exception {
        String[] many = IntStream.range(0, 17)
                .mapToObj(i -> MetaContext.DIRTY_BITMAP + "snap-" + i)
                .toArray(String[]::new);
        try (TestClient client = connect().hello()) {
            client.option(Protocol.OPT_STRUCTURED_REPLY);
            assertThat(contexts(client, Protocol.OPT_SET_META_CONTEXT, Arrays.copyOf(many, 16)))
                    .hasSize(16);
            byte[] data = TestClient.contextData(VOLUME, many);
            assertThat(client.kindOf(Protocol.OPT_SET_META_CONTEXT, data)).isEqualTo(Protocol.REP_ERR_TOO_BIG);
        }
    }

    private static List<String> contexts(TestClient client, int option, String... queries) throws Exception {
        List<TestClient.OptionReply> replies = client.option(option, TestClient.contextData(VOLUME, queries));
        assertThat(replies.get(replies.size() - 1).kind()).isEqualTo(Protocol.REP_ACK);
        return replies.subList(0, replies.size() - 1).stream()
                .map(reply -> StandardCharsets.UTF_8
                        .decode(reply.data().slice(4, reply.data().remaining() - 4))
                        .toString())
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 0x7fffffff, -1})
    void queriesThatAreNotThereAreRefused(int count) throws Exception {
        try (TestClient client = connect().hello()) {
            client.option(Protocol.OPT_STRUCTURED_REPLY);
            ByteBuffer data = ByteBuffer.allocate(8).putInt(0).putInt(count);
            assertThat(client.kindOf(Protocol.OPT_SET_META_CONTEXT, data.array()))
                    .isEqualTo(Protocol.REP_ERR_INVALID);
        }
    }

    @Test
    void requestsMayComeWithTheLastOption() throws Exception {
        try (TestClient client = connect().hello()) {
            client.sendOption(Protocol.OPT_GO, TestClient.goData(VOLUME));
            long cookie = client.send(0, Protocol.CMD_READ, 0, 512);
            assertThat(client.readOptionReply().kind()).isEqualTo(Protocol.REP_INFO);
            assertThat(client.readOptionReply().kind()).isEqualTo(Protocol.REP_ACK);
            assertThat(client.readReply(512).cookie()).isEqualTo(cookie);
        }
    }
}
