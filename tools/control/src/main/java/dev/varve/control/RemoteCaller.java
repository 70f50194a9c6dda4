package dev.varve.control;

import dev.varve.ContentSource;
import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A caller at the other end of a socket: every use of it is a call there and an answer. */
final class RemoteCaller implements Caller {
    /** Calls at once; each may bring as much as {@link FrameChannel#MAX_DATA_BYTES}. */
    static final int MAX_CALLS = 4;

    private static final Logger LOG = LoggerFactory.getLogger(RemoteCaller.class);
    private static final int STANDARD_INPUT = 0;
    private static final int STANDARD_OUTPUT = 1;
    private static final int STANDARD_ERROR = 2;

    private final FrameChannel channel;
    private final boolean isWatched;
    private final Map<Integer, Pending> pending = new ConcurrentHashMap<>();
    private final AtomicInteger calls = new AtomicInteger();
    private final Semaphore turns = new Semaphore(MAX_CALLS);
    private volatile boolean gone;

    /** A call that has no answer yet. */
    private record Pending(int mostBytes, CompletableFuture<byte[]> answer) {}

    RemoteCaller(FrameChannel channel, boolean isWatched) {
        this.channel = channel;
        this.isWatched = isWatched;
    }

    /** Calls and waits; an interrupt does not end that, but the caller's going does. */
    BodyReader call(BodyWriter what, int mostBytes) throws IOException {
        turns.acquireUninterruptibly();
        int number = calls.incrementAndGet();
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        try {
            pending.put(number, new Pending(mostBytes, answer));
            if (gone) {
                throw hasGone();
            }
            channel.send(FrameChannel.CALL, number, what.toBytes());
            return new BodyReader(answer.join());
        } catch (CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException(String.valueOf(cause.getMessage()), e);
        } finally {
            pending.remove(number);
            turns.release();
        }
    }

    /** A message that begins with the call's kind. */
    @SuppressWarnings("EnumOrdinal") // its place is its number: new ones come last
    static BodyWriter message(Call kind) {
        return new BodyWriter().number(kind.ordinal());
    }

    private static IOException hasGone() {
        return new IOException("who gave the command has gone");
    }

    /** Takes answers until there are no more; the thread that does so does nothing else. */
    void takeAnswers() throws IOException {
        while (true) {
            FrameChannel.Header header = channel.readHeader();
            Pending call = pending.get(header.call());
            if (call == null) {
                throw new IOException("an answer to nothing");
            }
            if (header.kind() == FrameChannel.ANSWER) {
                call.answer.complete(channel.readBody(header, call.mostBytes));
            } else if (header.kind() == FrameChannel.FAILURE) {
                BodyReader body = new BodyReader(channel.readBody(header, FrameChannel.MAX_TEXT_BYTES));
                call.answer.completeExceptionally(new IOException(body.text()));
            } else {
                throw new IOException("a message of kind " + header.kind());
            }
        }
    }

    /** All calls fail, those under way and those to come. */
    void leave() {
        gone = true;
        pending.values().forEach(call -> call.answer.completeExceptionally(hasGone()));
    }

    @Override
    public InputStream in() {
        return new RemoteInput(this, STANDARD_INPUT);
    }

    @Override
    public OutputStream out() {
        return new RemoteOutput(this, STANDARD_OUTPUT);
    }

    @Override
    public OutputStream err() {
        return new RemoteOutput(this, STANDARD_ERROR);
    }

    @Override
    public boolean isWatched() {
        return isWatched;
    }

    @Override
    public boolean isThere() {
        return !gone;
    }

    @Override
    public boolean isStream(Path path) throws IOException {
        return ask(Call.IS_STREAM, path).flag();
    }

    @Override
    public InputStream openInput(Path path) throws IOException {
        return new RemoteInput(this, ask(Call.OPEN_INPUT, path).number());
    }

    @Override
    public OutputStream openOutput(Path path) throws IOException {
        return new RemoteOutput(this, ask(Call.OPEN_OUTPUT, path).number());
    }

    private BodyReader ask(Call kind, Path path) throws IOException {
        return call(message(kind).text(path.toString()));
    }

    /** A call that brings a few numbers. */
    BodyReader call(BodyWriter what) throws IOException {
        return call(what, 64);
    }

