package dev.varve.volume;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where segments come from and go to. A number names one segment at a time; one that is given back may come again under
 * its number, with what it held before. All methods may be called from many threads.
 */
interface SegmentSpace extends AutoCloseable {
    /** Lengths that segments have: a small log takes little, a large one few. */
    List<Integer> SIZES_BYTES = List.of(1 << 20, 4 << 20, 16 << 20, PageWord.MAX_SEGMENT_BYTES);

    /** What a segment is for. */
    enum Use {
        /** To open a log, also where the disk is nearly full. */
        OPENING,
        /** For a log that is synced often: all of it is written before, so that a sync changes nothing else. */
        OFTEN_SYNCED,
        /** For one that is not, which would be to write everything twice. */
        RARELY_SYNCED
    }

    /**
     * A segment that nobody has. It is there, whole and under its name, after a loss of power.
     *
     * @param sizeBytes one of {@link #SIZES_BYTES}
     * @param use what for
     * @throws IOException when there is no room for it: nothing has changed
     */
    SegmentFile take(int sizeBytes, Use use) throws IOException;

    /**
     * A segment that was taken before, in this process or an earlier one.
     *
     * @throws IOException when it is not there, or not of this length
     */
    SegmentFile open(long number, int sizeBytes) throws IOException;

    /**
     * A segment that may be damaged, and that nobody has open.
     *
     * @return null where nothing rots
     * @throws IOException when it is there and can't be opened
     */
    default @Nullable MendedFile mend(long number, int sizeBytes) throws IOException {
        return null;
    }

    /** Gives a segment back, closed; no record names it any more. */
    void give(SegmentFile segment);

    /**
     * Deletes a segment that nobody has open and no record names any more.
     *
     * @throws IOException when it stays
     */
    void delete(long number) throws IOException;

    /**
     * Says which segments records name, before anything is taken.
     *
     * @param areAll whether no other is named: others are deleted; else they stay, and are not taken
     * @throws IOException when what is there could not be listed: it is not claimed
     */
    void claim(Set<Long> numbers, boolean areAll) throws IOException;

    /** Whether {@link #claim} was called. */
    boolean isClaimed();

    @Override
    void close();
}
