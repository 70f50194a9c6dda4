package dev.varve.control;

import dev.varve.ContentSource;
import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What a client has open for the command that is carried out for it. Calls come on many threads. */
final class Handles implements AutoCloseable {
    private static final int ID_BYTES = 32;
    private static final int NONCE_BYTES = 16;

    private final Caller caller;
    private final Map<Long, AutoCloseable> open = new ConcurrentHashMap<>();
    private final AtomicLong last = new AtomicLong(2);
    private volatile boolean closed;

    Handles(Caller caller) {
        this.caller = caller;
        open.put(0L, caller.in());
        open.put(1L, caller.out());
        open.put(2L, caller.err());
    }

    /** Does what a call says. */
    byte[] carryOut(BodyReader call) throws IOException {
        BodyWriter answer = new BodyWriter();
        Call kind = Call.of(call);
        switch (kind) {
            case IS_STREAM -> answer.flag(caller.isStream(path(call)));
            case OPEN_INPUT -> answer.number(keep(caller.openInput(path(call))));
            case OPEN_OUTPUT -> answer.number(keep(caller.openOutput(path(call))));
            case OPEN_DISK -> {
                BlockDevice disk = caller.openDisk(path(call));
                answer.number(keep(disk)).number(disk.sizeBytes());
            }
            case OPEN_STORE -> {
                ContentSource store = caller.openStore(path(call));
                answer.number(store == null ? 0 : keep(store));
            }
            case CREATE_DISK -> {
                DiskTarget target = caller.createDisk(Path.of(call.text()), call.number(), call.flag());
                answer.number(keep(target)).number(target.device().sizeBytes()).flag(target.isBlank());
            }
            case HAS_PROGRAM -> answer.flag(caller.hasProgram(call.text()));
            case RUN -> answer.number(caller.run(call.texts(FrameChannel.MAX_WORDS)));
            default -> use(kind, call.number(), call, answer);
        }
        call.end();
        return answer.toBytes();
    }

    void endPrograms() {
        caller.endPrograms();
    }

    private static Path path(BodyReader call) throws IOException {
        return Path.of(call.text());
    }

    private void use(Call kind, long handle, BodyReader call, BodyWriter answer) throws IOException {
        switch (kind) {
            case READ -> {
                byte[] bytes = new byte[call.number(1, FrameChannel.MAX_DATA_BYTES)];
                int got = of(handle, InputStream.class).read(bytes);
                answer.bytes(bytes, 0, Math.max(got, 0));
            }
            case WRITE -> {
                OutputStream out = of(handle, OutputStream.class);
                ByteBuffer bytes = call.rest();
                out.write(bytes.array(), bytes.arrayOffset(), bytes.remaining());
                out.flush();
            }
            case CHUNK -> answer(answer, of(handle, ContentSource.class).chunk(bytes(call, ID_BYTES, "an id")));
            case NODE -> answer(answer, of(handle, ContentSource.class).node(bytes(call, ID_BYTES, "an id")));
            case LOG_BYTES -> {
                long offset = call.number();
                int length = call.number(1, ContentSource.MAX_LOG_BYTES);
                if (offset < 0) {
                    throw new IOException("a part of a log at " + offset);
                }
                byte[] nonce = bytes(call, NONCE_BYTES, "a nonce");
                answer(answer, of(handle, ContentSource.class).logBytes(nonce, offset, length));
            }
            case READ_AT -> {
                long offset = call.number();
                byte[] bytes = new byte[call.number(1, FrameChannel.MAX_DATA_BYTES)];
                disk(handle).read(ByteBuffer.wrap(bytes), offset);
                answer.bytes(bytes, 0, bytes.length);
            }
            case WRITE_AT -> {
                long offset = call.number();
                disk(handle).write(call.rest(), offset);
            }
            case TRIM -> disk(handle).trim(call.number(), call.number());
            case WRITE_ZEROES -> disk(handle).writeZeroes(call.number(), call.number());
            case EXTENTS -> extents(disk(handle), call, answer);
            case FLUSH -> disk(handle).flush();
            case COMMIT -> of(handle, DiskTarget.class).commit();
            case CLOSE -> close(open.remove(handle));
            default -> throw new IOException("a call of kind " + kind);
        }
    }

    private static byte[] bytes(BodyReader call, int length, String what) throws IOException {
        ByteBuffer rest = call.rest();
        if (rest.remaining() != length) {
            throw new IOException(what + " of " + rest.remaining() + " bytes");
        }
        byte[] bytes = new byte[length];
        rest.get(bytes);
        return bytes;
    }

    private static void answer(BodyWriter answer, byte @Nullable [] found) {
        if (found != null) {
            answer.bytes(found, 0, found.length);
        }
    }

    private static void extents(BlockDevice disk, BodyReader call, BodyWriter answer) throws IOException {
        long offset = call.number();
        long length = call.number();
        List<Extent> extents =
                disk.extents(BlockDevice.ALLOCATION, offset, length, call.number(1, RemoteDevice.MAX_EXTENTS));
        answer.number(extents.size());
        for (Extent extent : extents) {
            answer.number(extent.offsetBytes()).number(extent.lengthBytes()).flag(extent.set());
        }
    }

    private long keep(AutoCloseable opened) throws IOException {
        long handle = last.incrementAndGet();
        open.put(handle, opened);
        if (closed) {
            close(open.remove(handle));
        }
        return handle;
    }

    private BlockDevice disk(long handle) throws IOException {
        return open.get(handle) instanceof DiskTarget target ? target.device() : of(handle, BlockDevice.class);
    }

    private <T> T of(long handle, Class<T> kind) throws IOException {
        AutoCloseable opened = open.get(handle);
        if (!kind.isInstance(opened)) {
            throw new IOException("handle " + handle + " is not open for this");
        }
        return kind.cast(opened);
    }

    private static void close(@Nullable AutoCloseable opened) throws IOException {
        if (opened == null) {
            return;
        }
        try {
            opened.close();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    /** Closes what is open; files that were not committed go. The standard streams stay. */
    @Override
    public void close() throws IOException {
        closed = true;
        for (Long handle : List.copyOf(open.keySet())) {
            if (handle > 2) {
                close(open.remove(handle));
            }
        }
    }
}
