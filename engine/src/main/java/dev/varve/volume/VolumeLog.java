package dev.varve.volume;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was written to a volume since its base: records in segments, and an index of the newest place of each page.
 *
 * <p><b>One order.</b> A record gets its place and its sequence, is written, and enters the index while the {@link #gate}
 * is held, which is why any moment at which it is held is an instant of the volume.
 *
 * <p><b>Reading</b> takes no lock: word, bytes, word again. Who finds the same word twice has read what it named, for a
 * segment is used again only after all its words have gone.
 *
 * <p><b>Durable</b> is what was appended before a {@link #flush} that has returned. After a failure to write or to sync
 * nobody knows what the disk has, and the kernel has forgotten that it should: the log takes nothing more until it is
 * opened again.
 */
final class VolumeLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VolumeLog.class);

    /** The condition of what is appended in any case. */
    static final BooleanSupplier ALWAYS = () -> true;

    private static final int MAX_ZERO_PAGES = 1 << 30;

    /** From so many syncs a segment on the next one is worth writing with zeros before. */
    private static final int MANY_SYNCS = 16;

    private final String volume;
    private final LogHome home;
    private final SpaceReserve.Share share;
    private final SegmentTable table = new SegmentTable();
    private final SegmentSupply supply;
    private final PageIndex index = new PageIndex();
    private final LogReader reader;

    /** Held while anything is appended; held, it keeps the volume as it is. */
    final ReentrantLock gate = new ReentrantLock();

    @GuardedBy("gate")
    private final List<LogSegment> segments = new ArrayList<>();

    /** With the gate held. */
    private @Nullable LogSegment active;

    /** The last record, in full or as much as the next has to repeat; null before the first. With the gate held. */
    private @Nullable RecordHeader last;

    /** With the gate held. */
    private long lastSequence;

    /** Changed with the gate held. */
    private volatile long layer = 1;

    /** Changed with the gate held. */
    private volatile boolean closed;

    /** Of the last record that was there when the log was opened. With the gate held. */
    private long openedSequence;

    /** Syncs since a segment was made last. */
    private final AtomicInteger syncs = new AtomicInteger();

    /** Whether the log has been opened. */
    private volatile boolean opened;

    private volatile boolean wantsSegment;

    private volatile int segmentCount;

    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong unsyncedBytes = new AtomicLong();

    /** Its length when it was looked at last what of it was overwritten, less what has gone since. */
    volatile long trimmedBytes;

    private volatile long durable;
    private volatile @Nullable IOException failure;

    /** Whether {@link LogUpkeep} was asked for and has not come yet. */
    private final AtomicBoolean asked = new AtomicBoolean();

    private VolumeLog(String volume, LogHome home) {
        this.volume = volume;
        this.home = home;
        this.share = home.reserve().share(index, home.chunkSizeBytes());
        this.reader = new LogReader(volume, table, index);
        this.supply = new SegmentSupply(home, table);
    }

    /**
     * Opens the log that the record of a volume names; one that was never written to takes nothing.
     *
     * @throws IOException when a segment can't be read, or is damaged in a way that leaves open which pages it was about
     */
    static VolumeLog open(String volume, LogHome home, LogState state, Staging staging) throws IOException {
        VolumeLog log = new VolumeLog(volume, home);
        boolean done = false;
        try {
            log.recover(state, staging);
            done = true;
            return log;
        } finally {
            if (!done) {
                log.closeAfterFailure();
            }
        }
    }

    private void recover(LogState state, Staging staging) throws IOException {
        LogRecovery recovery = new LogRecovery(volume, state, index);
        boolean replaces = false;
        try {
            recovery.run(home.space(), table);
            gate.lock();
            try {
                segments.addAll(recovery.keptInMemory());
                segmentCount = segments.size();
                bytes.set(segments.stream().mapToLong(LogSegment::endBytes).sum());
                last = recovery.lastKept();
                lastSequence = last == null ? state.frozen().sequence() - 1 : last.sequence();
                durable = lastSequence;
                openedSequence = lastSequence;
                layer = recovery.newestLayer();
            } finally {
                gate.unlock();
            }
            recovery.rewriteTail(this, staging);
            flush();
            mark(staging, recovery.endsLost());
            List<SegmentEntry> all = new ArrayList<>(recovery.kept());
            supply.taken().forEach(segment -> all.add(SegmentEntry.of(segment)));
            if (!all.equals(state.segments())) {
                replaces = true;
                home.journal().replace(all);
            }
        } catch (IOException | RuntimeException e) {
            if (!replaces) {
                supply.taken().forEach(supply::give);
            }
            throw e;
        }
        supply.opened();
        share.recount();
        opened = true;
        recovery.rest().forEach(supply::give);
    }

    /** The word of a page; what it names is read by {@link LogReader}. */
    long word(long page) {
        return index.get(page);
    }

    /**
     * Appends pages, in records of at most 256 KiB.
     *
     * @param pages whole pages; its position moves to its limit
     * @param condition looked at with the gate held, before anything is appended
     * @return false when the condition did not hold: nothing has changed
     */
    boolean append(long firstPage, ByteBuffer pages, Staging staging, BooleanSupplier condition) throws IOException {
        long page = firstPage;
        while (pages.hasRemaining()) {
            int count = Math.min(pages.remaining() >> Pages.SHIFT, RecordHeader.MAX_DATA_PAGES);
            long first = page;
            staging.take(pages, count);
            if (!share.withRoom(() -> append(RecordHeader.Type.DATA, first, count, staging, condition))) {
                return false;
            }
            pages.position(pages.position() + (count << Pages.SHIFT));
            page += count;
        }
        return true;
    }

    /** Appends what is the same of all pages of a range: that they are zeros, or damaged. */
    boolean appendAll(
            RecordHeader.Type type, long firstPage, long pageCount, Staging staging, BooleanSupplier condition)
            throws IOException {
        long end = firstPage + pageCount;
        for (long page = firstPage; page < end; ) {
            int count = (int) Math.min(end - page, MAX_ZERO_PAGES);
            long first = page;
            if (!share.withRoom(() -> append(type, first, count, staging, condition))) {
                return false;
            }
            page += count;
        }
        return true;
    }

    private boolean append(
            RecordHeader.Type type, long firstPage, int count, Staging staging, BooleanSupplier condition)
            throws IOException {
        boolean done = false;
        while (!done) {
            LogSegment full = null;
            gate.lock();
            try {
                requireUsable();
                if (!condition.getAsBoolean()) {
                    return false;
                }
                LogSegment before = active;
                LogSegment segment = room(type, count);
                full = before == segment || segment == null ? null : before;
                if (segment != null) {
                    append(segment, type, firstPage, count, staging);
                    wantsSegment = segment.endBytes() > segment.file.sizeBytes() / 4 && supply.wants();
                    done = true;
                }
            } finally {
                gate.unlock();
                seal(full);
            }
            if (!done) {
                prepareSegment();
            }
        }
        boolean wantsUpkeep = unsyncedBytes.get() >= LogLimits.UNSYNCED_BYTES || wantsSegment;
        if (opened && wantsUpkeep && asked.compareAndSet(false, true)) {
            home.upkeep().wanted(this);
        }
        return true;
    }

    /** Writes one record and enters it in the index; who fails on the way leaves a log that takes nothing more. */
    @GuardedBy("gate")
    private void append(LogSegment segment, RecordHeader.Type type, long firstPage, int count, Staging staging)
            throws IOException {
        RecordHeader header = new RecordHeader(
                type,
                lastSequence + 1,
                durable,
                layer,
                firstPage,
                count,
                last == null ? null : last.type(),
                last == null ? 0 : last.firstPage(),
                last == null ? 0 : last.pageCount());
        if (opened) {
            share.add(header);
        }
        boolean done = false;
        try {
            int start = segment.endBytes();
            ByteBuffer record = staging.encode(segment, header);
            segment.file.write(staging.wholePages(segment, header), start & -Pages.BYTES);
            segment.appended(header, record);
            if (type == RecordHeader.Type.DATA) {
                for (int i = 0; i < header.pageCount(); i++) {
                    int at = start + header.areaBytes() + (i << Pages.SHIFT);
                    int checksum = record.getInt(RecordHeader.checksumAt(i));
                    index.put(header.firstPage() + i, PageWord.data(segment.slot, at, checksum));
                }
            } else {
                LogReplay.putAll(index, segment, header);
            }
            last = header;
            lastSequence = header.sequence();
            bytes.addAndGet(header.recordBytes());
            unsyncedBytes.addAndGet(header.recordBytes());
            done = true;
        } catch (IOException e) {
            done = SpaceReserve.isFull(e) && staging.takeBack(segment);
            throw done ? e : fail(e);
        } finally {
            if (!done && failure == null) {
                failure = new IOException("an append was cut off");
            }
        }
    }

    /** The segment that the next record goes to; null when one has to be made, which is not done with the gate held. */
    @GuardedBy("gate")
    private @Nullable LogSegment room(RecordHeader.Type type, int count) {
        int areaBytes = RecordHeader.areaBytes(type, count);
        int recordBytes = RecordHeader.recordBytes(type, count);
        LogSegment segment = active;
        if (segment != null && segment.hasRoom(areaBytes, recordBytes)) {
            return segment;
        }
        LogSegment next = supply.poll();
        if (next != null) {
            next.beginLayer(layer);
            segments.add(next);
            segmentCount = segments.size();
            active = next;
        }
        return next;
    }

    /** Has a segment ready where one was written to, so that nobody waits for it after a freeze. */
    void prepareForFreeze() throws IOException {
        if (!segments().isEmpty()) {
            prepareSegment();
        }
    }

    private void prepareSegment() throws IOException {
        supply.prepare(bytes(), isSyncedOften());
    }

    private boolean isSyncedOften() {
        return syncs.getAndSet(0) >= MANY_SYNCS;
    }

    /** Has a segment ready when the active one is filling, so that few wait for one; syncs when much is not. */
    void keepUp() throws IOException {
        asked.set(false);
        try {
            if (wantsSegment) {
                supply.prepareMany(bytes(), isSyncedOften());
            }
        } finally {
            if (unsyncedBytes.get() >= LogLimits.UNSYNCED_BYTES) {
                flush();
            }
        }
    }

    private void seal(@Nullable LogSegment segment) {
        byte[] headers = segment == null ? null : segment.seal();
        if (segment != null && headers != null) {
            try {
                segment.writeDirectory(headers);
            } catch (IOException | IllegalStateException e) { // also when a fold was quicker, and it is closed
                LOG.debug("{} has no directory", segment.file.describe(), e);
            }
        }
    }

    /** Makes durable what was appended before the call. Syncs of one file that wait for others are one. */
    void flush() throws IOException {
        long wanted;
        gate.lock();
        try {
            requireUsable();
            wanted = lastSequence;
        } finally {
            gate.unlock();
        }
        if (durable < wanted) {
            sync();
        }
    }

    private void sync() throws IOException {
        List<LogSegment> dirty = new ArrayList<>();
        List<Long> ends = new ArrayList<>();
        long upTo;
        gate.lock();
        try {
            requireUsable();
            upTo = lastSequence;
            unsyncedBytes.set(0);
            for (LogSegment segment : segments) {
                if (segment.isDirty()) {
                    dirty.add(segment);
                    ends.add(segment.lastSequence());
                }
            }
        } finally {
            gate.unlock();
        }
        boolean done = false;
        try {
            for (LogSegment segment : dirty) {
                try {
                    segment.file.sync();
                } catch (IllegalStateException e) {
                    if (segments().contains(segment)) {
                        throw e;
                    } // else a fold has released it meanwhile, and so another sync has ended before
                }
            }
            done = true;
        } catch (IOException e) {
            throw fail(e);
        } finally {
            if (!done && failure == null) {
                failure = new IOException("a sync was cut off");
            }
        }
        gate.lock();
        try {
            for (int i = 0; i < dirty.size(); i++) {
                dirty.get(i).synced(ends.get(i));
            }
            if (upTo > durable) { // else another sync has begun later and ended before, or did this one's work
                durable = upTo;
                syncs.incrementAndGet();
            }
        } finally {
            gate.unlock();
        }
    }

    /** A layer that has ended. */
    record Frozen(long layer, long lastSequence, @Nullable LogSegment segment) {}

    /** Ends the layer that is written to; the caller holds the gate, and makes it durable by {@link #flush(Frozen)}. */
    Frozen freeze() {
        requireOpen();
        LogSegment segment = active;
        active = null;
        long number = layer;
        layer = number + 1;
        return new Frozen(number, lastSequence, segment);
    }

    /** Makes a layer durable that has ended. */
    void flush(Frozen frozen) throws IOException {
        seal(frozen.segment);
        flush();
    }

    /** Segments of a layer and of those before it, oldest first. */
    List<LogSegment> segmentsUpTo(long frozenLayer) {
        gate.lock();
        try {
            return segments.stream()
                    .filter(segment -> segment.layer() <= frozenLayer)
                    .toList();
        } finally {
            gate.unlock();
        }
    }

    /** Drops its oldest segments, whose pages are in the base by now or newer ones are in the log; no record names them. */
    void release(List<LogSegment> gone) {
        BitSet slots = new BitSet();
        gone.forEach(segment -> slots.set(segment.slot));
        index.forgetAll(slots::get, gate);
        gate.lock();
        try {
            segments.removeAll(gone);
            segmentCount = segments.size();
            long goneBytes = gone.stream().mapToLong(LogSegment::endBytes).sum();
            bytes.addAndGet(-goneBytes);
            trimmedBytes = Math.max(0, trimmedBytes - goneBytes);
        } finally {
            gate.unlock();
        }
        gone.forEach(supply::give);
        share.recount();
    }

    /**
     * Flushes, and marks what is durable, so that what rots from then on is told from what never came. Where there is no
     * room for the mark there is none.
     */
    void harden(Staging staging) throws IOException {
        flush();
        try {
            mark(staging, false);
        } catch (IOException e) {
            if (failure != null) {
                throw e;
            }
            LOG.debug("{} has no mark at its end", volume, e);
        }
    }

    private void mark(Staging staging, boolean always) throws IOException {
        if (appendAll(RecordHeader.Type.MARK, 0, 1, staging, () -> always || !isMarked())) {
            flush();
        }
    }

    /** With the gate held. */
    private boolean isMarked() {
        RecordHeader newest = last;
        return lastSequence == openedSequence
                || newest != null
                        && newest.type() == RecordHeader.Type.MARK
                        && newest.durable() == newest.sequence() - 1;
    }

    /** Marks what is durable when nothing was appended since the last call. */
    long hardenWhenIdle(long sequenceBefore, Staging staging) throws IOException {
        long sequence;
        boolean marks;
        gate.lock();
        try {
            sequence = lastSequence;
            marks = !closed && failure == null && sequence == sequenceBefore && !isMarked();
        } finally {
            gate.unlock();
        }
        if (marks) {
            harden(staging);
        }
        return sequence;
    }

    private IOException fail(IOException e) {
        failure = failure == null ? e : failure;
        return e;
    }

    private void requireUsable() throws IOException {
        requireOpen();
        IOException before = failure;
        if (before != null) {
            throw new IOException(
                    volume + ": a write has failed (" + before.getMessage() + "); open the volume again", before);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(volume + " is closed");
        }
    }

    String volume() {
        return volume;
    }

    /** Bytes that the log has in its segments. */
    long bytes() {
        return bytes.get();
    }

    /** Segments that it has written to, oldest first. */
    List<LogSegment> segments() {
        return segmentsUpTo(Long.MAX_VALUE);
    }

    /** The layer that is written to. */
    long layer() {
        return layer;
    }

    /** Whether it takes nothing more, since a write or a sync has failed. */
    boolean hasFailed() {
        return failure != null;
    }

    boolean isOpen() {
        return !closed;
    }

    int segmentCount() {
        return segmentCount;
    }

    PageIndex index() {
        return index;
    }

    LogReader reader() {
        return reader;
    }

    private void closeAfterFailure() {
        try {
            close();
        } catch (IOException e) {
            fail(e);
        }
    }

    /** Closes all segments; what was not flushed may be lost. */
    @Override
    public void close() throws IOException {
        LogSegment newest;
        gate.lock();
        try {
            closed = true;
            newest = failure == null ? active : null;
            active = null;
        } finally {
            gate.unlock();
        }
        seal(newest);
        share.end();
        supply.close();
        table.close();
    }
}
