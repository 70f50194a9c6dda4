package dev.varve.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the protocol says of a server's replies to requests. */
class TransmissionTest extends ServedDisks {
    private static final long MAX = (1L << 32) - 1;

    private static byte[] random(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private TestClient structured(String... contexts) throws IOException {
        return connect().structured(VOLUME, contexts);
    }

    private TestClient simple() throws IOException {
        return connect().simple(VOLUME);
    }

    @Test
    void flagsSayWhatAnExportCanDo() throws Exception {
        int all = 1 | 1 << 2 | 1 << 3 | 1 << 8 | 1 << 10;
        int writing = 1 << 5 | 1 << 6 | 1 << 11;
        try (TestClient client = simple()) {
            assertThat(client.transmissionFlags).isEqualTo(all | writing);
        }
        try (TestClient client = structured()) {
            assertThat(client.transmissionFlags).isEqualTo(all | writing | Protocol.TRANSMISSION_SEND_DF);
        }
        try (TestClient client = connect().simple(SNAPSHOT)) {
            assertThat(client.transmissionFlags).isEqualTo(all | Protocol.TRANSMISSION_READ_ONLY);
        }
    }

    @Test
    void readsWhatWasWrittenAtAnyOffsetAndLength() throws Exception {
        byte[] disk = new byte[3 << 20];
        Random random = new Random(5);
        try (TestClient client = simple();
                TestClient other = structured()) {
            for (int i = 0; i < 200; i++) {
                int length = 1 + random.nextInt(random.nextInt(8) == 0 ? 1 << 20 : 20_000);
                int at = random.nextInt(disk.length - length);
                byte[] bytes = random(i, length);
                assertThat((i & 1) == 0 ? client.write(at, bytes) : other.write(at, bytes))
                        .isZero();
                System.arraycopy(bytes, 0, disk, at, length);
                int from = random.nextInt(disk.length - 1);
                int some = 1 + random.nextInt(disk.length - from);
                byte[] expected = Arrays.copyOfRange(disk, from, from + some);
                assertThat(client.read(from, some)).isEqualTo(expected);
                assertThat(other.read(from, some)).isEqualTo(expected);
            }
        }
    }

    @Test
    void thirtyTwoMebibytesGoAtOnceAndNotOneByteMore() throws Exception {
        byte[] bytes = random(1, Protocol.MAX_PAYLOAD_BYTES);
        try (TestClient client = simple();
                TestClient other = structured()) {
            assertThat(client.write(4095, bytes)).isZero();
            assertThat(client.read(4095, bytes.length)).isEqualTo(bytes);
            assertThat(other.read(4095, bytes.length)).isEqualTo(bytes);
            assertThat(client.write(0, new byte[Protocol.MAX_PAYLOAD_BYTES + 1]))
                    .isEqualTo(Protocol.EINVAL);
            assertThat(client.command(0, Protocol.CMD_READ, 0, Protocol.MAX_PAYLOAD_BYTES + 1L))
                    .isEqualTo(Protocol.EINVAL);
            assertThat(client.read(4095, 10)).isEqualTo(Arrays.copyOf(bytes, 10));
        }
    }

    @Test
    void emptyRequestsDoNothing() throws Exception {
        try (TestClient client = simple();
                TestClient other = structured()) {
            assertThat(client.read(GIB, 0)).isEmpty();
            assertThat(other.read(0, 0)).isEmpty();
            assertThat(client.write(GIB)).isZero();
            for (int type : new int[] {Protocol.CMD_TRIM, Protocol.CMD_WRITE_ZEROES, Protocol.CMD_CACHE}) {
                assertThat(client.command(0, type, 0, 0)).isZero();
            }
        }
    }

    @Test
    void pastTheEndIsNoSpaceForWritesAndInvalidForOthers() throws Exception {
        try (TestClient client = simple();
                TestClient other = structured("base:allocation")) {
            assertThat(client.write(GIB - 1, new byte[2])).isEqualTo(Protocol.ENOSPC);
            assertThat(client.write(GIB + 1, new byte[1])).isEqualTo(Protocol.ENOSPC);
            assertThat(client.write(-1, new byte[1])).isEqualTo(Protocol.ENOSPC);
            assertThat(client.write(Long.MAX_VALUE, new byte[1])).isEqualTo(Protocol.ENOSPC);
            assertThat(client.command(0, Protocol.CMD_WRITE_ZEROES, 0, MAX)).isEqualTo(Protocol.ENOSPC);
            assertThat(client.command(0, Protocol.CMD_TRIM, 0, MAX)).isEqualTo(Protocol.EINVAL);
            assertThat(client.command(0, Protocol.CMD_READ, GIB - 1, 2)).isEqualTo(Protocol.EINVAL);
            assertThat(client.command(0, Protocol.CMD_CACHE, GIB, 1)).isEqualTo(Protocol.EINVAL);
            assertThat(other.command(0, Protocol.CMD_READ, Long.MIN_VALUE, 1)).isEqualTo(Protocol.EINVAL);
            assertThat(other.command(0, Protocol.CMD_BLOCK_STATUS, 0, MAX)).isEqualTo(Protocol.EINVAL);
            assertThat(client.read(GIB - 1, 1)).containsOnly(0);
        }
    }

    @Test
    void readOnlyExportPermitsNoChange() throws Exception {
        try (TestClient client = connect().simple(SNAPSHOT)) {
            assertThat(client.write(0, new byte[100])).isEqualTo(Protocol.EPERM);
            assertThat(client.command(0, Protocol.CMD_TRIM, 0, 100)).isEqualTo(Protocol.EPERM);
            assertThat(client.command(0, Protocol.CMD_WRITE_ZEROES, 0, 100)).isEqualTo(Protocol.EPERM);
            assertThat(client.command(0, Protocol.CMD_FLUSH, 0, 0)).isZero();
            assertThat(client.read(0, 100)).containsOnly(0);
        }
    }

    @Test
    void unknownCommandsAndFlagsAreInvalidAndTheConnectionGoesOn() throws Exception {
        try (TestClient client = simple();
                TestClient other = structured("base:allocation")) {
            for (TestClient each : List.of(client, other)) {
                for (int type : new int[] {8, 9, 100, 0xffff}) {
                    assertThat(each.command(0, type, 0, 0)).isEqualTo(Protocol.EINVAL);
                }
                for (int flag : new int[] {1 << 1, 1 << 3, 1 << 4, 1 << 5, 1 << 15}) {
                    assertThat(each.command(flag, Protocol.CMD_READ, 0, 1)).isEqualTo(Protocol.EINVAL);
                    assertThat(each.command(flag, Protocol.CMD_WRITE, 0, 3, (byte) 1, (byte) 2, (byte) 3))
                            .isEqualTo(Protocol.EINVAL);
                    assertThat(each.command(flag, Protocol.CMD_CACHE, 0, 1)).isEqualTo(Protocol.EINVAL);
                }
                assertThat(each.read(0, 3)).containsOnly(0);
            }
            assertThat(client.command(Protocol.CMD_FLAG_DF, Protocol.CMD_READ, 0, 1))
                    .as("not without structured replies")
                    .isEqualTo(Protocol.EINVAL);
            assertThat(client.command(0, Protocol.CMD_BLOCK_STATUS, 0, 512)).isEqualTo(Protocol.EINVAL);
            assertThat(client.command(0, Protocol.CMD_FLUSH, 1, 0)).isEqualTo(Protocol.EINVAL);
        }
    }

    @Test
    void fuaMayStandAnywhere() throws Exception {
        try (TestClient client = structured("base:allocation")) {
            client.send(Protocol.CMD_FLAG_FUA, Protocol.CMD_READ, 0, 1);
            assertThat(client.readChunks()).allMatch(chunk -> chunk.error() == 0);
            client.send(Protocol.CMD_FLAG_FUA, Protocol.CMD_BLOCK_STATUS, 0, 512);
            assertThat(client.readChunks()).allMatch(chunk -> chunk.error() == 0);
            assertThat(flushes).hasValue(0);
            int synced = 0;
            for (int type : new int[] {Protocol.CMD_TRIM, Protocol.CMD_WRITE_ZEROES}) {
                assertThat(client.command(Protocol.CMD_FLAG_FUA, type, 0, 4096)).isZero();
                assertThat(flushes).hasValue(++synced);
            }
            assertThat(client.command(Protocol.CMD_FLAG_FUA, Protocol.CMD_WRITE, 0, 2, (byte) 1, (byte) 2))
                    .isZero();
            assertThat(flushes).hasValue(++synced);
            byte[] large = new byte[1 << 20];
            assertThat(client.command(Protocol.CMD_FLAG_FUA, Protocol.CMD_WRITE, 0, large.length, large))
                    .isZero();
            assertThat(flushes).hasValue(++synced);
            assertThat(client.command(Protocol.CMD_FLAG_FUA, Protocol.CMD_FLUSH, 0, 0))
                    .isZero();
            assertThat(flushes).hasValue(++synced);
            assertThat(client.command(Protocol.CMD_FLAG_FUA, Protocol.CMD_CACHE, 0, 4096))
                    .isZero();
        }
    }

    @Test
    void zeroesAndTrimsReadAsZeros() throws Exception {
        try (TestClient client = structured()) {
            int zeroes = Protocol.CMD_WRITE_ZEROES;
            for (int flags : new int[] {0, Protocol.CMD_FLAG_NO_HOLE, Protocol.CMD_FLAG_FAST_ZERO}) {
                assertThat(client.write(100, random(1, 9000))).isZero();
                assertThat(client.command(flags, zeroes, 1000, 5000)).isZero();
                byte[] expected = random(1, 9000);
                Arrays.fill(expected, 900, 5900, (byte) 0);
                assertThat(client.read(100, 9000)).isEqualTo(expected);
            }
            assertThat(client.command(0, Protocol.CMD_TRIM, 0, GIB)).isZero();
            assertThat(client.read(0, 10_000)).containsOnly(0);
        }
    }

    @Test
    void oneContentChunkWhereOneIsAskedFor() throws Exception {
        try (TestClient client = structured()) {
            client.write(8192, random(1, 4096));
            for (int length : new int[] {1, 512, 65_536, 200_000}) {
                client.send(Protocol.CMD_FLAG_DF, Protocol.CMD_READ, 0, length);
                List<TestClient.Reply> chunks = client.readChunks();
                assertThat(chunks).filteredOn(chunk -> chunk.type() == 1).hasSize(1);
                assertThat(chunks).noneMatch(chunk -> chunk.type() == Protocol.REPLY_OFFSET_HOLE);
            }
            assertThat(client.command(Protocol.CMD_FLAG_DF, Protocol.CMD_READ, 0, 1 << 20))
                    .isEqualTo(Protocol.EOVERFLOW);
        }
    }

    @Test
    void chunksOfALongReadCoverItOnceAndTellHoles() throws Exception {
        int length = 8 << 20;
        try (TestClient client = structured()) {
            client.write(3 << 20, random(1, 70_000));
            client.send(0, Protocol.CMD_READ, 100, length);
            long covered = 0;
            boolean hasHole = false;
            boolean[] seen = new boolean[length / 4 + 1];
            for (TestClient.Reply chunk : client.readChunks()) {
                long at = chunk.data().getLong();
                long some = chunk.type() == Protocol.REPLY_OFFSET_HOLE
                        ? chunk.data().getInt()
                        : chunk.data().remaining();
                hasHole |= chunk.type() == Protocol.REPLY_OFFSET_HOLE;
                assertThat(at).isBetween(100L, 100L + length - 1);
                assertThat(seen[(int) (at - 100) / 4]).isFalse();
                seen[(int) (at - 100) / 4] = true;
                covered += some;
            }
            assertThat(covered).isEqualTo(length);
            assertThat(hasHole).isTrue();
            assertThat(client.read((3 << 20) - 5000, 80_000))
                    .startsWith(new byte[5000])
                    .containsSubsequence(random(1, 70_000));
        }
    }

    @Test
    void readsOfFourGibibytesAreAnsweredWithHoles() throws Exception {
        try (TestClient client = structured()) {
            client.send(0, Protocol.CMD_READ, 0, GIB);
            assertThat(client.readChunks())
                    .allMatch(chunk -> chunk.type() == Protocol.REPLY_OFFSET_HOLE)
                    .hasSizeLessThan(20);
        }
    }

    @Test
    void statusHasOneChunkAContextAndStaysInside() throws Exception {
        try (TestClient client = structured("base:allocation", "varve:hydrated")) {
            client.write(1 << 20, random(1, 4096));
            client.send(0, Protocol.CMD_BLOCK_STATUS, 4096, GIB - 4096);
            List<TestClient.Reply> chunks = client.readChunks();
            assertThat(chunks.stream().map(chunk -> chunk.data().getInt(0))).containsExactlyInAnyOrder(1, 2);
            ByteBuffer runs = chunks.get(0).data().position(4);
            assertThat(runs.getInt()).isEqualTo((1 << 20) - 4096);
            assertThat(runs.getInt()).isEqualTo(3);
            assertThat(runs.getInt()).isEqualTo(4096);
            assertThat(runs.getInt()).isZero();
            assertThat(runs.getInt()).isEqualTo((int) (GIB - (1 << 20) - 4096));
            assertThat(runs.getInt()).isEqualTo(3);
            assertThat(runs.hasRemaining()).isFalse();
            client.send(Protocol.CMD_FLAG_REQ_ONE, Protocol.CMD_BLOCK_STATUS, 4096, 8192);
            for (TestClient.Reply chunk : client.readChunks()) {
                assertThat(chunk.data().remaining()).isEqualTo(12);
                assertThat(chunk.data().getInt(4)).isBetween(1, 8192);
            }
            assertThat(client.command(0, Protocol.CMD_BLOCK_STATUS, 0, 0)).isEqualTo(Protocol.EINVAL);
        }
    }

    @Test
    void whatHasChangedSinceASnapshotIsDirty() throws Exception {
        try (TestClient client = structured(MetaContext.DIRTY_BITMAP + "snap-1")) {
            client.write(1 << 20, random(1, 8192));
            client.send(0, Protocol.CMD_BLOCK_STATUS, 0, GIB);
            ByteBuffer runs = client.readChunks().get(0).data().position(4);
            int[] expected = {1 << 20, 0, 8192, 1, (int) (GIB - (1 << 20) - 8192), 0};
            for (int each : expected) {
                assertThat(runs.getInt()).isEqualTo(each);
            }
            assertThat(runs.hasRemaining()).isFalse();
        }
    }

    @Test
    void contextsOfAnotherExportDoNotCount() throws Exception {
        try (TestClient client = connect().hello()) {
            client.option(Protocol.OPT_STRUCTURED_REPLY);
            client.option(Protocol.OPT_SET_META_CONTEXT, TestClient.contextData(SNAPSHOT, "base:allocation"));
            client.go(VOLUME);
            assertThat(client.command(0, Protocol.CMD_BLOCK_STATUS, 0, 512)).isEqualTo(Protocol.EINVAL);
        }
    }

    @Test
    void whatTheDiskRefusesIsToldInTheProtocolsNumbers() throws Exception {
        try (TestClient client = simple();
                TestClient other = structured()) {
            hook = method -> {
                throw new IOException("it has rotted");
            };
            assertThat(client.command(0, Protocol.CMD_READ, 0, 100)).isEqualTo(Protocol.EIO);
            assertThat(client.command(0, Protocol.CMD_READ, 0, 20 << 20)).isEqualTo(Protocol.EIO);
            other.send(0, Protocol.CMD_READ, 0, 100);
            TestClient.Reply told = other.readReply(0);
            assertThat(told.type()).isEqualTo(Protocol.REPLY_ERROR);
            assertThat(new String(told.data().array(), 6, told.data().getShort(4), StandardCharsets.UTF_8))
                    .isEqualTo("it has rotted");
            assertThat(client.write(0, new byte[1 << 20])).isEqualTo(Protocol.EIO);
            assertThat(client.command(0, Protocol.CMD_FLUSH, 0, 0)).isEqualTo(Protocol.EIO);
            hook = method -> {
                throw new IOException("No space left on device: 5 bytes");
            };
            assertThat(client.write(0, new byte[10])).isEqualTo(Protocol.ENOSPC);
            hook = method -> {
                throw new IllegalArgumentException("a mistake");
            };
            assertThat(client.write(0, new byte[10])).isEqualTo(Protocol.EIO);
            hook = method -> {};
            assertThat(client.read(0, 1 << 20)).containsOnly(0);
            assertThat(other.read(0, 1 << 20)).containsOnly(0);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void simpleReadThatFailsHalfwayEndsTheConnection(boolean fails) throws Exception {
        try (TestClient client = simple()) {
            int[] reads = {0};
            hook = method -> {
                if (method.equals("read") && ++reads[0] > 17 && fails) {
                    throw new IOException("it has rotted meanwhile");
                }
            };
            client.send(0, Protocol.CMD_READ, 0, 1 << 20);
            assertThat(client.in.readInt()).isEqualTo(Protocol.SIMPLE_REPLY_MAGIC);
            assertThat(client.in.readInt()).isZero();
            client.in.readLong();
            assertThat(client.in.readNBytes(1 << 20).length < 1 << 20).isEqualTo(fails);
        }
    }

    @Test
    void wrongMagicEndsTheConnectionAndNoOther() throws Exception {
        try (TestClient client = simple();
                TestClient other = simple()) {
            client.out.write(new byte[28]);
            assertThat(client.isEnded()).isTrue();
            assertThat(other.read(0, 10)).containsOnly(0);
        }
    }
}
