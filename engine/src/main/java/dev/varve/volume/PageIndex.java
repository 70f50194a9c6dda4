package dev.varve.volume;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.locks.Lock;
import java.util.function.IntPredicate;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Which pages are in a log, and where, at three grains, so that a large hole costs little:
 *
 * <pre>
 *  page    4 KiB   a word in its group: a group of 16 pages has a place in a hash table, 152 bytes
 *  group  64 KiB   one word for all 16 pages, 32 bytes
 *  unit   64 MiB   one word in an array; it counts where a page has none of its own
 * </pre>
 *
 * <p>{@link #get} may be called from any thread at any time, takes no lock and allocates nothing. All else is for one
 * thread at a time. Whoever sees a word sees what was written before it was put.
 *
 * <p>Public for the stress test of module {@code bench}, which runs these very methods.
 */
public final class PageIndex {
    private static final VarHandle GROUP = MethodHandles.arrayElementVarHandle(long[][].class);
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int GROUP_SHIFT = 4;
    static final int GROUP_PAGES = 1 << GROUP_SHIFT;

    /** What the pages of a group hold. */
    static final int GROUP_BYTES = GROUP_PAGES << Pages.SHIFT;

    private static final int UNIT_SHIFT = 14;
    private static final long UNIT_PAGES = 1L << UNIT_SHIFT;
    private static final int LEAST_TABLE = 16;

    /** Made anew at once. */
    private static final int SMALL_TABLE = 1 << 12;

    /** The number of a group, then a word for each page. */
    private static final int GROUP_LONGS = 1 + GROUP_PAGES;

    /** What is forgotten at once, with the gate held. */
    private static final int FORGET_AT_ONCE = 64;

    private static final int FORGET_UNITS_AT_ONCE = 1 << 14;

    private static final int ARRAY_HEADER_BYTES = 16;
    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    private volatile long[] @Nullable [] table = new long[LEAST_TABLE][];
    private volatile long[] units = new long[0];
    private int groupCount;
    private long groupLongs;

    /** The numbers of groups that were written to while a table is made anew; null while none is. */
    private @Nullable Deque<Long> changed;

    /** An index without a word. */
    public PageIndex() {}

    /** The group that a page is in. */
    static long group(long page) {
        return page >>> GROUP_SHIFT;
    }

    /** Where a group starts. */
    static long firstPage(long group) {
        return group << GROUP_SHIFT;
    }

    /** Where the unit of a page ends. */
    static long unitEnd(long page) {
        return ((page >>> UNIT_SHIFT) + 1) << UNIT_SHIFT;
    }

    /**
     * Looks for a page.
     *
     * @param page its number
     * @return its word, or 0 when there is none
     */
    public long get(long page) {
        long[] @Nullable [] now = table;
        long number = page >>> GROUP_SHIFT;
        int mask = now.length - 1;
        for (int at = place(number, mask); ; at = (at + 1) & mask) {
            long[] group = (long[]) GROUP.getAcquire(now, at);
            if (group == null) {
                return unit(page);
            }
            if (group[0] == number) {
                long word = (long) WORD.getAcquire(group, group.length == GROUP_LONGS ? 1 + inGroup(page) : 1);
                return word == PageWord.NONE ? unit(page) : word;
            }
        }
    }

    /**
     * Whether what was read by a word is the page's: its word is the same after all those reads.
     *
     * @param page its number
     * @param word that was found before
     * @return false when the page is elsewhere by now
     */
    public boolean isStill(long page, long word) {
        VarHandle.acquireFence();
        return get(page) == word;
    }

    private static int inGroup(long page) {
        return (int) page & (GROUP_PAGES - 1);
    }

    private long unit(long page) {
        long[] now = units;
        int unit = (int) (page >>> UNIT_SHIFT);
        return unit < now.length ? (long) WORD.getAcquire(now, unit) : PageWord.NONE;
    }

    /**
     * How many blocks of a range have no group here whose pages have words of their own.
     *
     * @param groupsPerBlock at least 1
     * @param orUniform whether a group with one word for all its pages counts as well
     */
    int countMissing(long firstPage, long endPage, int groupsPerBlock, boolean orUniform) {
        int missing = 0;
        long block = group(firstPage) / groupsPerBlock;
        long end = group(endPage - 1) / groupsPerBlock;
        for (; block <= end; block++) {
            boolean known = false;
            for (int i = 0; i < groupsPerBlock && !known; i++) {
                known = has(block * groupsPerBlock + i, orUniform);
            }
            missing += known ? 0 : 1;
        }
        return missing;
    }

    private boolean has(long number, boolean orUniform) {
        long[] @Nullable [] now = table;
        long[] group = now[seek(now, number)];
        return group != null && (orUniform || group.length == GROUP_LONGS);
    }

    /** How many blocks have pages that are not zeros as a group, about: others may change it meanwhile. */
    long usedBlocks(int groupsPerBlock) {
        return Arrays.stream(table)
                .filter(Objects::nonNull)
                .filter(group -> group.length == GROUP_LONGS && isUsed(group))
                .mapToLong(group -> group[0] / groupsPerBlock)
                .distinct()
                .count();
    }

    /**
     * Sets the word of a page.
     *
     * @param page its number
     * @param word which is some
     */
    public void put(long page, long word) {
        long number = group(page);
        int at = find(number);
        long[] group = table[at];
        if (group == null || group.length != GROUP_LONGS) {
            long[] fresh = new long[GROUP_LONGS];
            fresh[0] = number;
            if (group != null) {
                Arrays.fill(fresh, 1, GROUP_LONGS, group[1]);
            }
            fresh[1 + inGroup(page)] = word;
            set(at, fresh);
        } else {
            WORD.setRelease(group, 1 + inGroup(page), word);
            note(number);
        }
    }

    /**
     * Sets the word of all pages of a range; costs little however long it is.
     *
     * @param from the first page
     * @param to the page behind the last
     * @param word which is some
     */
    public void putAll(long from, long to, long word) {
        long firstUnit = (from + UNIT_PAGES - 1) >>> UNIT_SHIFT;
        long endUnit = to >>> UNIT_SHIFT;
        if (firstUnit >= endUnit) {
            putGroups(from, to, word);
            return;
        }
        putGroups(from, firstUnit << UNIT_SHIFT, word);
        putUnits((int) firstUnit, (int) endUnit, word);
        putGroups(endUnit << UNIT_SHIFT, to, word);
    }

    private void putUnits(int from, int to, long word) {
        long[] now = units;
        if (to > now.length) {
            now = Arrays.copyOf(now, to);
            units = now;
        }
        for (int unit = from; unit < to; unit++) {
            WORD.setRelease(now, unit, word);
        }
        long firstGroup = (long) from << (UNIT_SHIFT - GROUP_SHIFT);
        long endGroup = (long) to << (UNIT_SHIFT - GROUP_SHIFT);
        long[] @Nullable [] groups = table;
        if (endGroup - firstGroup < groups.length) {
            for (long number = firstGroup; number < endGroup; number++) {
                int at = find(number);
                if (table[at] != null) {
                    set(at, uniform(number, word));
                }
            }
        } else {
            for (int at = 0; at < groups.length; at++) {
                long[] group = groups[at];
                if (group != null && group[0] >= firstGroup && group[0] < endGroup) {
                    set(at, uniform(group[0], word));
                }
            }
        }
    }

    private void putGroups(long from, long to, long word) {
        for (long page = from; page < to; ) {
            if (inGroup(page) == 0 && to - page >= GROUP_PAGES) {
                set(find(group(page)), uniform(group(page), word));
                page += GROUP_PAGES;
            } else {
                put(page, word);
                page++;
            }
        }
    }

    /** The number of a group, then one word for all its pages. */
    private static long[] uniform(long number, long word) {
        return new long[] {number, word};
    }

    private void note(long number) {
        Deque<Long> numbers = changed;
        if (numbers != null) {
            numbers.add(number);
        }
    }

    private void set(int at, long[] group) {
        note(group[0]);
        long[] before = table[at];
        GROUP.setRelease(table, at, group);
        groupLongs += group.length - (before == null ? 0 : before.length);
        groupCount += before == null ? 1 : 0;
    }

    /** How many units there are at most with a word. */
    int unitCount() {
        return units.length;
    }

    /**
     * Forgets all words that name one of some slots, which nothing new does meanwhile: those of units first, since they
     * count where a page has none.
     *
     * @param slots tells of a segment's place whether words that name it are to go
     * @param gate held by whoever changes the index; taken here again and again for a short time
     */
    public void forgetAll(IntPredicate slots, Lock gate) {
        for (int unit = 0; unit < units.length; unit += FORGET_UNITS_AT_ONCE) {
            gate.lock();
            try {
                long[] now = units;
                forget(now, unit, Math.min(unit + FORGET_UNITS_AT_ONCE, now.length), slots);
            } finally {
                gate.unlock();
            }
        }
        underGate(gate, () -> changed = new ArrayDeque<>());
        try {
            compact(forgetGroups(groups(), slots, gate), gate);
        } finally {
            underGate(gate, () -> changed = null);
        }
    }

    /**
     * Pages whose words name one of some slots, which nothing new does meanwhile.
     *
     * @param slots tells of a segment's place whether words that name it count
     * @param most how many pages are worth knowing
     * @param gate held by whoever changes the index; taken here again and again for a short time
     * @return null when there are more, or whole units
     */
    long @Nullable [] pages(IntPredicate slots, int most, Lock gate) {
        for (long word : units) {
            if (word != PageWord.NONE && slots.test(PageWord.slot(word))) {
                return null;
            }
        }
        LongStream.Builder found = LongStream.builder();
        long[] groups = groups();
        int count = 0;
        for (int i = 0; i < groups.length && count <= most; i += FORGET_AT_ONCE) {
            gate.lock();
            try {
                for (int k = i; k < Math.min(groups.length, i + FORGET_AT_ONCE); k++) {
                    count += pages(table[seek(table, groups[k])], slots, found);
                }
            } finally {
                gate.unlock();
            }
        }
        return count > most ? null : found.build().toArray();
    }

    private static int pages(long @Nullable [] group, IntPredicate slots, LongStream.Builder found) {
        int count = 0;
        for (int page = 0; group != null && page < GROUP_PAGES; page++) {
            long word = group[group.length == GROUP_LONGS ? 1 + page : 1];
            if (word != PageWord.NONE && slots.test(PageWord.slot(word))) {
                found.add(firstPage(group[0]) + page);
                count++;
            }
        }
        return count;
    }

    /** How many pages have words that name each slot, about: others may change it meanwhile. Of a unit, twice as many. */
    int[] pagesBySlot() {
        int[] counts = new int[PageWord.MAX_SLOTS];
        for (long word : units) {
            if (word != PageWord.NONE) {
                counts[PageWord.slot(word)] += 2 << UNIT_SHIFT;
            }
        }
        for (long[] group : table) {
            for (int i = 1; group != null && i < group.length; i++) {
                if (group[i] != PageWord.NONE) {
                    counts[PageWord.slot(group[i])] += group.length == GROUP_LONGS ? 1 : GROUP_PAGES;
                }
            }
        }
        return counts;
    }

    private static void underGate(Lock gate, Runnable step) {
        gate.lock();
        try {
            step.run();
        } finally {
            gate.unlock();
        }
    }

    /** Forgets words of groups; answers which still have some. */
    private long[] forgetGroups(long[] groups, IntPredicate slots, Lock gate) {
        long[] left = new long[groups.length];
        int count = 0;
        for (int i = 0; i < groups.length; i += FORGET_AT_ONCE) {
            gate.lock();
            try {
                for (int k = i; k < Math.min(groups.length, i + FORGET_AT_ONCE); k++) {
                    long[] group = table[seek(table, groups[k])];
                    if (group != null) {
                        forget(group, 1, group.length, slots);
                        left[count] = groups[k];
                        count += isUsed(group) ? 1 : 0;
                    }
                }
            } finally {
                gate.unlock();
            }
        }
        return Arrays.copyOf(left, count);
    }

    /**
     * Makes the table anew without groups that have no word. Both tables share the groups, so what is put into one meanwhile is in both;
     * those that came, or were replaced, are in {@link #changed}.
     */
    private void compact(long[] left, Lock gate) {
        if (table.length <= SMALL_TABLE) {
            underGate(gate, this::rebuild);
            return;
        }
        Fresh fresh = new Fresh(left.length);
        for (int i = 0; i < left.length; i += FORGET_AT_ONCE) {
            int from = i;
            underGate(gate, () -> {
                for (int k = from; k < Math.min(left.length, from + FORGET_AT_ONCE); k++) {
                    fresh.take(table, left[k]);
                }
            });
        }
        boolean done = false;
        while (!done) {
            gate.lock();
            try {
                Deque<Long> more = Objects.requireNonNull(changed);
                for (int k = 0; k < FORGET_AT_ONCE && !more.isEmpty(); k++) {
                    fresh.take(table, more.remove());
                }
                if (fresh.isFull()) {
                    rebuild();
                    done = true;
                } else if (more.isEmpty()) {
                    groupCount = fresh.count;
                    groupLongs = fresh.longs;
                    table = fresh.groups;
                    done = true;
                }
            } finally {
                gate.unlock();
            }
        }
    }

    /** A table that is filled from the one that is in use. */
    private static final class Fresh {
        private final long[] @Nullable [] groups;
        private int count;
        private long longs;

        Fresh(int count) {
            groups = new long[tableLength(count + FORGET_AT_ONCE)][];
        }

        boolean isFull() {
            return 4L * (count + FORGET_AT_ONCE) > 3L * groups.length;
        }

        void take(long[] @Nullable [] from, long number) {
            long[] group = from[seek(from, number)];
            if (group == null || !isUsed(group)) {
                return;
            }
            int at = seek(groups, number);
            long[] before = groups[at];
            groups[at] = group;
            longs += group.length - (before == null ? 0 : before.length);
            count += before == null ? 1 : 0;
        }
    }

    private static void forget(long[] words, int from, int to, IntPredicate slots) {
        for (int i = from; i < to; i++) {
            if (words[i] != PageWord.NONE && slots.test(PageWord.slot(words[i]))) {
                WORD.setRelease(words, i, PageWord.NONE);
            }
        }
    }

    /** About how much heap it takes. */
    long heapBytes() {
        return groupLongs * Long.BYTES
                + (long) groupCount * ARRAY_HEADER_BYTES
                + (long) table.length * Long.BYTES
                + (long) units.length * Long.BYTES;
    }

    /** The groups that have a word of their own, ascending. */
    long[] groups() {
        return Arrays.stream(table)
                .filter(Objects::nonNull)
                .filter(PageIndex::isUsed)
                .mapToLong(group -> group[0])
                .sorted()
                .toArray();
    }

    /** Those of a range; one group is looked up where that is less than to look at all. */
    long[] groups(long firstPage, long endPage) {
        long first = group(firstPage);
        long end = group(endPage + GROUP_PAGES - 1);
        long[] @Nullable [] now = table;
        LongStream numbers = end - first < now.length
                ? LongStream.range(first, end).filter(number -> {
                    long[] group = now[seek(now, number)];
                    return group != null && isUsed(group);
                })
                : Arrays.stream(now)
                        .filter(group -> group != null && group[0] >= first && group[0] < end && isUsed(group))
                        .mapToLong(group -> group[0])
                        .sorted();
        return numbers.toArray();
    }

    /** What {@link #forEachUnits} calls. */
    interface RangeVisitor {
        /** Visits pages, not including {@code endPage}. */
        void visit(long firstPage, long endPage) throws IOException;
    }

    /** Visits the longest ranges of pages whose units have a word, ascending. */
    void forEachUnits(RangeVisitor visitor) throws IOException {
        long[] now = units;
        for (int unit = 0; unit < now.length; unit++) {
            int first = unit;
            while (unit < now.length && now[unit] != PageWord.NONE) {
                unit++;
            }
            if (first < unit) {
                visitor.visit((long) first << UNIT_SHIFT, (long) unit << UNIT_SHIFT);
            }
        }
    }

    /** Where a group stands, or would. */
    private int find(long number) {
        if (4L * (groupCount + 1) > 3L * table.length) {
            rebuild();
        }
        return seek(table, number);
    }

    private static int seek(long[] @Nullable [] groups, long number) {
        int mask = groups.length - 1;
        int at = place(number, mask);
        while (groups[at] != null && groups[at][0] != number) {
            at = (at + 1) & mask;
        }
        return at;
    }

    /** Room for some groups, and as many more before it is full. */
    private static int tableLength(int groups) {
        return Math.max(LEAST_TABLE, Integer.highestOneBit(groups + 1) << 2);
    }

    /** Makes room, and drops groups that have no word any more. */
    private void rebuild() {
        long[] @Nullable [] old = table;
        int used = 0;
        long longs = 0;
        for (long[] group : old) {
            if (group != null && isUsed(group)) {
                used++;
                longs += group.length;
            }
        }
        long[] @Nullable [] fresh = new long[tableLength(used)][];
        for (long[] group : old) {
            if (group != null && isUsed(group)) {
                fresh[seek(fresh, group[0])] = group;
            }
        }
        groupCount = used;
        groupLongs = longs;
        table = fresh;
    }

    private static boolean isUsed(long[] group) {
        for (int i = 1; i < group.length; i++) {
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
