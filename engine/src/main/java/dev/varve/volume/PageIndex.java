package dev.varve.volume;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which pages are in a log, and where: a hash table of groups of 16 pages, 170 bytes each.
 *
 * <p>{@link #get} may be called from any thread at any time, takes no lock and allocates nothing. All else is for one
 * thread at a time. Whoever sees a word sees what was written before it was put.
 */
final class PageIndex {
    private static final VarHandle GROUP = MethodHandles.arrayElementVarHandle(long[][].class);
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int GROUP_SHIFT = 4;
    private static final int GROUP_PAGES = 1 << GROUP_SHIFT;
    private static final int LEAST_TABLE = 16;

    /** The words of a group, then its number. */
    private static final int GROUP_LONGS = GROUP_PAGES + 1;

    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    private volatile long[] @Nullable [] table = new long[LEAST_TABLE][];
    private int groupCount;
    private long pageCount;

    /** The group that a page is in. */
    static long group(long page) {
        return page >>> GROUP_SHIFT;
    }

    /** The first group that starts at a page or behind it. */
    static long groupFrom(long page) {
        return group(page + GROUP_PAGES - 1);
    }

    /** Where a group starts. */
    static long firstPage(long group) {
        return group << GROUP_SHIFT;
    }

    /** The word of a page, or {@link PageWord#NONE}. */
    long get(long page) {
        long[] @Nullable [] now = table;
        long number = page >>> GROUP_SHIFT;
        int mask = now.length - 1;
        for (int at = place(number, mask); ; at = (at + 1) & mask) {
            long[] group = (long[]) GROUP.getAcquire(now, at);
            if (group == null) {
                return PageWord.NONE;
            }
            if (group[GROUP_PAGES] == number) {
                return (long) WORD.getAcquire(group, (int) page & (GROUP_PAGES - 1));
            }
        }
    }

    /** Sets the word of a page; {@link PageWord#NONE} forgets it. */
    void put(long page, long word) {
        long[] group = group(page >>> GROUP_SHIFT, word != PageWord.NONE);
        if (group == null) {
            return;
        }
        int i = (int) page & (GROUP_PAGES - 1);
        pageCount += (word == PageWord.NONE ? 0 : 1) - (group[i] == PageWord.NONE ? 0 : 1);
        WORD.setRelease(group, i, word);
    }

    /**
     * Notes zeros: whole groups as ranges, so that a large hole costs little, and other pages one by one.
     *
     * @return the ranges, with these
     */
    ZeroRanges putZeros(ZeroRanges ranges, long word, long from, long to) {
        long firstGroup = groupFrom(from);
        long endGroup = group(to);
        if (firstGroup >= endGroup) {
            putZeroPages(word, from, to);
            return ranges;
        }
        long start = firstPage(firstGroup);
        long end = firstPage(endGroup);
        putZeroPages(word, from, start);
        putZeroPages(word, end, to);
        forEachIn(start, end, (page, unused) -> put(page, word));
        return ranges.with(firstGroup, endGroup);
    }

    private void putZeroPages(long word, long from, long to) {
        for (long page = from; page < to; page++) {
            put(page, word);
        }
    }

    /** How many pages have a word. */
    long pageCount() {
        return pageCount;
    }

    /** About how much heap it takes. */
    long heapBytes() {
        return (GROUP_LONGS * 8L + 16) * groupCount + 8L * table.length;
    }

    /** What {@link #forEachIn} calls. */
    interface Visitor {
        void visit(long page, long word);
    }

    /** Visits the pages of a range that have a word, in no order; the visitor may change the word it is told of. */
    void forEachIn(long from, long to, Visitor visitor) {
        if ((to - from) >>> GROUP_SHIFT < table.length) {
            for (long number = from >>> GROUP_SHIFT; number << GROUP_SHIFT < to; number++) {
                visit(group(number, false), from, to, visitor);
            }
        } else {
            for (long[] group : table) {
                visit(group, from, to, visitor);
            }
        }
    }

    private static void visit(long @Nullable [] group, long from, long to, Visitor visitor) {
        for (int i = 0; group != null && i < GROUP_PAGES; i++) {
            long page = (group[GROUP_PAGES] << GROUP_SHIFT) + i;
            if (group[i] != PageWord.NONE && page >= from && page < to) {
                visitor.visit(page, group[i]);
            }
        }
    }

    /** First pages of the groups that have a word, ascending. */
    long[] groups() {
        return Arrays.stream(table)
                .filter(Objects::nonNull)
                .filter(PageIndex::isUsed)
                .mapToLong(group -> group[GROUP_PAGES] << GROUP_SHIFT)
                .sorted()
                .toArray();
    }

    private long @Nullable [] group(long number, boolean make) {
        long[] @Nullable [] now = table;
        int mask = now.length - 1;
        int at = place(number, mask);
        for (; now[at] != null; at = (at + 1) & mask) {
            if (now[at][GROUP_PAGES] == number) {
                return now[at];
            }
        }
        if (!make) {
            return null;
        }
        if (4L * (groupCount + 1) > 3L * now.length) {
            rebuild();
            return group(number, true);
        }
        long[] group = new long[GROUP_LONGS];
        group[GROUP_PAGES] = number;
        GROUP.setRelease(now, at, group);
        groupCount++;
        return group;
    }

    /** Makes room, and drops groups that have no word any more. */
    private void rebuild() {
        long[] @Nullable [] old = table;
        int used = 0;
        for (long[] group : old) {
            used += group != null && isUsed(group) ? 1 : 0;
        }
        long[] @Nullable [] fresh = new long[Math.max(LEAST_TABLE, Integer.highestOneBit(used + 1) << 2)][];
        for (long[] group : old) {
            if (group != null && isUsed(group)) {
                int at = place(group[GROUP_PAGES], fresh.length - 1);
                while (fresh[at] != null) {
                    at = (at + 1) & (fresh.length - 1);
                }
                fresh[at] = group;
            }
        }
        groupCount = used;
        table = fresh;
    }

    private static boolean isUsed(long[] group) {
        for (int i = 0; i < GROUP_PAGES; i++) {
            if (group[i] != PageWord.NONE) {
                return true;
            }
        }
        return false;
    }

    private static int place(long number, int mask) {
        return (int) (number * SPREAD >>> 32) & mask;
    }
}
