package dev.varve.volume;

import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Turns a layer of a volume's log, and all before it, into blocks over the volume's base. Costs what was written, not the
 * volume's size.
 *
 * <p>The layer's records are read again from its segments, oldest first, since the volume's own index knows the newest
 * place of a page only.
 */
final class Fold {
    private final LiveVolume volume;
    private final VolumeLog log;
    private final long layer;
    private final ManifestWriter writer;
    private final BooleanSupplier cancelled;
    private final PageIndex pages = new PageIndex();
    private final Pages.Scratch scratch = new Pages.Scratch();
    private final int chunkPages;
    private ZeroRanges zeros = ZeroRanges.NONE;
    private volatile int percent;

    Fold(LiveVolume volume, VolumeLog log, long layer, ManifestWriter writer, BooleanSupplier cancelled) {
        this.volume = volume;
        this.log = log;
        this.layer = layer;
        this.writer = writer;
        this.cancelled = cancelled;
        this.chunkPages = writer.chunkSizeBytes() >> Pages.SHIFT;
    }

    int percent() {
        return percent;
    }

    /** The pages that the layer had; its words are to go when the new base is there. */
    PageIndex pages() {
        return pages;
    }

    /**
     * Writes the blocks.
     *
     * @return what the volume is with them; nothing is durable yet
     */
    Manifest run() throws IOException {
        for (LogSegment segment : log.segmentsUpTo(layer)) {
            replay(segment);
        }
        writeZeros();
        writeChunks();
        return writer.finish(volume.sizeBytes());
    }

    private void replay(LogSegment segment) throws IOException {
        SegmentScan scan = SegmentScan.of(segment, segment.endBytes());
        int end = 0;
        for (int i = 0; i < scan.count(); i++) {
            RecordHeader header = scan.header(i);
            requireAt(scan.offsetBytes(i), end, segment);
            end += header.recordBytes();
            long from = header.firstPage();
            if (header.type() == RecordHeader.Type.ZEROS) {
                zeros = pages.putZeros(zeros, PageWord.zeros(segment.slot), from, from + header.pageCount());
            }
            for (int page = 0; header.type() == RecordHeader.Type.DATA && page < header.pageCount(); page++) {
                int at = scan.offsetBytes(i) + header.areaBytes() + (page << Pages.SHIFT);
                pages.put(from + page, PageWord.data(segment.slot, at, scan.pageChecksum(i, page)));
            }
        }
        requireAt(segment.endBytes(), end, segment);
    }

    private void requireAt(int offset, int expected, LogSegment segment) throws IOException {
        if (offset != expected) {
            throw new IOException(volume.id() + ": its log is damaged in " + segment.file.describe() + " at offset "
                    + expected + ", up to " + offset);
        }
    }

    /** Chunks that are zeros as a whole, as far as ranges say so; pages written later go over them. */
    private void writeZeros() throws IOException {
        for (int i = 0; i < zeros.count(); i++) {
            long from = ceil(PageIndex.firstPage(zeros.start(i)));
            long to = PageIndex.firstPage(zeros.end(i)) / chunkPages;
            if (from < to) {
                writer.zero(from, to - from);
            }
        }
    }

    private long ceil(long page) {
        return (page + chunkPages - 1) / chunkPages;
    }

    private void writeChunks() throws IOException {
        long[] groups = touchedGroups();
        ByteBuffer chunk = ByteBuffer.allocateDirect(writer.chunkSizeBytes());
        long next = 0;
        for (int i = 0; i < groups.length; i++) {
            long first = PageIndex.firstPage(groups[i]) / chunkPages;
            long end = ceil(PageIndex.firstPage(groups[i] + 1));
            for (long block = Math.max(first, next); block < end; block++) {
                if (cancelled.getAsBoolean()) {
                    throw new CancellationException("the fold of " + volume.id() + " goes on later");
                }
                write(block, chunk);
            }
            next = end;
            percent = (int) (100L * i / groups.length);
        }
    }

    /** Groups with a page that was written, and those at whose ends a range of zeros may cut a chunk in two. */
    private long[] touchedGroups() {
        long[] written = pages.groups();
        long[] all = new long[written.length + 2 * zeros.count()];
        int count = 0;
        for (long page : written) {
            all[count++] = PageIndex.group(page);
        }
        for (int i = 0; i < zeros.count(); i++) {
            all[count++] = zeros.start(i);
            all[count++] = zeros.end(i) - 1;
        }
        return java.util.Arrays.stream(all).sorted().distinct().toArray();
    }

    private void write(long block, ByteBuffer chunk) throws IOException {
        long firstPage = block * chunkPages;
        boolean touched = false;
        boolean missing = false;
        for (long page = firstPage; page < firstPage + chunkPages; page++) {
            boolean known = pages.get(page) != PageWord.NONE || zeros.contains(PageIndex.group(page));
            touched |= known;
            missing |= !known;
        }
        if (!touched) {
            return;
        }
        chunk.clear();
        if (missing) {
            volume.readBase(chunk, firstPage << Pages.SHIFT, chunk.capacity());
        }
        for (int i = 0; i < chunkPages; i++) {
            put(firstPage + i, chunk.clear().position(i << Pages.SHIFT));
        }
        writer.put(block, chunk.clear());
    }

    private void put(long page, ByteBuffer dst) throws IOException {
        long word = pages.get(page);
        if (word == PageWord.NONE && !zeros.contains(PageIndex.group(page))) {
            return;
        }
        if (word == PageWord.NONE || PageWord.isZeros(word)) {
            LiveVolume.zero(dst, Pages.BYTES);
        } else {
            log.readFrozen(page, word, dst, scratch);
        }
    }
}
