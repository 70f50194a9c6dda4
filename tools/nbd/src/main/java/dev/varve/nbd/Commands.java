package dev.varve.nbd;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Carries out commands on the disk of one connection. What a request must not ask for, and what the disk refuses, becomes
 * an error reply; an {@link IOException} means that the client can't be reached.
 */
final class Commands {
    /** From so many bytes on it is looked at whether there are holes in what is read. */
    private static final int SPARSE_BYTES = 1 << 20;

    private static final int SCRATCH_BYTES = 64 << 10;

    private static final int MAX_HOLES = 64;

    /** The most extents of one reply. */
    private static final int MAX_EXTENTS = 2048;

    private final Session session;
    private final BlockDevice device;
    private final Outgoing.Source source;
    private final BooleanSupplier ended;

    /**
     * For one connection.
     *
     * @param ended whether nobody waits for what is done any more
     */
    Commands(Session session, BooleanSupplier ended) {
        this.session = session;
        this.ended = ended;
        device = session.device();
        source = (dst, offsetBytes) -> DeviceException.guard(() -> device.read(dst, offsetBytes));
    }

    /** Why a request can't be carried out whatever the disk holds; null if it can. */
    @Nullable
    Refusal refusal(Request request) {
        int known = flags(request.type());
        if (known < 0) {
            return new Refusal(Protocol.EINVAL, "command " + request.type() + " is not known here");
        }
        if ((request.flags() & ~known) != 0) {
            return new Refusal(Protocol.EINVAL, "flags 0x" + Integer.toHexString(request.flags()) + " are not for it");
        }
        return switch (request.type()) {
            case Protocol.CMD_READ -> ofRead(request);
            case Protocol.CMD_WRITE ->
                request.lengthBytes() > Protocol.MAX_PAYLOAD_BYTES
                        ? new Refusal(Protocol.EINVAL, "more than " + Protocol.MAX_PAYLOAD_BYTES + " bytes at once")
                        : ofChange(request, Protocol.ENOSPC);
            case Protocol.CMD_WRITE_ZEROES -> ofChange(request, Protocol.ENOSPC);
            case Protocol.CMD_TRIM -> ofChange(request, Protocol.EINVAL);
            case Protocol.CMD_FLUSH ->
                request.offsetBytes() != 0 || request.lengthBytes() != 0
                        ? new Refusal(Protocol.EINVAL, "a flush has no range")
                        : null;
            case Protocol.CMD_BLOCK_STATUS -> ofStatus(request);
            default -> ofRange(request, Protocol.EINVAL);
        };
    }

    /**
     * An error to be told.
     *
     * @param error its number
     * @param text for people
     */
    record Refusal(int error, String text) {}

    /** Flags that a command may have; negative when there is no such command. */
    private int flags(int type) {
        return switch (type) {
            case Protocol.CMD_READ -> Protocol.CMD_FLAG_FUA | (session.isStructured() ? Protocol.CMD_FLAG_DF : 0);
            case Protocol.CMD_WRITE, Protocol.CMD_FLUSH, Protocol.CMD_TRIM, Protocol.CMD_CACHE -> Protocol.CMD_FLAG_FUA;
            case Protocol.CMD_WRITE_ZEROES ->
                Protocol.CMD_FLAG_FUA | Protocol.CMD_FLAG_NO_HOLE | Protocol.CMD_FLAG_FAST_ZERO;
            case Protocol.CMD_BLOCK_STATUS -> Protocol.CMD_FLAG_FUA | Protocol.CMD_FLAG_REQ_ONE;
            default -> -1;
        };
    }

    private @Nullable Refusal ofRange(Request request, int error) {
        return request.isInside(session.sizeBytes())
                ? null
                : new Refusal(
                        error,
                        Long.toUnsignedString(request.offsetBytes()) + " + " + request.lengthBytes()
                                + " is past the end, " + session.sizeBytes());
    }

    private @Nullable Refusal ofChange(Request request, int errorPastEnd) {
        return device.isReadOnly()
                ? new Refusal(Protocol.EPERM, "this export is read-only")
                : ofRange(request, errorPastEnd);
    }

    private @Nullable Refusal ofRead(Request request) {
        if (!session.isStructured() && request.lengthBytes() > Protocol.MAX_PAYLOAD_BYTES) {
            return new Refusal(Protocol.EINVAL, "more than is said to be possible");
        }
        return ofRange(request, Protocol.EINVAL);
    }

    private @Nullable Refusal ofStatus(Request request) {
        if (session.contexts().isEmpty()) {
            return new Refusal(Protocol.EINVAL, "no metadata context was selected");
        }
        return request.lengthBytes() == 0
                ? new Refusal(Protocol.EINVAL, "the state of no byte is asked for")
                : ofRange(request, Protocol.EINVAL);
    }

    /** Whether it is better done beside others than before them. */
    static boolean isSlow(Request request) {
        return request.type() == Protocol.CMD_FLUSH
                || request.type() == Protocol.CMD_CACHE
                || request.type() == Protocol.CMD_BLOCK_STATUS;
    }

    /**
     * Carries out a request that {@link #refusal} has nothing against.
     *
     * @param payload what came with it, for a write
     */
    void execute(Request request, ByteBuffer payload, Outgoing out) throws IOException {
        try {
            switch (request.type()) {
                case Protocol.CMD_READ -> read(request, out);
                case Protocol.CMD_WRITE -> write(payload, request.offsetBytes());
                case Protocol.CMD_FLUSH -> DeviceException.guard(device::flush);
                case Protocol.CMD_TRIM ->
                    DeviceException.guard(() -> device.trim(request.offsetBytes(), request.lengthBytes()));
                case Protocol.CMD_WRITE_ZEROES ->
                    DeviceException.guard(() -> device.writeZeroes(request.offsetBytes(), request.lengthBytes()));
                case Protocol.CMD_CACHE -> cache(request);
                case Protocol.CMD_BLOCK_STATUS -> status(request, out);
                default -> throw new IllegalArgumentException("command " + request.type());
            }
            if (request.type() != Protocol.CMD_READ && request.type() != Protocol.CMD_BLOCK_STATUS) {
                finish(request);
                out.simple(request.cookie(), Protocol.OK);
            }
        } catch (DeviceException e) {
            out.error(request.cookie(), e.error(), String.valueOf(e.getMessage()));
        }
    }

