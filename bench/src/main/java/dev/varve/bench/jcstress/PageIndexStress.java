package dev.varve.bench.jcstress;

import dev.varve.volume.PageIndex;
import dev.varve.volume.PageWord;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * Can a reader of a volume's page get bytes that the page does not have? The page is written anew, folded while its
 * segment is used again for another page, trimmed, or stays while the index grows, beside a reader.
 *
 * <p>Segments are arrays of numbers, written and read plainly; content 1 is the page's first, 2 its second, 9 another
 * page's. The reader goes about it as a volume does: word, bytes, word again; without a word, the base.
 *
 * <pre>bench/run --stress [-m quick] [-t PageIndex]</pre>
 */
public final class PageIndexStress {
    private static final long PAGE = 5;
    private static final int AT = 64;
    private static final int FIRST_SLOT = 0;
    private static final int SECOND_SLOT = 1;
    private static final long FIRST_WORD = PageWord.data(FIRST_SLOT, AT, 1);
    private static final long SECOND_WORD = PageWord.data(SECOND_SLOT, AT, 2);
    private static final long UNIT_PAGES = 1 << 14;

    private PageIndexStress() {}

    /** A log with two segments and content 1 of one page in the first. */
    public static class Log {
        final PageIndex index = new PageIndex();
        final Lock gate = new ReentrantLock();
        private final int[][] segments = {new int[2 * AT], new int[2 * AT]};
        private volatile int base;

        /** Writes the page for the first time. */
        Log() {
            segments[FIRST_SLOT][AT] = 1;
            index.put(PAGE, FIRST_WORD);
        }

        final void writeAgain() {
            segments[SECOND_SLOT][AT] = 2;
            index.put(PAGE, SECOND_WORD);
        }

        /** Folds the first segment, and uses it for another page. */
        final void fold() {
            base = 1;
            index.forgetAll(slot -> slot == FIRST_SLOT, gate);
            segments[FIRST_SLOT][AT] = 9;
            index.put(PAGE + 1, PageWord.data(FIRST_SLOT, AT, 9));
        }

        final int read() {
            while (true) {
                long word = index.get(PAGE);
                if (word == 0) {
                    return base;
                }
                int content = segments[PageWord.slot(word)][AT];
                if (index.isStill(PAGE, word)) {
                    return content;
                }
            }
        }
    }

    /** The page is written again: who sees its word sees its bytes, and nobody goes back. */
    @JCStressTest
    @State
    @Outcome(
            id = {"1, 1", "1, 2", "2, 2"},
            expect = Expect.ACCEPTABLE,
            desc = "before, between, after")
    @Outcome(expect = Expect.FORBIDDEN, desc = "bytes that were not written yet, or older ones again")
    public static class Overwrite extends Log {
        /** Writes. */
        @Actor
        public void writer() {
            writeAgain();
        }

        /** Reads twice. */
        @Actor
        public void reader(II_Result result) {
            result.r1 = read();
            result.r2 = read();
        }
    }

    /** The page is folded, and its segment is another page's. */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "from the segment, or from the base")
    @Outcome(expect = Expect.FORBIDDEN, desc = "another page, or the base before the fold")
    public static class Fold extends Log {
        /** Folds. */
        @Actor
        public void folder() {
            fold();
        }

        /** Reads. */
        @Actor
        public void reader(I_Result result) {
            result.r1 = read();
        }
    }

    /** The page is written again, then what it was before is folded. */
    @JCStressTest
    @State
    @Outcome(
            id = {"1", "2"},
            expect = Expect.ACCEPTABLE,
            desc = "before or after")
    @Outcome(expect = Expect.FORBIDDEN, desc = "another page, or the base")
    public static class OverwriteAndFold extends Log {
        /** Writes and folds. */
        @Actor
        public void folder() {
            writeAgain();
            fold();
        }

        /** Reads. */
        @Actor
        public void reader(I_Result result) {
            result.r1 = read();
        }
    }

    /** The index grows, again and again, while the page stays. */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "found")
    @Outcome(expect = Expect.FORBIDDEN, desc = "missed, or another")
    public static class Growth extends Log {
        /** Writes pages of many groups. */
        @Actor
        public void writer() {
            for (int i = 1; i < 40; i++) {
                index.put(PAGE + 16L * i, SECOND_WORD);
            }
        }

        /** Reads. */
        @Actor
        public void reader(I_Result result) {
            result.r1 = read();
        }
    }

    /** A range of two units, with the page in it, becomes zeros, in another segment. */
    @JCStressTest
    @State
    @Outcome(
            id = {"1, 1", "1, 2", "2, 2"},
            expect = Expect.ACCEPTABLE,
            desc = "before, between, after")
    @Outcome(expect = Expect.FORBIDDEN, desc = "neither, or back again")
    public static class Trim extends Log {
        /** Trims. */
        @Actor
        public void writer() {
            index.putAll(0, 2 * UNIT_PAGES, SECOND_WORD);
        }

        /** Looks twice. */
        @Actor
        public void reader(II_Result result) {
            result.r1 = PageWord.slot(index.get(PAGE)) + 1;
            result.r2 = PageWord.slot(index.get(PAGE)) + 1;
        }
    }

    /** A unit has a word, one of its pages a newer one; both are forgotten: the older one must not come back. */
    @JCStressTest
    @State
    @Outcome(
            id = {"2", "0"},
            expect = Expect.ACCEPTABLE,
            desc = "the newer word, or none")
    @Outcome(expect = Expect.FORBIDDEN, desc = "the older word")
    public static class ForgottenUnit {
        private final PageIndex index = new PageIndex();
        private final Lock gate = new ReentrantLock();

        /** Trims, and writes the page after that. */
        public ForgottenUnit() {
            index.putAll(0, UNIT_PAGES, FIRST_WORD);
            index.put(PAGE, SECOND_WORD);
        }

        /** Forgets both. */
        @Actor
        public void folder() {
            index.forgetAll(slot -> true, gate);
        }

        /** Looks. */
        @Actor
        public void reader(I_Result result) {
            long word = index.get(PAGE);
            result.r1 = word == 0 ? 0 : PageWord.slot(word) + 1;
        }
    }
}
