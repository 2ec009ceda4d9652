package io.parallite.cli;

import io.parallite.units.Texts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Columns of text, each as wide as it must be; one of them gives way when the line is too long. */
final class Table {

    private static final String GAP = "  ";
    private static final int LEAST = 8;

    private final List<Column> columns;
    private final List<List<String>> rows = new ArrayList<>();

    /**
     * A column.
     *
     * @param right whether it is aligned to the right, as numbers are
     * @param gives whether it is cut when there is not enough room
     */
    record Column(String title, boolean right, boolean gives) {

        static Column left(String title) {
            return new Column(title, false, false);
        }

        static Column right(String title) {
            return new Column(title, true, false);
        }

        static Column giving(String title) {
            return new Column(title, false, true);
        }
    }

    Table(Column... columns) {
        this.columns = List.of(columns);
    }

    /** Adds a row; unprintable characters in cells are replaced. */
    void add(String... cells) {
        rows.add(Arrays.stream(cells).map(Texts::printable).toList());
    }

    /**
     * The head line, then a line for each row.
     *
     * @param width how many characters fit on a line
     */
    List<String> lines(int width) {
        int[] widths = IntStream.range(0, columns.size()).map(this::widthOf).toArray();
        int whole = IntStream.of(widths).sum() + GAP.length() * (widths.length - 1);
        for (int i = 0; i < widths.length; i++) {
            if (columns.get(i).gives() && whole > width) {
                widths[i] = Math.max(LEAST, widths[i] - (whole - width));
            }
        }
        List<String> lines = new ArrayList<>();
        lines.add(line(columns.stream().map(Column::title).toList(), widths));
        rows.forEach(row -> lines.add(line(row, widths)));
        return Collections.unmodifiableList(lines);
    }

    private int widthOf(int column) {
        int longest = columns.get(column).title().length();
        for (List<String> row : rows) {
            longest = Math.max(longest, row.get(column).length());
        }
        return longest;
    }

    private String line(List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String cell = cut(cells.get(i), widths[i]);
            String padding = " ".repeat(widths[i] - cell.length());
            line.append(columns.get(i).right() ? padding + cell : cell + padding).append(GAP);
        }
        return line.toString().stripTrailing();
    }

    /** A text of at most {@code width} characters; what was cut off shows as a tilde. */
    static String cut(String text, int width) {
        return text.length() <= width ? text : text.substring(0, Math.max(0, width - 1)) + "~";
    }
}
