package dev.varve.cli;

import java.util.ArrayList;
import java.util.List;

/** Columns for people: as wide as their widest cell, two spaces apart, numbers to the right, no trailing blanks. */
final class Table {
    private final List<String> header;
    private final List<List<String>> rows = new ArrayList<>();

    /** A table; a heading that starts with {@code >} is right-aligned, without that sign. */
    Table(String... header) {
        this.header = List.of(header);
    }

    /** Adds a line; as many cells as the header has. */
    Table row(String... cells) {
        if (cells.length != header.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + header.size() + " columns");
        }
        rows.add(List.of(cells));
        return this;
    }

    /** The lines, heading first. */
    List<String> lines() {
        List<List<String>> all = new ArrayList<>();
        all.add(header.stream().map(Table::heading).toList());
        all.addAll(rows);
        int[] widths = new int[header.size()];
        for (List<String> row : all) {
            for (int column = 0; column < widths.length; column++) {
                widths[column] =
                        Math.max(widths[column], printable(row.get(column)).length());
            }
        }
        return all.stream().map(row -> line(row, widths)).toList();
    }

    private String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < widths.length; column++) {
            String cell = printable(row.get(column));
            String padding = " ".repeat(widths[column] - cell.length());
            line.append(isRightAligned(column) ? padding + cell : cell + padding)
                    .append("  ");
        }
        return line.toString().stripTrailing();
    }

    private boolean isRightAligned(int column) {
        return header.get(column).startsWith(">");
    }

    private static String heading(String text) {
        return text.startsWith(">") ? text.substring(1) : text;
    }

    /** A name that somebody chose must not move the cursor or fake a line. */
    static String printable(String text) {
        return text.codePoints()
                .map(c -> Character.isISOControl(c) ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
