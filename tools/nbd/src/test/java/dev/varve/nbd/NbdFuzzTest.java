package dev.varve.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Whatever a client sends, the server answers or ends the connection, lets go of the disk and of all buffers, and sends what
 * the protocol knows. In a build the inputs kept beside this class in the resources are replayed; {@code JAZZER_FUZZ=1}
 * searches for more.
 */
class NbdFuzzTest {
    private static final int SIZE = 1 << 18;

    /** Whole replies to all that one input can ask for are shorter. */
    private static final long MAX_SENT = 1L << 32;

    private static final int TURNS = 4;
    private static final Helpers HELPERS = new Helpers(TURNS);
    private static final Buffers BUFFERS = new Buffers(16);
    private static final byte[] TO_TRANSMISSION = toTransmission();

    @FuzzTest
    void handshake(byte[] input) throws Exception {
        serve(input);
    }

    @FuzzTest
    void transmission(byte[] input) throws Exception {
        byte[] all = new byte[TO_TRANSMISSION.length + input.length];
        System.arraycopy(TO_TRANSMISSION, 0, all, 0, TO_TRANSMISSION.length);
        System.arraycopy(input, 0, all, TO_TRANSMISSION.length, input.length);
        serve(all);
    }

    /** Client flags, structured replies, contexts, and the option that ends the handshake. */
    private static byte[] toTransmission() {
        byte[] contexts = TestClient.contextData("", "base:allocation", "varve:hydrated");
        byte[] go = TestClient.goData("", 3);
        return ByteBuffer.allocate(4 + 3 * 16 + contexts.length + go.length)
                .putInt(3)
                .putLong(Protocol.IHAVEOPT)
                .putInt(Protocol.OPT_STRUCTURED_REPLY)
                .putInt(0)
                .putLong(Protocol.IHAVEOPT)
                .putInt(Protocol.OPT_SET_META_CONTEXT)
                .putInt(contexts.length)
                .put(contexts)
                .putLong(Protocol.IHAVEOPT)
                .putInt(Protocol.OPT_GO)
                .putInt(go.length)
                .put(go)
                .array();
    }

    private static void serve(byte[] input) throws Exception {
        Disks disks = new Disks();
        Replay link = new Replay(input);
        Session session = null;
        Incoming in = new Incoming(link, Buffers.ofHandshake());
        try {
            session = new Negotiation(link, in, new OpenExports(disks), () -> false).run();
        } catch (IOException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
        if (session != null) {
            CountDownLatch ended = new CountDownLatch(1);
            new Transmission(session, link, BUFFERS, HELPERS, ended::countDown).lead(in);
            assertThat(ended.await(20, TimeUnit.SECONDS)).as("it ends").isTrue();
            assertThat(link.closed).isTrue();
        }
        assertThat(disks.opened).allMatch(HeapDisk::isClosed);
        assertThat(BUFFERS.taken()).isZero();
        assertThat(HELPERS.free()).isEqualTo(TURNS);
        assertThat(link.sent).isLessThan(MAX_SENT);
    }

    private static final class Disks implements ExportSource {
        private final List<HeapDisk> opened = new ArrayList<>();

        @Override
        public List<NbdExport> list() {
            return List.of(export());
        }

        @Override
        public @Nullable NbdExport find(String name) {
            return name.isEmpty() || name.equals("disk") ? export() : null;
        }

        private static NbdExport export() {
            MetaContext hydrated = new MetaContext("varve:hydrated", BlockDevice.HYDRATION, 1, 0);
            return new NbdExport("disk", "a disk", SIZE, false, MetaContexts.of(MetaContext.ALLOCATION, hydrated));
        }

        @Override
        public BlockDevice open(String name) {
            HeapDisk disk = new HeapDisk(SIZE);
            opened.add(disk);
            return disk;
        }
    }

    /** Gives an input in pieces, and looks at what is sent. */
    private static final class Replay implements Link {
        private static final int PIECE = 1500;

        private final ByteBuffer input;
        private long sent;
        private boolean greeted;
        private volatile boolean closed;

        Replay(byte[] input) {
            this.input = ByteBuffer.wrap(input);
        }

        @Override
        public int read(ByteBuffer dst) {
            if (!input.hasRemaining()) {
                return -1;
            }
            int some = Math.min(PIECE, Math.min(input.remaining(), dst.remaining()));
            dst.put(input.slice(input.position(), some));
            input.position(input.position() + some);
            return some;
        }

        @Override
        public synchronized void write(ByteBuffer src) {
            if (!greeted) {
                greeted = true;
                byte[] magic = "NBDMAGIC".getBytes(StandardCharsets.US_ASCII);
                assertThat(src.getLong(src.position()))
                        .isEqualTo(ByteBuffer.wrap(magic).getLong());
            }
            sent += src.remaining();
            src.position(src.limit());
        }

        @Override
        public void endInput() {
            input.position(input.limit());
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
