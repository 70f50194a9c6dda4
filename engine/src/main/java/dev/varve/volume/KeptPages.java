package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Appends pages to a log once more that stand in segments which are to go. */
final class KeptPages {
    private static final Logger LOG = LoggerFactory.getLogger(KeptPages.class);

    private final VolumeLog log;
    private final Staging staging;
    private final Pages.Scratch scratch = new Pages.Scratch();
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

    /** Appends a page, unless the log has none of it or a newer one. It is durable with the next flush. */
    void keep(long page) throws IOException {
        boolean done = false;
        while (!done) {
            long word = log.word(page);
            done = word == PageWord.NONE || !slots.get(PageWord.slot(word)) || keep(page, word);
        }
    }

    /** False if the page is another by now. */
    private boolean keep(long page, long word) throws IOException {
        BooleanSupplier same = () -> log.word(page) == word;
        if (PageWord.isZeros(word)) {
            return log.appendAll(RecordHeader.Type.ZEROS, page, 1, staging, same);
        }
        if (!PageWord.isDamaged(word)) {
            ByteBuffer bytes = staging.merged().clear();
            boolean read = false;
            try {
                log.reader().readFrozen(page, word, bytes, scratch);
                read = true;
            } catch (DamagedPageException e) {
                LOG.error("{} is damaged from here on", log.volume(), e);
            }
            if (read) {
                return log.append(page, bytes.flip(), staging, same);
            }
        }
        return log.appendAll(RecordHeader.Type.DAMAGED, page, 1, staging, same);
    }
}