    /** Writes a part of what came with a request. */
    void write(ByteBuffer payload, long offsetBytes) throws DeviceException {
        DeviceException.guard(() -> device.write(payload, offsetBytes));
    }

    /** What has to be before a write is answered. */
    void finish(Request request) throws DeviceException {
        boolean changes = request.type() == Protocol.CMD_WRITE
                || request.type() == Protocol.CMD_TRIM
                || request.type() == Protocol.CMD_WRITE_ZEROES;
        if (changes && request.has(Protocol.CMD_FLAG_FUA)) {
            DeviceException.guard(device::flush);
        }
    }

    private void read(Request request, Outgoing out) throws IOException, DeviceException {
        long length = request.lengthBytes();
        if (length == 0) {
            if (session.isStructured()) {
                out.done(request.cookie());
            } else {
                out.simple(request.cookie(), Protocol.OK);
            }
        } else if (length <= out.maxDataBytes()) {
            out.data(request, request.offsetBytes(), (int) length, true, source);
        } else if (!session.isStructured()) {
            readAll(request.offsetBytes(), length, scratch(length));
            out.longData(request, source);
        } else if (request.has(Protocol.CMD_FLAG_DF)) {
            out.error(request.cookie(), Protocol.EOVERFLOW, "too long for one piece: " + length);
        } else {
            readInPieces(request, out);
        }
    }

    /** Data, and holes where it is worth looking for them. */
    private void readInPieces(Request request, Outgoing out) throws IOException, DeviceException {
        long at = request.offsetBytes();
        long end = at + request.lengthBytes();
        while (at < end) {
            List<Extent> extents = request.lengthBytes() < SPARSE_BYTES
                    ? List.of(new Extent(at, end - at, true))
                    : extents(BlockDevice.ALLOCATION, at, end - at, MAX_HOLES);
            for (Extent extent : extents) {
                long extentEnd = extent.endBytes();
                while (at < extentEnd) {
                    int some = (int) Math.min(extentEnd - at, extent.set() ? out.maxDataBytes() : 1 << 30);
                    boolean isLast = at + some == end;
                    if (extent.set()) {
                        out.data(request, at, some, isLast, source);
                    } else {
                        out.hole(request.cookie(), at, some, isLast);
                    }
                    at += some;
                }
            }
        }
    }

    private List<Extent> extents(String map, long offsetBytes, long lengthBytes, int limit) throws DeviceException {
        List<Extent> found = new ArrayList<>();
        DeviceException.guard(() -> found.addAll(device.extents(map, offsetBytes, lengthBytes, limit)));
        return found;
    }

    private static ByteBuffer scratch(long lengthBytes) {
        return ByteBuffer.allocate((int) Math.min(lengthBytes, SCRATCH_BYTES));
    }

    /** Reads what is asked for into nothing: it is in the cache then, and known to be readable. */
    private void readAll(long offsetBytes, long lengthBytes, ByteBuffer nothing) throws DeviceException {
        long at = offsetBytes;
        for (long end = at + lengthBytes; at < end && !ended.getAsBoolean(); ) {
            long from = at;
            nothing.clear().limit((int) Math.min(nothing.capacity(), end - at));
            at += nothing.remaining();
            DeviceException.guard(() -> device.read(nothing, from));
        }
    }

    private void cache(Request request) throws DeviceException {
        ByteBuffer nothing = scratch(request.lengthBytes());
        long at = request.offsetBytes();
        long end = at + request.lengthBytes();
        while (at < end && !ended.getAsBoolean()) {
            for (Extent extent : extents(BlockDevice.ALLOCATION, at, end - at, MAX_HOLES)) {
                if (extent.set()) {
                    readAll(extent.offsetBytes(), extent.lengthBytes(), nothing);
                }
                at = extent.endBytes();
            }
        }
    }

    private void status(Request request, Outgoing out) throws IOException, DeviceException {
        List<MetaContext> contexts = session.contexts();
        boolean wantsOne = request.has(Protocol.CMD_FLAG_REQ_ONE);
        int limit = wantsOne ? 1 : Math.min(MAX_EXTENTS, out.maxExtents());
        List<List<Extent>> states = new ArrayList<>();
        for (MetaContext context : contexts) {
            states.add(merged(extents(context.map(), request.offsetBytes(), request.lengthBytes(), limit)));
        }
        for (int i = 0; i < contexts.size(); i++) {
            out.status(request.cookie(), i + 1, states.get(i), contexts.get(i), i == contexts.size() - 1);
        }
    }

    /** Neighbours of one state are one run. */
    private static List<Extent> merged(List<Extent> extents) {
        List<Extent> merged = new ArrayList<>(extents.size());
        for (Extent extent : extents) {
            int last = merged.size() - 1;
            if (last >= 0 && merged.get(last).set() == extent.set()) {
                Extent before = merged.get(last);
                merged.set(
                        last,
                        new Extent(before.offsetBytes(), before.lengthBytes() + extent.lengthBytes(), extent.set()));
            } else {
                merged.add(extent);
            }
        }
        return merged;
    }
}
