package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Puts back records of one segment, where they stood, from other copies of the same life of it.
 *
 * <p><b>Proof.</b> The nonce of a segment's life is in every checksum, and nothing is appended twice at one place of one life. So a
 * header that passes under our nonce, and a page that passes at its place, are what stood here, whoever brings them. Only what
 * found no room once may have been another record then: it was never whole, so a header that nothing here vouches for is
 * taken with all of its pages or not at all, and only where its sequence fits in. And a copy may be newer than ours: what
 * nothing of ours lies behind is not taken.
 *
 * <p><b>Where records are</b> is told by the directory, ours or another copy's, since nothing is appended after it. Without
 * one they are followed one after the other, for each begins where the one before ends; behind one that nobody has it goes on
 * at the next that somebody has.
 *
 * <p><b>Memory</b>, all of it heap: two records of 256 KiB, and 1 MiB for this copy and for each other; or the directory.
 */
final class SegmentMending {
    private static final int PAGES_BYTES = RecordHeader.MAX_DATA_PAGES * Pages.BYTES;

    private final MendedFile own;
    private final OwnLog log;
    private final int segment;
    private final SegmentEntry entry;
    private final byte[] nonce;
    private final int limitBytes;
    private final List<SourceSegment> copies = new ArrayList<>();
    private final Counts counts;
    private final boolean dryRun;
    private final ByteBuffer record = ByteBuffer.allocate(RecordHeader.MAX_BYTES + PAGES_BYTES);
    private final ByteBuffer theirs = ByteBuffer.allocate(PAGES_BYTES);
    private final Pages.Scratch scratch = new Pages.Scratch();
    private final CRC32C crc = new CRC32C();
    private final Map<String, LogMending.Found> found = new LinkedHashMap<>();
    private long last;
    private int endBytes;
    private boolean isWrong;
    private boolean isLeft;
    private boolean isMended;
    private boolean isEndKnown;
    private boolean goesOnElsewhere;

    /** Is told what was mended, once it is durable. */
    interface Counts {
        /** Headers and pages; a segment that was too short, or too long, counts as a record, too. */
        void add(String source, LogMending.Found found);
    }

    /**
     * A mending.
     *
     * @param own our file
     * @param log that it is part of
     * @param segment which one
     * @param last sequence of the record before the segment
     */
    SegmentMending(
            MendedFile own,
            OwnLog log,
            int segment,
            List<LogSource> sources,
            SourceSegment.Failures failures,
            long last,
            Counts counts,
            boolean dryRun) {
        this.own = own;
        this.log = log;
        this.segment = segment;
        this.entry = log.segments().get(segment);
        this.nonce = HexFormat.of().parseHex(entry.nonce());
        this.limitBytes = entry.endBytes();
        this.isEndKnown = entry.isEnded();
        this.last = last;
        this.counts = counts;
        this.dryRun = dryRun;
        for (LogSource source : sources) {
            SourceSegment copy = SourceSegment.find(source, nonce, entry, failures);
            if (copy != null) {
                copies.add(copy);
            }
        }
    }

    /** Sequence of the last record that is there now. */
    long last() {
        return last;
    }

    /** Whether something was not as it should be, mended or not. */
    boolean isWrong() {
        return isWrong;
    }

    /** Whether a copy had something that was lost. */
    boolean isMended() {
        return isMended;
    }

    /** Whether something was found lost that no copy had. */
    boolean isLeft() {
        return isLeft;
    }

    /**
     * Whether it was cut where another record may have begun, and nobody knows: what was written after the copy was made may be
     * missing.
     */
    boolean mayEndTooSoon() {
        return !isEndKnown
                && !copies.isEmpty()
                && own.isShorterThan(MendedFile.blocksEnd(endBytes) + RecordHeader.ALIGNMENT);
    }

    /** Whether a copy has records behind our last one, of which nothing here says that they were written: none is taken. */
    boolean goesOnElsewhere() {
        return goesOnElsewhere;
    }

    /** Mends; what is mended is durable when this returns, also what another mending that was ended had written. */
    void run() throws IOException {
        byte[] headers = directory(own);
        SourceSegment complete = null;
        for (int i = 0; headers == null && i < copies.size(); i++) {
            complete = copies.get(i);
            headers = directory(complete);
        }
        isWrong = !own.isOfItsLength();
        boolean isFollowed = headers != null && follow(headers, complete);
        if (headers == null) {
            search();
        }
        boolean isPartial = copies.stream().anyMatch(SourceSegment::isBroken) && (isLeft || !isEndKnown);
        boolean isLengthMended = !isPartial
                && !own.isOfItsLength()
                && (!copies.isEmpty() || own.isThere() && (isEndKnown || !own.isShort()));
        isLeft |= isWrong && isPartial || !own.isOfItsLength() && !isLengthMended;
        if (isLengthMended) {
            isMended = true;
            count(copies.isEmpty() ? LogMending.ITSELF : copies.get(0).describe(), 1, 0);
        }
        if (!dryRun) {
            harden(isLengthMended, complete != null && isFollowed && !isPartial && isMended ? headers : null);
        }
        found.forEach(counts::add);
    }

