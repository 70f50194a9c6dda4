package dev.varve.volume;

import dev.varve.catalog.Change;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import java.io.IOException;
import java.util.List;
import java.util.stream.LongStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back the oldest segments of a log, of which nearly all was overwritten since: what is left of them is appended once
 * more. So to overwrite the same part of a volume again and again costs no fold, and goes round in the same segments.
 *
 * <p>Nothing that a snapshot is to have may go: no layer is pending, and none ends while the record forgets the segments.
 * What stands for the pages by then is durable before that, and they are dropped from the log after it.
 */
final class HeadTrim {
    private static final Logger LOG = LoggerFactory.getLogger(HeadTrim.class);

    /** Of what is given back, at most one page of so many is appended once more: each is written to the disk again. */
    static final int MIN_PAGES_PER_LIVE = 32;

    /** The same where that is the smaller harm: the log would be folded, or the disk is filling. */
    static final int MIN_PAGES_PER_LIVE_IF_PRESSED = 8;

    /** A part of a log that is worth it. */
    private static final int MIN_PART = 4;

    /** 64 MiB. */
    static final int MAX_LIVE_PAGES = 1 << 14;

    private static final int PASSES = 2;

    private final VolumeRegistry registry;
    private final LiveVolume volume;
    private final VolumeLog log;
    private final Resource found;

    /**
     * A trim.
     *
     * @param found the volume's record
     */
    HeadTrim(VolumeRegistry registry, LiveVolume volume, VolumeLog log, Resource found) {
        this.registry = registry;
        this.volume = volume;
        this.log = log;
        this.found = found;
    }

    /** What came of it. */
    enum Outcome {
        DONE,
        /** Too little would be gained. */
        NOT_WORTH_IT,
        /** A layer is pending, or the volume is being deleted. */
        NOT_NOW
    }

    /**
     * Gives back what is worth it. To be called by who folds the volume: nobody else drops segments meanwhile.
     *
     * @param isPressed whether more is worth it
     */
    Outcome run(boolean isPressed) throws IOException {
        log.trimmedBytes = log.bytes();
        List<LogSegment> head = head(isPressed ? MIN_PAGES_PER_LIVE_IF_PRESSED : MIN_PAGES_PER_LIVE);
        if (head.isEmpty() || !keepRest(head)) { // while snapshots go on: no harm is done if it was in vain
            return Outcome.NOT_WORTH_IT;
        }
        volume.freezing.lock();
        try {
            Resource record = registry.catalog().find(ResourceKind.VOLUME, found.scope(), found.id());
            if (record == null || !hasNoLayer(record)) {
                return Outcome.NOT_NOW;
            }
            LogState.Start start = startBehind(head);
            if (start.sequence() <= VolumeRecord.start(record).sequence()) {
                return Outcome.NOT_WORTH_IT;
            }
            registry.catalog().change(change -> forget(change, head, start));
        } finally {
            volume.freezing.unlock();
        }
        log.release(head);
        LOG.debug("{}: {} segments were overwritten", found.id(), head.size());
        registry.limits().released();
        return Outcome.DONE;
    }

    /** The oldest segments, as many as have little left; none if they are a small part of the log. */
    private List<LogSegment> head(int pagesPerLive) {
        List<LogSegment> all = log.segments();
        int[] live = log.index().pagesBySlot();
        int count = head(
                all.stream().mapToLong(LogSegment::endBytes).toArray(),
                all.stream().mapToLong(segment -> live[segment.slot]).toArray(),
                pagesPerLive);
        return all.subList(0, count);
    }

    /**
     * How many of the oldest segments are to go.
     *
     * @param bytes of each segment, the oldest first; the last is written to, and stays
     * @param live pages of each that are the newest
     * @param pagesPerLive so many pages have at most one among them that is
     */
    static int head(long[] bytes, long[] live, int pagesPerLive) {
        long sum = 0;
        long livePages = 0;
        long headBytes = 0;
        int count = 0;
        for (int i = 0; i + 1 < bytes.length; i++) {
            sum += bytes[i];
            livePages += live[i];
            if (livePages <= MAX_LIVE_PAGES && livePages * pagesPerLive <= sum >> Pages.SHIFT) {
                headBytes = sum;
                count = i + 1;
            }
        }
        return headBytes * MIN_PART >= LongStream.of(bytes).sum() ? count : 0;
    }

    private static boolean hasNoLayer(Resource record) throws IOException {
        return VolumeRecord.layers(record).isEmpty() && !VolumeRecord.isDeleting(record);
    }

    /** Appends durably what the head has left; false if it is too much. */
    private boolean keepRest(List<LogSegment> head) throws IOException {
        Staging staging = registry.stagings().take();
        try {
            KeptPages kept = new KeptPages(log, head, staging);
            for (int pass = 0; pass < PASSES; pass++) {
                long[] pages = log.index().pages(kept.slots(), MAX_LIVE_PAGES, log.gate);
                if (pages == null) {
                    return false;
                }
                if (pages.length == 0) {
                    log.harden(staging); // also what was written over the head; marked, as what goes was
                    return true;
                }
                kept.keep(pages);
            }
            return false;
        } finally {
            registry.stagings().give(staging);
        }
    }

    /** Where the log begins without its head. */
    private LogState.Start startBehind(List<LogSegment> head) {
        log.gate.lock();
        try {
            long last = head.stream().mapToLong(LogSegment::lastSequence).max().orElse(0);
            return new LogState.Start(last + 1, log.segments().get(head.size()).layer());
        } finally {
            log.gate.unlock();
        }
    }

    private Resource forget(Change change, List<LogSegment> head, LogState.Start start) throws IOException {
        Resource now = Volumes.require(found.id(), change.find(ResourceKind.VOLUME, found.scope(), found.id()));
        VolumeRecord.setStart(now, start);
        VolumeRecord.dropSegments(now, LogSegment.numbers(head));
        change.update(now);
        return now;
    }
}
