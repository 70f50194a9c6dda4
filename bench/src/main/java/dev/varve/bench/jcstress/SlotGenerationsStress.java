package dev.varve.bench.jcstress;

import dev.varve.cache.SlotGenerations;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Can a reader of a cache slot take bytes that its word does not name? A slot is refilled, once, twice, or after a fill
 * that failed, beside a reader with the old word, with the new one, or with whichever it finds.
 *
 * <p>The slot's content is two numbers in different cache lines, written and read plainly; the reader reports them, or -1
 * where the protocol refused it. Content 1 belongs to the first word, 2 to the second, 3 to the third.
 *
 * <pre>bench/run --stress [-m quick] [-t SlotGenerations]</pre>
 */
public final class SlotGenerationsStress {
    private static final int FIRST = 0;
    private static final int LAST = 64;
    private static final int REFUSED = -1;

    private SlotGenerationsStress() {}

    /** A cache of one slot, which holds content 1. */
    public static class Slot {
        private final SlotGenerations generations = new SlotGenerations(1);
        private final int[] content = new int[LAST + 1];
        private final long firstWord;

        /** Where a reader looks for the word. */
        private long sharedWord;

        /** Fills the slot for the first time. */
        Slot() {
            firstWord = fill(1);
            sharedWord = firstWord;
        }

        final long fill(int number) {
            generations.beginFill(0);
            content[FIRST] = number;
            content[LAST] = number;
            return generations.endFill(0);
        }

        final void failToFill() {
            generations.beginFill(0);
            content[FIRST] = REFUSED - 1;
        }

        final void read(long word, II_Result result) {
            result.r1 = REFUSED;
            result.r2 = REFUSED;
            if (generations.admits(word)) {
                int first = content[FIRST];
                int last = content[LAST];
                if (generations.stillAdmits(word)) {
                    result.r1 = first;
                    result.r2 = last;
                }
            }
        }
    }

    /** The reader has the word of before the refill. */
    @JCStressTest
    @State
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "read before the refill")
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "refused")
    @Outcome(expect = Expect.FORBIDDEN, desc = "bytes that the word does not name")
    public static class OldWord extends Slot {
        /** Refills the slot. */
        @Actor
        public void refill() {
            fill(2);
        }

        /** Reads by the old word. */
        @Actor
        public void reader(II_Result result) {
            read(super.firstWord, result);
        }
    }

    /** The reader has the word of after the refill. */
    @JCStressTest
    @State
    @Outcome(id = "2, 2", expect = Expect.ACCEPTABLE, desc = "read after the refill")
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "refused")
    @Outcome(expect = Expect.FORBIDDEN, desc = "bytes that the word does not name")
    public static class NewWord extends Slot {
        private final long secondWord = new Slot().fill(2);

        /** Refills the slot. */
        @Actor
        public void refill() {
            fill(2);
        }

        /** Reads by the new word. */
        @Actor
        public void reader(II_Result result) {
            read(secondWord, result);
        }
    }

    /** The reader takes the word from where the refill leaves it, in no order with anything. */
    @JCStressTest
    @State
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "old word, read before the refill")
    @Outcome(id = "2, 2", expect = Expect.ACCEPTABLE, desc = "new word, read after the refill")
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "refused")
    @Outcome(expect = Expect.FORBIDDEN, desc = "bytes that the word does not name")
    public static class FoundWord extends Slot {
        /** Refills the slot and leaves its word. */
        @Actor
        public void refill() {
            super.sharedWord = fill(2);
        }

        /** Reads by the word it finds. */
        @Actor
        public void reader(II_Result result) {
            read(super.sharedWord, result);
        }
    }

    /** The slot is refilled twice; the reader has the word in between. */
    @JCStressTest
    @State
    @Outcome(id = "2, 2", expect = Expect.ACCEPTABLE, desc = "read between the refills")
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "refused")
    @Outcome(expect = Expect.FORBIDDEN, desc = "bytes that the word does not name")
    public static class TwoRefills extends Slot {
        private final long secondWord = new Slot().fill(2);

        /** Refills the slot twice. */
        @Actor
        public void refill() {
            fill(2);
            fill(3);
        }

        /** Reads by the word between the two. */
        @Actor
        public void reader(II_Result result) {
            read(secondWord, result);
        }
    }

    /** A fill that failed comes before the refill; the reader has the old word and the new one. */
    @JCStressTest
    @State
    @Outcome(
            id = {"1, 2", "1, -1", "-1, 2", "-1, -1"},
            expect = Expect.ACCEPTABLE,
            desc = "each its own or refused")
    @Outcome(expect = Expect.FORBIDDEN, desc = "bytes that the word does not name")
    public static class FailedFill extends Slot {
        private final long secondWord = new Slot().fill(2);

        /** Fills in vain, then refills. */
        @Actor
        public void refill() {
            failToFill();
            fill(2);
        }

        /** Reads by the old word, then by the new one. */
        @Actor
        public void reader(II_Result result) {
            int old = readOne(super.firstWord);
            result.r2 = readOne(secondWord);
            result.r1 = old;
        }

        private int readOne(long word) {
            II_Result both = new II_Result();
            read(word, both);
            return both.r1 == both.r2 ? both.r1 : Integer.MIN_VALUE;
        }
    }
}
