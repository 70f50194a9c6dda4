package dev.varve.volume;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A volume while anybody works with it: its base, read through the cache, and over it a log of what was written. Ranges
 * are checked by {@link VolumeDevice}.
 *
 * <p><b>Reading a page</b> asks the log first: a word that is not none says where it is, or that it is zeros; then the
 * groups that are zeros as a whole; then the base. In this order, since a fold publishes its new base first, takes the
 * groups away after that and the words last: who finds nothing in one finds it in the next.
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
    private final long sizeBytes;
    private final Staging.Pool stagings;
    private final Pages.ScratchPool scratches;

    /** The base, null for zeros; replaced by a fold. */
    private volatile @Nullable HydratingReader base;

    private volatile @Nullable VolumeLog log;
    /** Makes a log without a record. */
    interface LogMaker {
        VolumeLog make() throws IOException;
    }

    LiveVolume(
            String id,
            LogMaker logs,
            long sizeBytes,
            @Nullable HydratingReader base,
            @Nullable VolumeLog log,
            Staging.Pool stagings,
            Pages.ScratchPool scratches) {
        this.id = id;
        this.logs = logs;
        this.sizeBytes = sizeBytes;
        this.base = base;
        this.log = log;
        this.stagings = stagings;
        this.scratches = scratches;
    }

    String id() {
        return id;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    @Nullable
    HydratingReader base() {
        return base;
    }

    /** Takes what a fold has made; the caller drops from the log afterwards what the base has now. */
    void rebase(HydratingReader newBase) {
        base = newBase;
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
                readBase(dst, offsetBytes, dst.remaining());
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
            int inPage = (int) Math.min(Pages.BYTES - (at & Pages.MASK), dst.remaining());
            if (word == PageWord.NONE) {
                int length = unwrittenBytes(written, at, dst.remaining());
                if (written.zeros().contains(PageIndex.group(page))) {
                    length = Math.min(length, (int) (groupEnd(page) - at));
                    zero(dst, length);
                } else {
                    length = (int) Math.min(length, groupsEnd(written, page, at + length) - at);
                    readBase(dst, at, length);
                }
                at += length;
            } else if (readWritten(written, page, word, (int) at & Pages.MASK, dst, inPage)) {
                at += inPage;
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

    private static long groupEnd(long page) {
        return PageIndex.firstPage(PageIndex.group(page) + 1) << Pages.SHIFT;
    }

    /** Where the groups end that are not zeros as a whole. */
    private static long groupsEnd(VolumeLog written, long page, long end) {
        long groups = PageIndex.groupFrom((end + Pages.MASK) >>> Pages.SHIFT);
        long next = written.zeros().next(PageIndex.group(page), groups, true);
        return Math.min(end, PageIndex.firstPage(next) << Pages.SHIFT);
    }

    private boolean readWritten(VolumeLog written, long page, long word, int skip, ByteBuffer dst, int length)
            throws IOException {
        if (PageWord.isZeros(word)) {
            zero(dst, length);
            return true;
        }
        if (PageWord.isDamaged(word)) {
            throw written.damaged("its log", 0, page);
        }
        Pages.Scratch scratch = scratches.take();
        try {
            return written.read(page, word, skip, dst, length, scratch);
        } finally {
            scratches.give(scratch);
        }
    }

    /** Reads what lies under the log. */
    void readBase(ByteBuffer dst, long offsetBytes, int lengthBytes) throws IOException {
        HydratingReader reader = base;
        long held = reader == null ? 0 : reader.manifest().sizeBytes();
        int fromBase = (int) Math.max(0, Math.min(lengthBytes, held - offsetBytes));
        if (reader != null && fromBase > 0) {
            int limit = dst.limit();
            dst.limit(dst.position() + fromBase);
            try {
                reader.read(dst, offsetBytes);
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

    void write(ByteBuffer src, long offsetBytes) throws IOException {
        if (!src.hasRemaining()) {
            return;
        }
        VolumeLog written = openLog();
        Staging staging = stagings.take();
        try {
            long at = offsetBytes;
            while (src.hasRemaining()) {
                int skip = (int) at & Pages.MASK;
                int whole = src.remaining() & ~Pages.MASK;
                int length = skip == 0 && whole > 0 ? whole : Math.min(Pages.BYTES - skip, src.remaining());
                ByteBuffer part = src.duplicate().limit(src.position() + length);
                if (skip == 0 && whole > 0) {
                    written.append(at >>> Pages.SHIFT, part, staging, () -> true);
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

    void writeZeroes(long offsetBytes, long lengthBytes) throws IOException {
        if (lengthBytes == 0) {
            return;
        }
        VolumeLog written = openLog();
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
                written.appendZeros(firstPage, endPage - firstPage, staging);
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

    /** The log, which is made if there is none. */
    VolumeLog openLog() throws IOException {
        VolumeLog present = log;
        if (present != null) {
            return present;
        }
        synchronized (this) {
            present = log;
            if (present == null) {
                present = logs.make();
                log = present;
            }
            return present;
        }
    }

    List<Extent> extents(String map, long offsetBytes, long lengthBytes, int limit) throws IOException {
        List<Extent> extents = new ArrayList<>();
        long end = offsetBytes + lengthBytes;
        for (long at = offsetBytes; at < end && extents.size() < limit; ) {
            boolean set = isSet(map, at);
            long next = at;
            do {
                next = Math.min(end, ((next >>> Pages.SHIFT) + 1) << Pages.SHIFT);
            } while (next < end && isSet(map, next) == set);
            extents.add(new Extent(at, next - at, set));
            at = next;
        }
        return extents;
    }

    private boolean isSet(String map, long at) throws IOException {
        long page = at >>> Pages.SHIFT;
        VolumeLog written = log;
        long word = written == null ? PageWord.NONE : written.word(page);
        boolean isZeros = PageWord.isZeros(word)
                || word == PageWord.NONE && written != null && written.zeros().contains(PageIndex.group(page));
        HydratingReader reader = base;
        boolean inBase = reader != null && at < reader.manifest().sizeBytes();
        return switch (map) {
            case BlockDevice.ALLOCATION ->
                !isZeros
                        && (word != PageWord.NONE
                                || inBase && Objects.requireNonNull(reader).isPresent(at));
            case BlockDevice.HYDRATION ->
                word != PageWord.NONE
                        || isZeros
                        || !inBase
                        || Objects.requireNonNull(reader)
                                .isHydrated(at / reader.manifest().chunkSizeBytes());
            default -> throw new IllegalArgumentException("no extent map " + map);
        };
    }

    /** Makes all durable, marks it so, and closes the log. */
    void close() throws IOException {
        VolumeLog written = log;
        if (written != null) {
            try (written) {
                harden();
            }
        }
    }

    private void harden() throws IOException {
        VolumeLog written = log;
        Staging staging = stagings.take();
        try {
            if (written != null) {
                written.harden(staging);
            }
        } finally {
            stagings.give(staging);
        }
    }
}
