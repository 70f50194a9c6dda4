package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads pages of a log: word, bytes, word again. From any thread, without a lock. */
final class LogReader {
    private final String volume;
    private final SegmentTable table;
    private final PageIndex index;

    LogReader(String volume, SegmentTable table, PageIndex index) {
        this.volume = volume;
        this.table = table;
        this.index = index;
    }

    /**
     * Reads a part of a page.
     *
     * @param word of the page, naming data
     * @return false when the page is elsewhere by now: the position of {@code dst} stays
     * @throws IOException when it could not be read or did not pass its check
     */
    boolean read(long page, long word, int skip, ByteBuffer dst, int length, Pages.Scratch scratch) throws IOException {
        LogSegment segment = table.get(PageWord.slot(word));
        int offset = PageWord.offsetBytes(word);
        ByteBuffer bytes = scratch.page.clear();
        try {
            if (segment == null) {
                throw closed();
            }
            segment.file.read(bytes, offset);
        } catch (IOException | IllegalStateException e) {
            if (!index.isStill(page, word)) {
                return false;
            }
            throw e;
        }
        if (!index.isStill(page, word)) {
            return false;
        }
        bytes.clear();
        if (scratch.checksum(segment.nonce(), offset, page, bytes) != PageWord.crc(word)) {
            throw damaged(volume, segment.file.describe(), offset, page);
        }
        dst.put(dst.position(), bytes, skip, length);
        dst.position(dst.position() + length);
        return true;
    }

    /**
     * Reads whole pages that lie one behind the other in the log, straight to where they are wanted.
     *
     * @param first the word of the first page, naming data
     * @param dst takes as many pages as it has room for; its position moves past what was read
     * @return how many pages were read; from there on each is to be read alone, which also tells what is wrong with it
     */
    int readRun(long page, long first, ByteBuffer dst, Pages.Scratch scratch) {
        long[] words = scratch.words;
        int most = Math.min(dst.remaining() >> Pages.SHIFT, words.length);
        words[0] = first;
        int count = 1;
        while (count < most && PageWord.isBehind(index.get(page + count), words[count - 1])) {
            words[count] = index.get(page + count);
            count++;
        }
        LogSegment segment = table.get(PageWord.slot(first));
        int start = dst.position();
        int limit = dst.limit();
        int offset = PageWord.offsetBytes(first);
        int good = 0;
        if (segment != null && count > 1 && read(segment, dst.limit(start + (count << Pages.SHIFT)), offset)) {
            while (good < count
                    && index.isStill(page + good, words[good])
                    && scratch.checksum(
                                    segment.nonce(),
                                    offset + ((long) good << Pages.SHIFT),
                                    page + good,
                                    dst.position(start + (good << Pages.SHIFT)))
                            == PageWord.crc(words[good])) {
                good++;
            }
        }
        dst.limit(limit).position(start + (good << Pages.SHIFT));
        return good;
    }

    private static boolean read(LogSegment segment, ByteBuffer dst, int offsetBytes) {
        try {
            segment.file.read(dst, offsetBytes);
            return true;
        } catch (IOException | IllegalStateException e) {
            return false;
        }
    }

    /** Reads a page of a layer that is not written any more; its segments stay until it is released. */
    void readFrozen(long page, long word, ByteBuffer dst, Pages.Scratch scratch) throws IOException {
        LogSegment segment = table.get(PageWord.slot(word));
        if (segment == null) {
            throw closed();
        }
        int offset = PageWord.offsetBytes(word);
        segment.file.read(scratch.page.clear(), offset);
        ByteBuffer bytes = scratch.page.clear();
        if (scratch.checksum(segment.nonce(), offset, page, bytes) != PageWord.crc(word)) {
            throw damaged(volume, segment.file.describe(), offset, page);
        }
        dst.put(bytes);
    }

    private IllegalStateException closed() {
        return new IllegalStateException(volume + " is closed");
    }

    static DamagedPageException damaged(String volume, String where, long offsetBytes, long page) {
        return new DamagedPageException(volume, page, "in " + where + " at offset " + offsetBytes);
    }
}
