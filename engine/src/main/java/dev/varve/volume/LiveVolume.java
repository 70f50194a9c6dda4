package dev.varve.volume;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.chunk.ChunkMissingException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A volume while anybody works with it: its base, read through the cache, and over it a log of what was written. Ranges
 * are checked by {@link VolumeDevice}.
 *
 * <p><b>Reading a page</b> asks the log first: a word that is not none says where it is, or that it is zeros; else the
 * base has it. In this order, since a fold publishes its new base before it takes the words away.
 *
 * <p><b>Writing</b> whole pages reads nothing. A part of a page is merged with the rest of it, which is read before and
 * appended only if the page is the same when the gate is held; else it is merged again.
 *
 * <p>A volume that was never written to has no log, and reads as its base does.
 */
final class LiveVolume {
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(64 << 10).asReadOnlyBuffer();

    /** Held by who begins a snapshot, until it is recorded; before any gate. */
    final ReentrantLock freezing = new ReentrantLock();

    private final String id;
    private final LogMaker logs;
    private volatile long sizeBytes;

    /** Where first reads are noted. */
    private final AtomicReference<@Nullable FirstTouches> touches = new AtomicReference<>();

    private final Shared shared;
    private final Staging.Pool stagings;
    private final Pages.ScratchPool scratches;

    /** The base, null for zeros; replaced by a fold. */
    private volatile @Nullable HydratingReader base;

    private volatile @Nullable VolumeLog log;

    @GuardedBy("this")
    private boolean closed;

    /** Opens the log of a volume that was never written to. */
    interface LogMaker {
        VolumeLog make() throws IOException;
    }

    /** What all volumes of an engine share. */
    record Shared(Staging.Pool stagings, Pages.ScratchPool scratches, LogLimits limits, LogLimits.Folding folding) {}

    LiveVolume(
            String id,
            LogMaker logs,
            long sizeBytes,
            @Nullable HydratingReader base,
            @Nullable VolumeLog log,
            Shared shared) {
        this.id = id;
        this.logs = logs;
        this.sizeBytes = sizeBytes;
        this.base = base;
        this.log = log;
        this.shared = shared;
        this.stagings = shared.stagings;
        this.scratches = shared.scratches;
    }

