package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Which pages of a volume can't be read, since what was written there last has rotted in its log. */
final class DamagedPages {
    /** The most ranges that are told. */
    static final int MAX_RANGES = 10_000;

    private final List<Range> ranges = new ArrayList<>();
    private boolean hasNotes;

    /** Pages one behind the other. */
    record Range(long firstPage, long endPage) {
        long offsetBytes() {
            return firstPage << Pages.SHIFT;
        }

        long lengthBytes() {
            return (endPage - firstPage) << Pages.SHIFT;
        }
    }

    private DamagedPages() {}

    /**
     * Looks through a log that nobody has open, and changes nothing. Takes the heap that its index takes.
     *
     * @throws IOException when a segment can't be read, or is damaged in a way that leaves open which pages it was about
     */
    static DamagedPages of(String volume, LogState state, SegmentSpace space) throws IOException {
        PageIndex index = new PageIndex();
        SegmentTable table = new SegmentTable();
        try {
            new LogRecovery(volume, state, index).run(space, table);
            return in(index, new LogReader(volume, table, index));
        } finally {
            table.close();
        }
    }

    /** Looks through a log, which may be written to meanwhile. */
    static DamagedPages in(PageIndex index, LogReader reader) {
        DamagedPages found = new DamagedPages();
        Pages.Scratch scratch = new Pages.Scratch();
        ByteBuffer dst = ByteBuffer.allocateDirect(Pages.BYTES);
        for (long group : index.groups()) {
            long first = PageIndex.firstPage(group);
            for (long page = first; page < first + PageIndex.GROUP_PAGES; page++) {
                long word = index.get(page);
                if (PageWord.isDamaged(word)) {
                    found.hasNotes |= !PageWord.isLost(word);
                    found.add(page);
                } else if (word != PageWord.NONE && !PageWord.isZeros(word)) {
                    try {
                        reader.read(page, word, 0, dst.clear(), Pages.BYTES, scratch);
                    } catch (IOException e) {
                        found.add(page);
                    }
                }
            }
        }
        return found;
    }

    private void add(long page) {
        int newest = ranges.size() - 1;
        if (newest >= 0 && ranges.get(newest).endPage == page) {
            ranges.set(newest, new Range(ranges.get(newest).firstPage, page + 1));
        } else if (ranges.size() < MAX_RANGES) {
            ranges.add(new Range(page, page + 1));
        }
    }

    List<Range> ranges() {
        return ranges;
    }

    /** Whether the log itself says of some that they are lost: of those it may have the content again. */
    boolean hasNotes() {
        return hasNotes;
    }
}