    private void harden(boolean isLengthMended, byte @Nullable [] directory) throws IOException {
        if (directory != null) {
            own.sync();
            new LogSegment(own, 0, nonce).writeDirectory(directory);
        }
        if (isLengthMended || own.isOfItsLength()) {
            own.complete();
        } else if (own.isThere()) {
            own.sync();
        }
    }

    private void count(String source, long records, long pages) {
        found.merge(source, new LogMending.Found(records, pages), LogMending.Found::and);
    }

    /** A copy's directory, if it is whole. */
    private byte @Nullable [] directory(SegmentBytes copy) {
        byte[] headers = LogSegment.readDirectory(copy, nonce);
        if (headers == null || headers.length == 0) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.wrap(headers);
        for (int at = 0; at < headers.length; ) {
            RecordHeader header = RecordHeader.decode(bytes, at, nonce, crc);
            if (header == null) {
                return null;
            }
            at += header.areaBytes();
        }
        return headers;
    }

    /**
     * Goes through the records that a directory has.
     *
     * @param copy whose it is; null for ours
     * @return whether these are all that there were
     */
    private boolean follow(byte[] headers, @Nullable SourceSegment copy) throws IOException {
        String source = copy == null ? LogMending.ITSELF : copy.describe();
        ByteBuffer bytes = ByteBuffer.wrap(headers);
        int offset = 0;
        for (int at = 0; at < headers.length; ) {
            RecordHeader header = RecordHeader.read(bytes, at);
            if (offset + header.recordBytes() > limitBytes) {
                break;
            }
            if (copy != null && !isVouched(header)) {
                goesOnElsewhere = true;
                return false;
            }
            hold(offset, header, bytes.slice(at, header.areaBytes()), source, true);
            follows(header);
            offset += header.recordBytes();
            endBytes = offset;
            at += header.areaBytes();
        }
        isEndKnown = true;
        return true;
    }

    /**
     * Whether a record that a copy has was written here, too: something of ours lies behind it, or our file has lost its length.
     * Else the copy may just be newer.
     */
    private boolean isVouched(RecordHeader header) {
        return entry.isEnded() || own.isShort() || header.sequence() <= log.vouched();
    }

    private void search() throws IOException {
        HeaderWindow ours = new HeaderWindow(own, nonce, limitBytes);
        List<HeaderWindow> others = copies.stream()
                .map(copy -> new HeaderWindow(copy, nonce, limitBytes))
                .toList();
        long end = log.firstBehind(segment);
        boolean isNext = false;
        for (int at = 0; at + RecordHeader.ALIGNMENT <= limitBytes; ) {
            RecordHeader header = find(at, ours, others, true, end);
            if (header == null && !isNext) {
                header = find(at, ours, others, false, end);
            }
            isNext = header != null;
            if (header == null && isOver(end)) {
                goesOnElsewhere = hasNext(at, others, end);
                return;
            }
            if (header == null) {
                at += RecordHeader.ALIGNMENT;
            } else {
                follows(header);
                at += header.recordBytes();
                endBytes = at;
            }
        }
        if (isEndKnown && endBytes < limitBytes) {
            isWrong = true;
            isLeft = true;
        }
    }

    /** Whether nothing of ours lies behind what was found. */
    private boolean isOver(long end) {
        return !copies.isEmpty() && !entry.isEnded() && !own.isShort() && (last + 1 >= end || last >= log.vouched());
    }

    private boolean hasNext(int at, List<HeaderWindow> others, long end) {
        for (HeaderWindow other : others) {
            RecordHeader header = other.at(at);
            if (header != null && fits(at, header, true, end)) {
                return true;
            }
        }
        return false;
    }

    /** Notes a record that is there, and whether one is missing before it. */
    private void follows(RecordHeader header) {
        if (header.sequence() != last + 1) {
            isWrong = true;
            isLeft = true;
        }
        last = header.sequence();
    }

