package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A range of a volume as it should be, and the states that it went through since it was last durable, record by record as
 * they enter the log: after a crash it has to be in one of them. Pages are shared between states and never changed.
 */
final class VolumeModel {
    static final int PAGE = 4096;
    static final int PAGES = 96;
    static final int BYTES = PAGES * PAGE;

    /** The most pages of one record, all of which come through a crash or none. */
    private static final int RECORD_PAGES = 64;

    private static final byte[] ZERO = new byte[PAGE];

    private final List<byte[][]> states = new ArrayList<>();

    /** Of the newest state that an operation has returned with. */
    private int acknowledged;

    VolumeModel(byte[][] first) {
        states.add(first);
    }

    static byte[][] zeros() {
        return zeros(PAGES);
    }

    static byte[][] zeros(int pages) {
        byte[][] state = new byte[pages][];
        Arrays.fill(state, ZERO);
        return state;
    }

    /** A state that begins with some bytes. */
    static byte[][] of(byte[] bytes) {
        byte[][] state = zeros();
        for (int i = 0; i < PAGES && i * PAGE < bytes.length; i++) {
            state[i] = Arrays.copyOf(Arrays.copyOfRange(bytes, i * PAGE, Math.min(bytes.length, (i + 1) * PAGE)), PAGE);
        }
        return state;
    }

    byte[][] current() {
        return states.get(states.size() - 1);
    }

    int stateCount() {
        return states.size();
    }

    void write(int offset, byte[] bytes) {
        for (int at = 0; at < bytes.length; ) {
            int inPage = (offset + at) % PAGE;
            int left = bytes.length - at;
            int length = inPage != 0 || left < PAGE
                    ? Math.min(PAGE - inPage, left)
                    : Math.min(left / PAGE, RECORD_PAGES) * PAGE;
            record(offset + at, bytes, at, length);
            at += length;
        }
    }

    void zero(int offset, int length) {
        int end = offset + length;
        int firstPage = (offset + PAGE - 1) / PAGE * PAGE;
        int endPage = end / PAGE * PAGE;
        int[] cuts = firstPage > endPage ? new int[] {offset, end} : new int[] {offset, firstPage, endPage, end};
        byte[] zeros = new byte[length];
        for (int i = 0; i + 1 < cuts.length; i++) {
            if (cuts[i] < cuts[i + 1]) {
                record(cuts[i], zeros, 0, cuts[i + 1] - cuts[i]);
            }
        }
    }

    private void record(int offset, byte[] bytes, int from, int length) {
        byte[][] next = current().clone();
        for (int at = 0; at < length; ) {
            int page = (offset + at) / PAGE;
            int inPage = (offset + at) % PAGE;
            int some = Math.min(PAGE - inPage, length - at);
            byte[] changed = next[page].clone();
            System.arraycopy(bytes, from + at, changed, inPage, some);
            next[page] = changed;
            at += some;
        }
        states.add(next);
    }

    /** What was begun has returned. */
    void acknowledged() {
        acknowledged = states.size() - 1;
    }

    /** All is durable. */
    void flushed() {
        keep(current());
    }

    private void keep(byte[][] state) {
        states.clear();
        states.add(state);
        acknowledged = 0;
    }

    /** An operation failed on a volume that goes on: what it has not done never happened. */
    void cutTo(byte[] found, String what) {
        int state = find(found, acknowledged, what);
        states.subList(state + 1, states.size()).clear();
        acknowledged = state;
    }

    /** Finds the state that the volume came back in, and goes on from there. */
    void cameBackAs(byte[] found, boolean nothingWasLost, String what) {
        keep(states.get(find(found, nothingWasLost ? acknowledged : 0, what)));
    }

    /** The volume is in one of the states that it may be in. */
    void requireOne(byte[] found, String what) {
        assertThat(find(found, acknowledged, what)).isNotNegative();
    }

    private int find(byte[] found, int first, String what) {
        for (int i = states.size() - 1; i >= first; i--) {
            if (mismatch(states.get(i), found) < 0) {
                return i;
            }
        }
        assertThat(false)
                .as(
                        "%s: none of the %d states that it may be in; pages that differ from the oldest: %s, from the newest: %s",
                        what, states.size() - first, differing(states.get(first), found), differing(current(), found))
                .isTrue();
        return -1;
    }

    static void requireEqual(byte[][] expected, byte[] found, String what) {
        assertThat(differing(expected, found))
                .as("%s: pages that are not as they were", what)
                .isEmpty();
    }

    static boolean isEqual(byte[][] expected, byte[] found) {
        return mismatch(expected, found) < 0;
    }

    private static List<Integer> differing(byte[][] expected, byte[] found) {
        List<Integer> pages = new ArrayList<>();
        for (int page = 0; page < found.length / PAGE; page++) {
            if (!equal(expected, found, page)) {
                pages.add(page);
            }
        }
        return pages;
    }

    private static int mismatch(byte[][] expected, byte[] found) {
        for (int page = 0; page < found.length / PAGE; page++) {
            if (!equal(expected, found, page)) {
                return page;
            }
        }
        return -1;
    }

    private static boolean equal(byte[][] expected, byte[] found, int page) {
        return Arrays.equals(expected[page], 0, PAGE, found, page * PAGE, (page + 1) * PAGE);
    }
}
