package dev.varve.nbd;

import com.code_intelligence.jazzer.junit.DictionaryFile;
import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Whatever a client sends, the server answers or ends the connection: each request once, in whole messages, and not with
 * more than was asked for. It lets go of the disk, of all buffers and helpers, and allocates no more than what has come
 * justifies.
 *
 * <p>In a build the inputs kept beside this class in the resources are replayed. {@code JAZZER_FUZZ=1} searches for more,
 * 300 seconds long unless told otherwise, one method a run; ten million executions are, with {@code handshake} and then
 * with {@code transmission} for TARGET:
 *
 * <pre>
 * JAZZER_FUZZ=1 JAZZER_MAX_DURATION=24h JAZZER_MAX_EXECUTIONS=5000000 mvn -pl tools/nbd -am test -Dtest='NbdFuzzTest#TARGET'
 * </pre>
 *
 * <p>Helpers' work, and that of who takes over from a leader who is held up, is done by the thread that asks for it: the
 * same input takes the same way. For one input in {@value #ODD_EVERY} it is done by threads, and for another the client is
 * gone before it has taken all. A build replays each input in all three ways.
 */
class NbdFuzzTest {
    private static final int ODD_EVERY = 64;
    private static final int TURNS = 4;
    private static final int MAX_PIECE_BYTES = 2048;
    private static final int MAX_TAKEN_BYTES = 512;
    private static final int WAIT_SECONDS = 20;

    /** Few: who comes late gets small ones. */
    private static final int LARGE_BUFFERS = 5;

    /** What an input may cost whatever its length: buffers of all turns, names and texts. */
    private static final long BASE_BYTES = 1 << 20;

    /** What each byte of it may cost more: 28 are a request, which may need 64 KiB. */
    private static final long BYTES_A_BYTE = 4096;

    /** What is sent for one request beside data. */
    private static final long OVERHEAD_BYTES = 64 << 10;

    /** A payload that the input promises is completed if so much of it is missing. */
    private static final long MAX_MORE_BYTES = 1 << 20;

    private static final boolean FUZZING = System.getenv("JAZZER_FUZZ") != null;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final Helpers BY_THREADS = new Helpers(TURNS);
    private static final Helpers BY_CALLER = new Helpers(TURNS, new CallersThread());
    private static final Buffers BUFFERS = new Buffers(LARGE_BUFFERS);
    private static final byte[][] HANDSHAKES = handshakes();

    @FuzzTest
    @DictionaryFile(resourcePath = "options.dict")
    void handshake(byte[] input) throws Exception {
        replay(input, 0, false);
    }

    /** The first byte says what the handshake has agreed on, and whether a payload that ends early is completed. */
    @FuzzTest
    @DictionaryFile(resourcePath = "requests.dict")
    void transmission(byte[] input) throws Exception {
        int kind = input.length == 0 ? 0 : input[0];
        byte[] agreed = HANDSHAKES[kind & HANDSHAKES.length - 1];
        byte[] all = Arrays.copyOf(agreed, agreed.length + Math.max(0, input.length - 1));
        System.arraycopy(input, Math.min(1, input.length), all, agreed.length, all.length - agreed.length);
        replay(all, agreed.length, kind < 0);
    }

    /** Structured replies with two contexts, with one, with none; simple replies; each with either disk. */
    private static byte[][] handshakes() {
        List<byte[]> all = new ArrayList<>();
        for (String name : List.of("", "sealed")) {
            byte[] go = option(Protocol.OPT_GO, TestClient.goData(name, Protocol.INFO_BLOCK_SIZE));
            byte[] structured = option(Protocol.OPT_STRUCTURED_REPLY, new byte[0]);
            byte[] both = TestClient.contextData(name, "base:allocation", "varve:hydrated");
            byte[] one = TestClient.contextData(name, "varve:hydrated");
            all.add(joined(structured, option(Protocol.OPT_SET_META_CONTEXT, both), go));
            all.add(joined(structured, option(Protocol.OPT_SET_META_CONTEXT, one), go));
            all.add(joined(structured, go));
            all.add(joined(go));
        }
        return all.toArray(byte[][]::new);
    }

    private static byte[] option(int option, byte[] data) {
        return ByteBuffer.allocate(16 + data.length)
                .putLong(Protocol.IHAVEOPT)
                .putInt(option)
                .putInt(data.length)
                .put(data)
                .array();
    }

    private static byte[] joined(byte[]... options) {
        int bytes = Arrays.stream(options).mapToInt(option -> option.length).sum();
        ByteBuffer all = ByteBuffer.allocate(Integer.BYTES + bytes);
        all.putInt(Protocol.FLAG_FIXED_NEWSTYLE | Protocol.FLAG_NO_ZEROES);
        for (byte[] option : options) {
            all.put(option);
        }
        return all.array();
    }

    private static void replay(byte[] input, int known, boolean completes) throws Exception {
        int hash = Arrays.hashCode(input);
        Way usual = new Way(BY_CALLER, 1 + Math.floorMod(hash >> 8, MAX_PIECE_BYTES), Long.MAX_VALUE, completes);
        Way threaded = new Way(BY_THREADS, usual.pieceBytes(), Long.MAX_VALUE, completes);
        Way gone = new Way(BY_CALLER, usual.pieceBytes(), Math.floorMod(hash >> 8, MAX_TAKEN_BYTES), completes);
        if (FUZZING) {
            int way = Math.floorMod(hash, ODD_EVERY);
            serve(input, known, way == 0 ? threaded : way == 1 ? gone : usual);
        } else {
            serve(input, known, usual);
            serve(input, known, threaded);
            serve(input, known, gone);
        }
    }

    private static void serve(byte[] input, int known, Way way) throws Exception {
        long most = BASE_BYTES + BYTES_A_BYTE * (input.length - known);
        if (serve(input, way) > most) {
            check(serve(input, way) <= most, "it allocates little"); // not for classes that were loaded
        }
    }

    /**
     * How an input is given.
     *
     * @param helpers who helps
     * @param pieceBytes what comes at once
     * @param takenBytes what the client takes before it is gone
     * @param completes whether a payload that ends early is completed
     */
    private record Way(Helpers helpers, int pieceBytes, long takenBytes, boolean completes) {}

    /** Serves one client; the bytes that the caller's thread has allocated for it. */
    private static long serve(byte[] input, Way way) throws Exception {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        Disks disks = new Disks();
        ReplayLink link = new ReplayLink(input, way.pieceBytes(), way.takenBytes());
        Incoming in = new Incoming(link, Buffers.ofHandshake());
        Session session = null;
        try {
            session = new Negotiation(link, in, new OpenExports(disks), () -> false).run();
        } catch (IOException e) {
            check(e.getMessage() != null, "it is said what is wrong");
        }
        if (session != null) {
            transmit(session, input, link, in, way);
        }
        for (BitDisk disk : disks.opened) {
            check(disk.isClosed(), "the disk is closed");
        }
        check(BUFFERS.taken() == 0, "all buffers are free");
        awaitFree(way.helpers());
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    private static void transmit(Session session, byte[] input, ReplayLink link, Incoming in, Way way)
            throws InterruptedException {
        Script script = Script.of(input, link.position() - in.available());
        if (way.completes() && script.missingBytes() <= MAX_MORE_BYTES) {
            script = script.completed();
            link.completes(script.missingBytes());
        }
        link.transmits(session.isStructured());
        CountDownLatch ended = new CountDownLatch(1);
        Transmission transmission = new Transmission(session, link, BUFFERS, way.helpers(), ended::countDown);
        if (session.isStructured() || way.helpers() == BY_THREADS) {
            // who makes a long simple reply holds a lock that only another thread waits for
            ((BitDisk) session.device()).whenSlow(new Relief(transmission));
        }
        transmission.lead(in);
        check(ended.await(WAIT_SECONDS, TimeUnit.SECONDS), "it ends");
        check(link.isClosed(), "the link is closed");
        long most = BASE_BYTES + (script.requests() + 1L) * (BitDisk.SIZE_BYTES + OVERHEAD_BYTES);
        check(link.sentBytes() <= most, "it sends what was asked for");
        if (session.isStructured()) {
            int answers = link.answers();
            check(answers <= script.requests(), "nothing is answered twice");
            check(answers == script.requests() || !script.endsWell() || link.isGone(), "all is answered");
        }
    }

    /** The last of a connection's threads gives back no turn, but the one before may still be about to. */
    private static void awaitFree(Helpers helpers) {
        long begun = System.nanoTime();
        while (helpers.free() != TURNS) {
            check(System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(WAIT_SECONDS), "all helpers are free");
            Thread.onSpinWait();
        }
    }

    private static void check(boolean isSo, String what) {
        if (!isSo) {
            throw new AssertionError("not so: " + what);
        }
    }

    /**
     * What a client says behind its handshake, read independently of the server.
     *
     * @param requests that came whole, before anything that is none
     * @param endsWell whether nothing is left behind the last
     * @param missingBytes of the payload at the end; more than any when there is none
     */
    private record Script(int requests, boolean endsWell, long missingBytes) {
        static Script of(byte[] input, int from) {
            ByteBuffer rest = ByteBuffer.wrap(input).position(from);
            int requests = 0;
            while (rest.remaining() >= Protocol.REQUEST_BYTES) {
                int at = rest.position();
                int type = rest.getShort(at + 6);
                boolean isRequest = rest.getInt(at) == Protocol.REQUEST_MAGIC;
                if (!isRequest || type == Protocol.CMD_DISC) {
                    return new Script(requests, isRequest, Long.MAX_VALUE);
                }
                rest.position(at + Protocol.REQUEST_BYTES);
                if (type == Protocol.CMD_WRITE) {
                    long payload = Integer.toUnsignedLong(rest.getInt(at + 24));
                    if (payload > rest.remaining()) {
                        return new Script(requests, false, payload - rest.remaining());
                    }
                    rest.position(rest.position() + (int) payload);
                }
                requests++;
            }
            return new Script(requests, !rest.hasRemaining(), Long.MAX_VALUE);
        }

        /** The same with a whole payload. */
        Script completed() {
            return new Script(requests + 1, true, missingBytes);
        }
    }

    /** What {@link Watch} does when two ticks have passed. */
    private static final class Relief implements Runnable {
        private final Transmission transmission;
        private long tick;

        Relief(Transmission transmission) {
            this.transmission = transmission;
        }

        @Override
        public synchronized void run() {
            tick += 4;
            long now = tick;
            transmission.relieve(now);
            transmission.relieve(now + 2);
        }
    }

    private static final class Disks implements ExportSource {
        private static final MetaContext HYDRATED = new MetaContext("varve:hydrated", BlockDevice.HYDRATION, 1, 0);
        private static final NbdExport DISK = export("disk", false);
        private static final NbdExport SEALED = export("sealed", true);

        private final List<BitDisk> opened = new ArrayList<>();

        private static NbdExport export(String name, boolean isReadOnly) {
            return new NbdExport(
                    name, "a disk", BitDisk.SIZE_BYTES, isReadOnly, MetaContexts.of(MetaContext.ALLOCATION, HYDRATED));
        }

        @Override
        public List<NbdExport> list() {
            return List.of(DISK, SEALED);
        }

        @Override
        public @Nullable NbdExport find(String name) throws IOException {
            return switch (name) {
                case "", "disk" -> DISK;
                case "sealed" -> SEALED;
                case "lost" -> throw new IOException("nobody knows");
                default -> null;
            };
        }

        @Override
        public BlockDevice open(String name) {
            BitDisk disk = new BitDisk(name.equals("sealed"));
            opened.add(disk);
            return disk;
        }
    }

    /** Who asks for something does it. */
    private static final class CallersThread extends AbstractExecutorService {
        @Override
        public void execute(Runnable work) {
            work.run();
        }

        @Override
        public void shutdown() {
            // there are no threads
        }

        @Override
        public List<Runnable> shutdownNow() {
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return false;
        }

        @Override
        public boolean isTerminated() {
            return false;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return true;
        }
    }
}