    /**
     * The record at a place, ours or a copy's, which is put there.
     *
     * @param isNext whether it must be the next in sequence
     */
    private @Nullable RecordHeader find(int at, HeaderWindow ours, List<HeaderWindow> others, boolean isNext, long end)
            throws IOException {
        RecordHeader header = ours.at(at);
        if (header != null && fits(at, header, isNext, end)) {
            hold(at, header, ours.bytes(at).slice(0, header.areaBytes()), LogMending.ITSELF, true);
            return header;
        }
        for (int i = 0; i < others.size(); i++) {
            header = others.get(i).at(at);
            // a page's checksum has its place in it, which a header's has not
            if (header != null
                    && (isNext || header.type() == RecordHeader.Type.DATA)
                    && fits(at, header, isNext, end)
                    && isVouched(header)
                    && hold(
                            at,
                            header,
                            others.get(i).bytes(at).slice(0, header.areaBytes()),
                            copies.get(i).describe(),
                            false)) {
                return header;
            }
        }
        return null;
    }

    private boolean fits(int at, RecordHeader header, boolean isNext, long end) {
        long sequence = header.sequence();
        return sequence < end
                && (isNext ? sequence == last + 1 : sequence > last)
                && at + header.recordBytes() <= limitBytes;
    }

    /**
     * Has a record stand where it belongs.
     *
     * @param area its header, which passes
     * @param isProven whether it is known that it stood here; else it is taken whole or not at all
     * @return false when it was not taken
     */
    private boolean hold(int at, RecordHeader header, ByteBuffer area, String source, boolean isProven)
            throws IOException {
        int areaBytes = header.areaBytes();
        HeaderWindow.readAll(own, record.clear().limit(header.recordBytes()), at);
        record.clear();
        boolean isHeaderThere = record.slice(0, areaBytes).equals(area);
        record.put(0, area, 0, areaBytes);
        BitSet lost = lostPages(at, header);
        if (isHeaderThere && lost.isEmpty()) {
            isWrong |= header.type() == RecordHeader.Type.DAMAGED;
            return true;
        }
        int[] taken = new int[copies.size()];
        BitSet mended = new BitSet();
        for (int i = 0; i < copies.size() && !lost.isEmpty(); i++) {
            taken[i] = take(copies.get(i), at, header, lost, mended);
        }
        if (!isProven && !lost.isEmpty()) {
            return false;
        }
        isWrong = true;
        isLeft |= !lost.isEmpty();
        isMended |= !mended.isEmpty() || !isHeaderThere;
        if (!dryRun) {
            write(at, areaBytes, mended, !isHeaderThere);
        }
        for (int i = 0; i < taken.length; i++) {
            if (taken[i] > 0) {
                count(copies.get(i).describe(), 0, taken[i]);
            }
        }
        if (!isHeaderThere) {
            count(source, 1, 0);
        }
        return true;
    }

    private void write(int at, int areaBytes, BitSet pages, boolean withHeader) throws IOException {
        for (int page = pages.nextSetBit(0); page >= 0; page = pages.nextSetBit(page + 1)) {
            int offset = areaBytes + (page << Pages.SHIFT);
            own.write(record.slice(offset, Pages.BYTES), at + (long) offset);
        }
        if (withHeader) {
            own.write(record.slice(0, areaBytes), at);
        }
    }

    /** The pages of the record that do not pass. */
    private BitSet lostPages(int at, RecordHeader header) {
        BitSet lost = new BitSet();
        for (int page = 0; header.type() == RecordHeader.Type.DATA && page < header.pageCount(); page++) {
            int offset = header.areaBytes() + (page << Pages.SHIFT);
            if (!passes(at, header, page, record.position(offset))) {
                lost.set(page);
            }
        }
        return lost;
    }

    private boolean passes(int at, RecordHeader header, int page, ByteBuffer bytes) {
        long place = at + (long) header.areaBytes() + ((long) page << Pages.SHIFT);
        return scratch.checksum(nonce, place, header.firstPage() + page, bytes)
                == record.getInt(RecordHeader.checksumAt(page));
    }

    /** Takes from a copy the lost pages that pass; how many. */
    private int take(SourceSegment copy, int at, RecordHeader header, BitSet lost, BitSet mended) {
        int taken = 0;
        copy.read(theirs.clear().limit(header.pageCount() << Pages.SHIFT), at + (long) header.areaBytes());
        theirs.clear();
        for (int page = lost.nextSetBit(0); page >= 0; page = lost.nextSetBit(page + 1)) {
            if (passes(at, header, page, theirs.position(page << Pages.SHIFT))) {
                record.put(header.areaBytes() + (page << Pages.SHIFT), theirs, page << Pages.SHIFT, Pages.BYTES);
                lost.clear(page);
                mended.set(page);
                taken++;
            }
        }
        return taken;
    }
}