    @Override
    public BlockDevice openDisk(Path path) throws IOException {
        BodyReader answer = ask(Call.OPEN_DISK, path);
        return new RemoteDevice(this, path, answer.number(), answer.number(), true);
    }

    @Override
    public @Nullable ContentSource openStore(Path path) throws IOException {
        long handle = ask(Call.OPEN_STORE, path).number();
        return handle == 0 ? null : new RemoteContent(this, handle);
    }

    @Override
    public DiskTarget createDisk(Path path, long sizeBytes, boolean replace) throws IOException {
        BodyReader answer = call(message(Call.CREATE_DISK)
                .text(path.toString())
                .number(sizeBytes)
                .flag(replace));
        long handle = answer.number();
        return new RemoteTarget(new RemoteDevice(this, path, handle, answer.number(), false), answer.flag());
    }

    @Override
    public boolean hasProgram(String name) throws IOException {
        return call(message(Call.HAS_PROGRAM).text(name)).flag();
    }

    @Override
    public void endPrograms() {
        try {
            channel.send(FrameChannel.END, 0, new byte[0]);
        } catch (IOException e) {
            LOG.debug("a caller has gone", e);
        }
    }

    @Override
    public int run(List<String> command) throws IOException {
        BodyWriter message = message(Call.RUN).number(command.size());
        command.forEach(message::text);
        return (int) call(message).number();
    }

    /** Lets go of what a handle stands for. */
    void close(long handle) throws IOException {
        call(message(Call.CLOSE).number(handle));
    }

    private record RemoteTarget(RemoteDevice device, boolean isBlank) implements DiskTarget {
        @Override
        public void commit() throws IOException {
            device.commit();
        }

        @Override
        public void close() throws IOException {
            device.close();
        }
    }

    private record RemoteContent(RemoteCaller caller, long handle) implements ContentSource {
        @Override
        public byte @Nullable [] chunk(byte[] id) throws IOException {
            return find(message(Call.CHUNK).number(handle).bytes(id, 0, id.length), FrameChannel.MAX_DATA_BYTES);
        }

        @Override
        public byte @Nullable [] node(byte[] id) throws IOException {
            return find(message(Call.NODE).number(handle).bytes(id, 0, id.length), FrameChannel.MAX_DATA_BYTES);
        }

        @Override
        public byte @Nullable [] logBytes(byte[] nonce, long offsetBytes, int lengthBytes) throws IOException {
            BodyWriter message = message(Call.LOG_BYTES)
                    .number(handle)
                    .number(offsetBytes)
                    .number(lengthBytes)
                    .bytes(nonce, 0, nonce.length);
            return find(message, lengthBytes);
        }

        private byte @Nullable [] find(BodyWriter message, int mostBytes) throws IOException {
            ByteBuffer found = caller.call(message, mostBytes).rest();
            byte[] bytes = new byte[found.remaining()];
            found.get(bytes);
            return bytes.length == 0 ? null : bytes;
        }

        @Override
        public void close() throws IOException {
            caller.close(handle);
        }
    }

    private static final class RemoteInput extends InputStream {
        private final RemoteCaller caller;
        private final long handle;

        RemoteInput(RemoteCaller caller, long handle) {
            this.caller = caller;
            this.handle = handle;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            int most = Math.min(length, FrameChannel.MAX_DATA_BYTES);
            ByteBuffer bytes = caller.call(message(Call.READ).number(handle).number(most), most)
                    .rest();
            int got = bytes.remaining();
            bytes.get(to, offset, got);
            return got == 0 ? -1 : got;
        }

        @Override
        public void close() throws IOException {
            if (handle != STANDARD_INPUT) {
                caller.close(handle);
            }
        }
    }

    private static final class RemoteOutput extends OutputStream {
        private final RemoteCaller caller;
        private final long handle;

        RemoteOutput(RemoteCaller caller, long handle) {
            this.caller = caller;
            this.handle = handle;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            for (int done = 0; done < length; ) {
                int part = Math.min(length - done, FrameChannel.MAX_DATA_BYTES);
                caller.call(message(Call.WRITE).number(handle).bytes(from, offset + done, part));
                done += part;
            }
        }

        @Override
        public void close() throws IOException {
            if (handle != STANDARD_OUTPUT && handle != STANDARD_ERROR) {
                caller.close(handle);
            }
        }
    }
}
