package dev.varve.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Lines of cells, printed in aligned columns: the first to the left, all others to the right. */
public final class TextTable {
    private final List<String[]> lines = new ArrayList<>();

    /**
     * A table that so far has its head.
     *
     * @param head titles of the columns
     */
    public TextTable(String... head) {
        lines.add(head);
    }

    /**
     * Adds a line.
     *
     * @param cells as many as there are titles
     */
    public void add(String... cells) {
        lines.add(cells);
    }

    @Override
    public String toString() {
        int[] widths = new int[lines.get(0).length];
        Arrays.fill(widths, 1);
        for (String[] line : lines) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line[i].length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (String[] line : lines) {
            text.append(String.format("%-" + widths[0] + "s", line[0]));
            for (int i = 1; i < widths.length; i++) {
                text.append(String.format("  %" + widths[i] + "s", line[i]));
            }
            text.append(System.lineSeparator());
        }
        return text.toString();
    }
}