    String id() {
        return id;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    /** Takes the length that it has grown to. */
    void grow(long newSizeBytes) {
        sizeBytes = Math.max(sizeBytes, newSizeBytes);
    }

    /** Whether its log takes nothing more until the volume is opened again. */
    boolean hasFailed() {
        VolumeLog written = log;
        return written != null && written.hasFailed();
    }

    @Nullable
    HydratingReader base() {
        return base;
    }

    /** Takes what a fold has made; the caller drops from the log afterwards what the base has now. */
    void rebase(HydratingReader newBase) {
        base = newBase;
        FirstTouches noted = touches.get();
        if (noted != null) {
            noted.end(); // what it reads from here on may be its own
        }
    }

    /** Has first reads noted from now on. */
    void note(FirstTouches newTouches) {
        touches.set(newTouches);
    }

    /** Ends the noting of first reads; null when they are not noted, or not over and {@code early} is not wanted. */
    @Nullable
    FirstTouches takeTouches(boolean early) {
        FirstTouches noted = touches.get();
        return noted != null && (early || noted.isOver()) ? touches.getAndSet(null) : null;
    }

    /** The log, or null when nothing was ever written. */
    @Nullable
    VolumeLog log() {
        return log;
    }

    void read(ByteBuffer dst, long offsetBytes) throws IOException {
        int start = dst.position();
        boolean done = false;
        try {
            VolumeLog written = log;
            if (written == null) {
                readBase(dst, offsetBytes, dst.remaining(), touches.get());
            } else {
                readOver(written, dst, offsetBytes);
            }
            done = true;
        } finally {
            if (!done) {
                dst.position(start);
            }
        }
    }

    private void readOver(VolumeLog written, ByteBuffer dst, long offsetBytes) throws IOException {
        for (long at = offsetBytes; dst.hasRemaining(); ) {
            long page = at >>> Pages.SHIFT;
            long word = written.word(page);
            if (word == PageWord.NONE) {
                int length = unwrittenBytes(written, at, dst.remaining());
                readBase(dst, at, length, touches.get());
                at += length;
            } else {
                at += readWritten(written, page, word, (int) at & Pages.MASK, dst);
            }
        }
    }

    /** How many bytes from a place on, at least to the end of its page, are of pages without a word. */
    private static int unwrittenBytes(VolumeLog written, long at, int lengthBytes) {
        long end = at + lengthBytes;
        long next = ((at >>> Pages.SHIFT) + 1) << Pages.SHIFT;
        while (next < end && written.word(next >>> Pages.SHIFT) == PageWord.NONE) {
            next += Pages.BYTES;
        }
        return (int) (Math.min(next, end) - at);
    }

    /** Reads from a page of the log on; how many bytes, or 0 when the page is elsewhere by now. */
    private int readWritten(VolumeLog written, long page, long word, int skip, ByteBuffer dst) throws IOException {
        int length = Math.min(Pages.BYTES - skip, dst.remaining());
        if (PageWord.isZeros(word)) {
            zero(dst, length);
            return length;
        }
        if (PageWord.isDamaged(word)) {
            throw new DamagedPageException(id, page, "and what was written there is lost");
        }
        Pages.Scratch scratch = scratches.take();
        try {
            if (skip == 0 && dst.remaining() >= 2 * Pages.BYTES) {
                int pages = written.reader().readRun(page, word, dst, scratch);
                if (pages > 0) {
                    return pages << Pages.SHIFT;
                }
            }
            return written.reader().read(page, word, skip, dst, length, scratch) ? length : 0;
        } finally {
            scratches.give(scratch);
        }
    }

    /** Reads what lies under the log, for a fold. */
    void readBase(ByteBuffer dst, long offsetBytes, int lengthBytes) throws IOException {
        readBase(dst, offsetBytes, lengthBytes, null);
    }

    private void readBase(ByteBuffer dst, long offsetBytes, int lengthBytes, @Nullable FirstTouches noted)
            throws IOException {
        HydratingReader reader = base;
        long held = reader == null ? 0 : reader.manifest().sizeBytes();
        int fromBase = (int) Math.max(0, Math.min(lengthBytes, held - offsetBytes));
        if (reader != null && fromBase > 0) {
            int limit = dst.limit();
            int start = dst.position();
            dst.limit(start + fromBase);
            try {
                reader.read(dst, offsetBytes, noted);
            } catch (ChunkMissingException e) {
                if (base == reader) {
                    throw e;
                }
                dst.limit(limit).position(start); // a fold has put another in its place, and a collection has come by
                readBase(dst, offsetBytes, lengthBytes, noted);
                return;
            } finally {
                dst.limit(limit);
            }
        }
        zero(dst, lengthBytes - fromBase);
    }

    static void zero(ByteBuffer dst, int length) {
        for (int left = length; left > 0; ) {
            int some = Math.min(left, ZEROS.capacity());
            dst.put(dst.position(), ZEROS, 0, some);
            dst.position(dst.position() + some);
            left -= some;
        }
    }

    /**
     * Writes.
     *
     * @param cancelled ends a wait for room in the log
     */
    void write(ByteBuffer src, long offsetBytes, BooleanSupplier cancelled) throws IOException {
        if (!src.hasRemaining()) {
            return;
        }
        VolumeLog written = roomyLog(cancelled);
        Staging staging = stagings.take();
        try {
            long at = offsetBytes;
            while (src.hasRemaining()) {
                int skip = (int) at & Pages.MASK;
                int whole = src.remaining() & ~Pages.MASK;
                int length = skip == 0 && whole > 0 ? whole : Math.min(Pages.BYTES - skip, src.remaining());
                ByteBuffer part = src.duplicate().limit(src.position() + length);
                if (skip == 0 && whole > 0) {
                    written.append(at >>> Pages.SHIFT, part, staging, VolumeLog.ALWAYS);
                } else {
                    merge(written, at >>> Pages.SHIFT, skip, part, staging);
                }
                src.position(src.position() + length);
                at += length;
            }
        } finally {
            stagings.give(staging);
        }
    }

    /** Writes a part of a page; null for zeros. */
    private void merge(VolumeLog written, long page, int skip, ByteBuffer part, Staging staging) throws IOException {
        ByteBuffer whole = staging.merged();
        boolean done = false;
        while (!done) {
            long seen = written.word(page);
            HydratingReader seenBase = base;
            readOver(written, whole.clear(), page << Pages.SHIFT);
            whole.put(skip, part, part.position(), part.remaining());
            done = written.append(page, whole.clear(), staging, () -> written.word(page) == seen && base == seenBase);
        }
    }

    void flush() throws IOException {
        VolumeLog written = log;
        if (written != null) {
            written.flush();
        }
    }

    void writeZeroes(long offsetBytes, long lengthBytes, BooleanSupplier cancelled) throws IOException {
        if (lengthBytes == 0) {
            return;
        }
        VolumeLog written = roomyLog(cancelled);
        long end = offsetBytes + lengthBytes;
        long firstPage = (offsetBytes + Pages.MASK) >>> Pages.SHIFT;
        long endPage = end >>> Pages.SHIFT;
        Staging staging = stagings.take();
        try {
            if (firstPage > endPage) {
                mergeZeros(written, offsetBytes, end, staging);
                return;
            }
            mergeZeros(written, offsetBytes, firstPage << Pages.SHIFT, staging);
            if (firstPage < endPage) {
                written.appendAll(RecordHeader.Type.ZEROS, firstPage, endPage - firstPage, staging, VolumeLog.ALWAYS);
            }
            mergeZeros(written, endPage << Pages.SHIFT, end, staging);
        } finally {
            stagings.give(staging);
        }
    }

    /** Zeros a part of one page. */
    private void mergeZeros(VolumeLog written, long from, long to, Staging staging) throws IOException {
        if (from < to) {
            ByteBuffer part = ZEROS.duplicate().limit((int) (to - from));
            merge(written, from >>> Pages.SHIFT, (int) from & Pages.MASK, part, staging);
        }
    }

    /** The log, when there is room in it. */
    private VolumeLog roomyLog(BooleanSupplier cancelled) throws IOException {
        VolumeLog written = openLog();
        if (shared.limits.isFull(written)) {
            shared.limits.await(written, shared.folding, cancelled);
        }
        return written;
    }

    /** The log, which is made if there is none. */
    VolumeLog openLog() throws IOException {
        VolumeLog present = log;
        if (present != null) {
            return present;
        }
        synchronized (this) {
            present = log;
            if (closed) {
                throw new IllegalStateException(id + " is closed");
            }
            if (present == null) {
                present = logs.make();
                log = present;
            }
            return present;
        }
    }

    /** Marks what is durable when nothing was written since the last call; a number to be told at the next one. */
    long hardenWhenIdle(long before) throws IOException {
        VolumeLog written = log;
        if (written == null) {
            return before;
        }
        Staging staging = stagings.take();
        try {
            return written.hardenWhenIdle(before, staging);
        } finally {
            stagings.give(staging);
        }
    }

    /** Makes all durable, marks it so, and closes the log; nothing can be written any more. */
    void close() throws IOException {
        VolumeLog written;
        synchronized (this) {
            closed = true;
            written = log;
        }
        if (written != null) {
            try (written) {
                harden();
            }
        }
    }

    /** Makes all durable, and marks it so. */
    void harden() throws IOException {
        VolumeLog written = log;
        if (written != null) {
            Staging staging = stagings.take();
            try {
                written.harden(staging);
            } finally {
                stagings.give(staging);
            }
        }
    }
}
