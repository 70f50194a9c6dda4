package dev.varve.nbd;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;

/**
 * A disk that keeps no bytes, only which pages were written: it costs next to nothing, whatever it is asked for. One page
 * can't be read, one has no space, and in the last ones everything takes long.
 */
final class BitDisk implements BlockDevice {
    /** A little more than what a reply looks for holes in; not whole pages. */
    static final int SIZE_BYTES = (2 << 20) + 1000;

    static final int BAD_BYTES = 1 << 20;
    static final int FULL_BYTES = BAD_BYTES + (64 << 10);
    static final int SLOW_BYTES = 3 << 19;

    private static final int PAGE_BYTES = 4096;

    /** Runs of one state are told in pieces of so many pages: more than one reply can hold. */
    private static final int PIECE_PAGES = 7;

    private final boolean isReadOnly;
    private final BitSet set = new BitSet();
    private Runnable whenSlow = () -> {};
    private volatile boolean closed;

    BitDisk(boolean isReadOnly) {
        this.isReadOnly = isReadOnly;
    }

    boolean isClosed() {
        return closed;
    }

    /** What happens while somebody waits for a slow page. */
    void whenSlow(Runnable what) {
        whenSlow = what;
    }

    @Override
    public long sizeBytes() {
        return SIZE_BYTES;
    }

    @Override
    public boolean isReadOnly() {
        return isReadOnly;
    }

    private void enter(long offsetBytes, long lengthBytes) {
        Objects.checkFromIndexSize(offsetBytes, lengthBytes, SIZE_BYTES);
        if (offsetBytes + lengthBytes > SLOW_BYTES) {
            whenSlow.run();
        }
        if (closed) {
            throw new IllegalStateException("the disk is closed");
        }
    }

    private static boolean touches(int page, long offsetBytes, long lengthBytes) {
        return offsetBytes < page + PAGE_BYTES && offsetBytes + lengthBytes > page;
    }

    @Override
    public void read(ByteBuffer dst, long offsetBytes) throws IOException {
        enter(offsetBytes, dst.remaining());
        if (touches(BAD_BYTES, offsetBytes, dst.remaining())) {
            throw new IOException("a bad page");
        }
        dst.position(dst.limit());
    }

    @Override
    public void write(ByteBuffer src, long offsetBytes) throws IOException {
        change(offsetBytes, src.remaining(), true);
        src.position(src.limit());
    }

    private void change(long offsetBytes, long lengthBytes, boolean isSet) throws IOException {
        enter(offsetBytes, lengthBytes);
        if (isReadOnly) {
            throw new UnsupportedOperationException("the disk is read-only");
        }
        if (touches(FULL_BYTES, offsetBytes, lengthBytes)) {
            throw new IOException("No space left on device");
        }
        if (lengthBytes > 0) {
            int first = (int) (offsetBytes / PAGE_BYTES);
            int end = (int) ((offsetBytes + lengthBytes - 1) / PAGE_BYTES) + 1;
            synchronized (set) {
                set.set(first, end, isSet);
            }
        }
    }

    @Override
    public void flush() {
        enter(0, 0);
    }

    @Override
    public void trim(long offsetBytes, long lengthBytes) throws IOException {
        change(offsetBytes, lengthBytes, false);
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes) throws IOException {
        change(offsetBytes, lengthBytes, false);
    }

    @Override
    public List<Extent> extents(String map, long offsetBytes, long lengthBytes, int limit) {
        enter(offsetBytes, lengthBytes);
        List<Extent> extents = new ArrayList<>();
        long end = offsetBytes + lengthBytes;
        for (long at = offsetBytes; at < end && extents.size() < limit; ) {
            int page = (int) (at / PAGE_BYTES);
            boolean isSet;
            int next;
            synchronized (set) {
                isSet = set.get(page);
                next = isSet ? set.nextClearBit(page) : set.nextSetBit(page);
            }
            long pages = next < 0 ? PIECE_PAGES : Math.min(next - page, PIECE_PAGES);
            long stop = Math.min(end, (page + pages) * PAGE_BYTES);
            extents.add(new Extent(at, stop - at, isSet));
            at = stop;
        }
        return extents;
    }

    @Override
    public void close() {
        closed = true;
    }
}
