package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Appends pages to a log once more that stand in segments which are to go. */
final class KeptPages {
    private static final Logger LOG = LoggerFactory.getLogger(KeptPages.class);

    private final VolumeLog log;
    private final Staging staging;
    private final Pages.Scratch scratch = new Pages.Scratch();

    /** Of the pages that are looked at. */
    private final long[] words = new long[RecordHeader.MAX_DATA_PAGES];

    private final BitSet slots = new BitSet();

    /**
     * For some segments, to which nothing is appended any more.
     *
     * @param staging nobody else uses it meanwhile
     */
    KeptPages(VolumeLog log, List<LogSegment> segments, Staging staging) {
        this.log = log;
        this.staging = staging;
        segments.forEach(segment -> slots.set(segment.slot));
    }

    /** Whether a slot is of one of the segments. */
    IntPredicate slots() {
        return slots::get;
    }

    /**
     * Appends pages, each unless the log has none of it or a newer one. They are durable with the next flush.
     *
     * @param pages those that follow each other go together
     */
    void keep(long[] pages) throws IOException {
        for (int at = 0; at < pages.length; ) {
            int count = lookUp(pages, at);
            if (count == 0) {
                at++;
            } else {
                keep(pages[at], count); // and look again: one may have been another by then
            }
        }
    }

    /** Has the words of as many pages as can go together, from one on; 0 when nothing of the first is to be kept. */
    private int lookUp(long[] pages, int at) {
        int most = Math.min(words.length, pages.length - at);
        int count = 0;
        while (count < most && pages[at + count] == pages[at] + count) {
            long word = log.word(pages[at + count]);
            boolean isKept = word != PageWord.NONE && slots.get(PageWord.slot(word));
            if (!isKept || count > 0 && type(word) != type(words[0])) {
                return count;
            }
            words[count++] = word;
        }
        return count;
    }

    private static RecordHeader.Type type(long word) {
        if (PageWord.isZeros(word)) {
            return RecordHeader.Type.ZEROS;
        }
        return PageWord.isDamaged(word) ? RecordHeader.Type.DAMAGED : RecordHeader.Type.DATA;
    }

    /** Appends those that can be read, up to one that is damaged, or that one; nothing if one is another by now. */
    private void keep(long firstPage, int count) throws IOException {
        RecordHeader.Type type = type(words[0]);
        if (type != RecordHeader.Type.DATA) {
            log.appendAll(type, firstPage, count, staging, () -> areStill(firstPage, count));
            return;
        }
        ByteBuffer bytes = staging.run().limit(count << Pages.SHIFT);
        int read = read(firstPage, count, bytes);
        if (read > 0) {
            log.append(firstPage, bytes.flip(), staging, () -> areStill(firstPage, read));
        } else {
            log.appendAll(RecordHeader.Type.DAMAGED, firstPage, 1, staging, () -> areStill(firstPage, 1));
        }
    }

    private boolean areStill(long firstPage, int count) {
        int same = 0;
        while (same < count && log.word(firstPage + same) == words[same]) {
            same++;
        }
        return same == count;
    }

    /** How many could be read, up to one that is damaged. */
    private int read(long firstPage, int count, ByteBuffer dst) throws IOException {
        int read = 0;
        try {
            while (read < count) {
                int run = log.reader().readRun(firstPage + read, words[read], dst, scratch);
                if (run == 0) {
                    log.reader().readFrozen(firstPage + read, words[read], dst, scratch);
                    run = 1;
                }
                read += run;
            }
        } catch (DamagedPageException e) {
            LOG.error("{} is damaged from here on", log.volume(), e);
        }
        return read;
    }
}
