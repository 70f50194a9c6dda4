package dev.varve.volume;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

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
    private static final int SMALL_LOG_SEGMENTS = 4;
    private static final int MAX_ZERO_PAGES = 1 << 30;

    private final String volume;
    private final SegmentSpace space;
    private final LogJournal journal;
    private final PageIndex index = new PageIndex();
    private final AtomicReferenceArray<@Nullable LogSegment> slots = new AtomicReferenceArray<>(PageWord.MAX_SLOTS);
    private final SecureRandom random = new SecureRandom();

    /** Held while anything is appended; held, it keeps the volume as it is. */
    final ReentrantLock gate = new ReentrantLock();

    private final Object syncing = new Object();
    private final Object allocating = new Object();

    @GuardedBy("gate")
    private final List<LogSegment> segments = new ArrayList<>();

    @GuardedBy("gate")
    private final ArrayDeque<LogSegment> prepared = new ArrayDeque<>();

    /** With the gate held. */
    private @Nullable LogSegment active;

    @GuardedBy("gate")
    private long lastSequence;

    /** With the gate held. */
    private long layer = 1;

    /** Groups of pages that each layer has made zeros, by the layer's number; with the gate held. */
    private final TreeMap<Long, ZeroRanges> zerosOfLayers = new TreeMap<>();

    /** All of them: what stands in no word is zeros there. */
    private volatile ZeroRanges zeros = ZeroRanges.NONE;

    @GuardedBy("gate")
    private RecordHeader.@Nullable Type previousType;

    @GuardedBy("gate")
    private long previousFirstPage;

    @GuardedBy("gate")
    private int previousPageCount;

    @GuardedBy("gate")
    private final CRC32C crc = new CRC32C();

    /** Segments taken during recovery, which are recorded all at once; null afterwards. */
    private volatile @Nullable List<SegmentEntry> unrecorded;

    private volatile long durable;
    private volatile @Nullable IOException failure;

    VolumeLog(String volume, SegmentSpace space, LogJournal journal) {
        this.volume = volume;
        this.space = space;
        this.journal = journal;
    }

    /**
     * Opens the log that the record of a volume names.
     *
     * @param frozenLayer the newest layer that is not written any more, 0 for none
     * @throws IOException when a segment can't be read, or is damaged in a way that leaves open which pages it was about
     */
    static VolumeLog open(
            String volume,
            SegmentSpace space,
            LogJournal journal,
            List<SegmentEntry> entries,
            long frozenLayer,
            Staging staging)
            throws IOException {
        VolumeLog log = new VolumeLog(volume, space, journal);
        boolean done = false;
        try {
            log.recover(entries, frozenLayer, staging);
            done = true;
            return log;
        } finally {
            if (!done) {
                log.close();
            }
        }
    }

    private void recover(List<SegmentEntry> entries, long frozenLayer, Staging staging) throws IOException {
        LogRecovery recovery = new LogRecovery(volume, space, this, entries, frozenLayer);
        gate.lock();
        try {
            recovery.run();
            segments.addAll(recovery.keptInMemory());
            RecordHeader kept = recovery.lastKept();
            if (kept != null) {
                appended(kept);
            }
            durable = lastSequence;
            layer = Math.max(recovery.newestLayer(), frozenLayer + 1);
        } finally {
            gate.unlock();
        }
        List<SegmentEntry> fresh = new ArrayList<>();
        unrecorded = fresh;
        recovery.rewriteTail(staging);
        flush();
        List<SegmentEntry> all = new ArrayList<>(recovery.kept());
        all.addAll(fresh);
        if (!all.equals(entries)) {
            journal.replace(all);
        }
        unrecorded = null;
        recovery.rest().forEach(segment -> forget(segment.file));
    }

    /** The word of a page; what it names is read by {@link #read}. */
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
            LogSegment full;
            gate.lock();
            try {
                if (!condition.getAsBoolean()) {
                    return false;
                }
                full = append(RecordHeader.Type.DATA, page, count, pages, staging);
            } finally {
                gate.unlock();
            }
            seal(full);
            page += count;
        }
        return true;
    }

    /** Appends that pages are zeros. */
    void appendZeros(long firstPage, long pageCount, Staging staging) throws IOException {
        long end = firstPage + pageCount;
        for (long page = firstPage; page < end; ) {
            int count = (int) Math.min(end - page, MAX_ZERO_PAGES);
            LogSegment full;
            gate.lock();
            try {
                full = append(RecordHeader.Type.ZEROS, page, count, null, staging);
                putZeros(Objects.requireNonNull(active), page, page + count);
            } finally {
                gate.unlock();
            }
            seal(full);
            page += count;
        }
    }

    /** Notes zeros in the index; with the gate held. */
    void putZeros(LogSegment segment, long from, long to) {
        ZeroRanges known = zerosOfLayers.getOrDefault(segment.layer(), ZeroRanges.NONE);
        ZeroRanges more = index.putZeros(known, PageWord.zeros(segment.slot), from, to);
        zerosOfLayers.put(segment.layer(), more);
        zeros = zeros.with(more);
    }

    /** Groups of pages that are zeros where they have no word. */
    ZeroRanges zeros() {
        return zeros;
    }

    /** Appends one record, and answers the segment that became full by it, to be sealed without the gate. */
    @GuardedBy("gate")
    private @Nullable LogSegment append(
            RecordHeader.Type type, long firstPage, int count, @Nullable ByteBuffer pages, Staging staging)
            throws IOException {
        requireUsable();
        RecordHeader header = new RecordHeader(
                type,
                lastSequence + 1,
                durable,
                layer,
                firstPage,
                count,
                previousType,
                previousFirstPage,
                previousPageCount);
        int area = header.areaBytes();
        LogSegment before = active;
        LogSegment segment = room(area, header.recordBytes());
        int start = segment.endBytes();
        ByteBuffer out = staging.clear(header.recordBytes());
        for (int i = 0; i < area; i++) {
            out.put(i, (byte) 0);
        }
        for (int i = 0; pages != null && i < count; i++) {
            int at = area + (i << Pages.SHIFT);
            out.put(at, pages, pages.position() + (i << Pages.SHIFT), Pages.BYTES);
            out.position(at);
            out.putInt(
                    RecordHeader.checksumAt(i),
                    staging.scratch().checksum(segment.nonce(), start + (long) at, firstPage + i, out));
        }
        header.encode(out, segment.nonce(), crc);
        try {
            segment.file.write(out.position(0), start);
        } catch (IOException e) {
            throw fail(e);
        }
        segment.appended(header, out);
        for (int i = 0; pages != null && i < count; i++) {
            int at = area + (i << Pages.SHIFT);
            index.put(firstPage + i, PageWord.data(segment.slot, start + at, out.getInt(RecordHeader.checksumAt(i))));
        }
        if (pages != null) {
            pages.position(pages.position() + (count << Pages.SHIFT));
        }
        appended(header);
        return before == segment ? null : before;
    }

    @GuardedBy("gate")
    private void appended(RecordHeader header) {
        lastSequence = header.sequence();
        previousType = header.type();
        previousFirstPage = header.firstPage();
        previousPageCount = header.pageCount();
    }

    /** The segment that the next record goes to; the gate is held. */
    @GuardedBy("gate")
    private LogSegment room(int areaBytes, int recordBytes) throws IOException {
        LogSegment segment = active;
        if (segment != null && segment.hasRoom(areaBytes, recordBytes)) {
            return segment;
        }
        LogSegment next = prepared.poll();
        while (next == null || !next.hasRoom(areaBytes, recordBytes)) {
            next = allocate();
        }
        next.beginLayer(layer);
        segments.add(next);
        active = next;
        return next;
    }

    /** Has a segment ready where one was written to, so that nobody waits for it after a freeze. */
    void prepareForFreeze() throws IOException {
        boolean isWritten;
        gate.lock();
        try {
            isWritten = active != null;
        } finally {
            gate.unlock();
        }
        if (isWritten) {
            prepare();
        }
    }

    /** Has a segment ready for the next who needs one, so that nobody waits for it with the gate held. */
    void prepare() throws IOException {
        synchronized (allocating) {
            gate.lock();
            try {
                if (!prepared.isEmpty()) {
                    return;
                }
            } finally {
                gate.unlock();
            }
            LogSegment segment = allocate();
            gate.lock();
            try {
                prepared.add(segment);
            } finally {
                gate.unlock();
            }
        }
    }

    private LogSegment allocate() throws IOException {
        SegmentFile file = space.take(nextSizeBytes());
        boolean done = false;
        try {
            byte[] nonce = new byte[LogSegment.NONCE_BYTES];
            random.nextBytes(nonce);
            LogSegment segment = enter(file, nonce);
            List<SegmentEntry> later = unrecorded;
            if (later != null) {
                later.add(SegmentEntry.of(segment));
            } else {
                journal.add(SegmentEntry.of(segment));
            }
            done = true;
            return segment;
        } finally {
            if (!done) {
                forget(file);
            }
        }
    }

    private int nextSizeBytes() {
        int count = 0;
        for (int i = 0; i < slots.length(); i++) {
            count += slots.get(i) == null ? 0 : 1;
        }
        return SegmentSpace.SIZES_BYTES.get(Math.min(count / SMALL_LOG_SEGMENTS, SegmentSpace.SIZES_BYTES.size() - 1));
    }

    /** Gives a segment a place in the table. */
    LogSegment enter(SegmentFile file, byte[] nonce) throws IOException {
        for (int i = 0; i < slots.length(); i++) {
            LogSegment segment = new LogSegment(file, i, nonce);
            if (slots.compareAndSet(i, null, segment)) {
                return segment;
            }
        }
        throw new IOException(volume + ": its log has " + slots.length() + " segments, the most there can be");
    }

    private void forget(SegmentFile file) {
        for (int i = 0; i < slots.length(); i++) {
            LogSegment segment = slots.get(i);
            if (segment != null && segment.file.equals(file)) {
                slots.set(i, null);
            }
        }
        space.give(file);
    }

    private void seal(@Nullable LogSegment segment) throws IOException {
        byte[] headers = segment == null ? null : segment.seal();
        if (segment != null && headers != null) {
            try {
                segment.writeDirectory(headers);
            } catch (IOException e) {
                throw fail(e);
            }
        }
    }

    /**
     * Reads a part of a page from the log.
     *
     * @param word of the page, naming data
     * @return false when the page is elsewhere by now: the position of {@code dst} stays
     * @throws IOException when it could not be read or did not pass its check
     */
    boolean read(long page, long word, int skip, ByteBuffer dst, int length, Pages.Scratch scratch) throws IOException {
        LogSegment segment = slots.get(PageWord.slot(word));
        int offset = PageWord.offsetBytes(word);
        if (segment == null) {
            return false;
        }
        ByteBuffer bytes = scratch.page.clear();
        try {
            segment.file.read(bytes, offset);
        } catch (IOException | IllegalStateException e) {
            if (index.get(page) != word) {
                return false;
            }
            throw e;
        }
        if (index.get(page) != word) {
            return false;
        }
        bytes.clear();
        if (scratch.checksum(segment.nonce(), offset, page, bytes) != PageWord.crc(word)) {
            throw damaged(segment.file.describe(), offset, page);
        }
        dst.put(dst.position(), bytes, skip, length);
        dst.position(dst.position() + length);
        return true;
    }

    /** Reads a page of a layer that is not written any more; its segments stay until it is released. */
    void readFrozen(long page, long word, ByteBuffer dst, Pages.Scratch scratch) throws IOException {
        LogSegment segment = Objects.requireNonNull(slots.get(PageWord.slot(word)));
        int offset = PageWord.offsetBytes(word);
        segment.file.read(scratch.page.clear(), offset);
        ByteBuffer bytes = scratch.page.clear();
        if (scratch.checksum(segment.nonce(), offset, page, bytes) != PageWord.crc(word)) {
            throw damaged(segment.file.describe(), offset, page);
        }
        dst.put(bytes);
    }

    IOException damaged(String where, long offsetBytes, long page) {
        return new IOException(volume + ": bytes " + (page << Pages.SHIFT) + " to " + ((page + 1) << Pages.SHIFT)
                + " are damaged, in " + where + " at offset " + offsetBytes);
    }

    /** Makes durable what was appended before the call. */
    void flush() throws IOException {
        List<LogSegment> dirty = new ArrayList<>();
        List<Long> ends = new ArrayList<>();
        long upTo;
        gate.lock();
        try {
            requireUsable();
            upTo = lastSequence;
            for (LogSegment segment : segments) {
                if (segment.isDirty()) {
                    dirty.add(segment);
                    ends.add(segment.lastSequence());
                }
            }
        } finally {
            gate.unlock();
        }
        try {
            for (LogSegment segment : dirty) {
                segment.file.sync();
            }
        } catch (IOException e) {
            throw fail(e);
        }
        gate.lock();
        try {
            for (int i = 0; i < dirty.size(); i++) {
                dirty.get(i).synced(ends.get(i));
            }
        } finally {
            gate.unlock();
        }
        synchronized (syncing) {
            durable = Math.max(durable, upTo);
        }
    }

    /**
     * Ends the layer that is written to; the caller holds the gate, and makes it durable.
     *
     * @return its number
     */
    long freeze() {
        active = null;
        return layer++;
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

    /**
     * Drops a layer and those before it, whose pages are in the base by now, and in no record.
     *
     * @param pages what they had
     */
    void release(long frozenLayer, PageIndex pages) {
        gate.lock();
        try {
            zerosOfLayers.headMap(frozenLayer, true).clear();
            ZeroRanges left = ZeroRanges.NONE;
            for (ZeroRanges each : zerosOfLayers.values()) {
                left = left.with(each);
            }
            zeros = left;
        } finally {
            gate.unlock();
        }
        List<LogSegment> gone = segmentsUpTo(frozenLayer);
        BitSet goneSlots = new BitSet();
        gone.forEach(segment -> goneSlots.set(segment.slot));
        for (long group : pages.groups()) {
            gate.lock();
            try {
                index.forEachIn(group, group + PageIndex.firstPage(1), (page, word) -> {
                    if (goneSlots.get(PageWord.slot(word))) {
                        index.put(page, PageWord.NONE);
                    }
                });
            } finally {
                gate.unlock();
            }
        }
        gate.lock();
        try {
            segments.removeAll(gone);
        } finally {
            gate.unlock();
        }
        gone.forEach(segment -> forget(segment.file));
    }

    /**
     * Writes a mark that says what is durable, and syncs it, so that what rots from then on is told from what never came.
     */
    void harden(Staging staging) throws IOException {
        flush();
        LogSegment full;
        gate.lock();
        try {
            if (previousType == null || previousType == RecordHeader.Type.MARK) {
                return;
            }
            full = append(RecordHeader.Type.MARK, 0, 0, null, staging);
        } finally {
            gate.unlock();
        }
        seal(full);
        flush();
    }

    private IOException fail(IOException e) {
        failure = failure == null ? e : failure;
        return e;
    }

    private void requireUsable() throws IOException {
        IOException before = failure;
        if (before != null) {
            throw new IOException(
                    volume + ": a write has failed (" + before.getMessage() + "); open the volume again", before);
        }
    }

    /** Bytes that the log has in its segments. */
    long bytes() {
        gate.lock();
        try {
            return segments.stream().mapToLong(LogSegment::endBytes).sum();
        } finally {
            gate.unlock();
        }
    }

    PageIndex index() {
        return index;
    }

    /** Closes all segments; what was not flushed may be lost. */
    @Override
    public void close() throws IOException {
        IOException first = null;
        for (int i = 0; i < slots.length(); i++) {
            LogSegment segment = slots.get(i);
            if (segment != null) {
                try {
                    segment.file.close();
                } catch (IOException e) {
                    first = first == null ? e : first;
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
