package dev.varve.nbd.powercut;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The first pages of a volume, by their stamps: the state in which they are durable, and all that they went through since,
 * in one of which the volume has to be after a cut.
 */
final class DiskStates {
    static final int PAGES = 192;

    private final List<long[]> states = new ArrayList<>();

    /** Begins with a content, and zeros after it. */
    DiskStates(long[] first) {
        states.add(Arrays.copyOf(first, PAGES));
    }

    long[] current() {
        return states.get(states.size() - 1);
    }

    /** What is written at once is there or not, as a whole. */
    void write(int page, int count, long stamp) {
        long[] next = current().clone();
        Arrays.fill(next, page, page + count, stamp);
        states.add(next);
    }

    void flushed() {
        cameBackAs(current());
    }

    private void cameBackAs(long[] state) {
        states.clear();
        states.add(state);
    }

    /** The volume is in a state with this hash code, and stays in it. */
    void cameBackAs(int hash, String what) {
        for (int i = states.size() - 1; i >= 0; i--) {
            if (Arrays.hashCode(states.get(i)) == hash) {
                cameBackAs(states.get(i));
                return;
            }
        }
        throw new BrokenPromise(what + " was opened in none of the " + states.size() + " states that it may be in");
    }

    void requireOne(long[] found, String what) {
        if (states.stream().noneMatch(state -> Arrays.equals(state, found))) {
            throw new BrokenPromise(what + " is in none of the " + states.size() + " states that it may be in; "
                    + difference(states.get(0), found) + " unlike what is durable, " + difference(current(), found)
                    + " unlike the last");
        }
    }

    static String difference(long[] expected, long[] found) {
        List<String> pages = new ArrayList<>();
        for (int i = 0; i < Math.min(expected.length, found.length); i++) {
            if (expected[i] != found[i]) {
                pages.add(i + ": " + found[i] + " for " + expected[i]);
            }
        }
        return "pages " + (pages.size() > 4 ? pages.subList(0, 4) + " and others" : pages);
    }
}
