package dev.varve.nbd.powercut;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a store was told to do, and what it has answered, each with how many events the disk had recorded then. Its text can
 * be parsed again.
 */
final class Journal {
    /**
     * A command that begins, or its answer.
     *
     * @param position of the disk, before a command was sent and after an answer came
     */
    record Entry(int position, boolean isAnswer, String command, String answer) {
        private static final String SEPARATOR = "\t";

        @Override
        public String toString() {
            return String.join(SEPARATOR, Integer.toString(position), isAnswer ? "done" : "begin", command, answer);
        }

        static Entry parse(String line) {
            String[] parts = line.split(SEPARATOR, -1);
            return new Entry(Integer.parseInt(parts[0]), parts[1].equals("done"), parts[2], parts[3]);
        }
    }

    /** Of what was done before the disk began to record. */
    private final List<Entry> before;

    @GuardedBy("this")
    private final List<Entry> entries = new ArrayList<>();

    Journal(List<Entry> before) {
        this.before = List.copyOf(before);
    }

    synchronized void add(Entry entry) {
        entries.add(entry);
    }

    /** Positions at which something had just been answered. */
    synchronized List<Integer> answers() {
        return entries.stream().filter(Entry::isAnswer).map(Entry::position).toList();
    }

    /** What had begun and what had been answered at a position. */
    synchronized List<Entry> until(int position) {
        List<Entry> all = new ArrayList<>(before);
        entries.stream().filter(entry -> entry.position <= position).forEach(all::add);
        return all;
    }

    static String text(List<Entry> entries) {
        return entries.stream().map(Entry::toString).collect(Collectors.joining("\n", "", "\n"));
    }

    static List<Entry> parse(String text) {
        return text.lines().map(Entry::parse).toList();
    }
}
