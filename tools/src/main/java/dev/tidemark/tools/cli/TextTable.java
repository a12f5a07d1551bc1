package dev.tidemark.tools.cli;

import dev.tidemark.engine.message.Line;
import dev.tidemark.engine.message.Sizes;
import java.util.ArrayList;
import java.util.List;

/** Rows of replies as columns for a human: sizes in units, an empty cell as {@code -}. */
final class TextTable {
    private TextTable() {}

    /** A heading and a line for each row; {@code columns} are keys, those with {@code :size} shown in units. */
    static String of(List<Line> rows, String... columns) {
        List<List<String>> cells = new ArrayList<>();
        List<String> heading = new ArrayList<>();
        for (String column : columns) {
            heading.add(key(column).toUpperCase(java.util.Locale.ROOT));
        }
        cells.add(heading);
        for (Line row : rows) {
            List<String> line = new ArrayList<>();
            for (String column : columns) {
                line.add(cell(row.get(key(column)), column.endsWith(":size")));
            }
            cells.add(line);
        }
        int[] widths = new int[columns.length];
        for (List<String> line : cells) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        StringBuilder out = new StringBuilder();
        for (List<String> line : cells) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String cell = line.get(i);
                text.append(cell).append(" ".repeat(widths[i] - cell.length() + 2));
            }
            out.append(text.toString().stripTrailing()).append('\n');
        }
        return out.substring(0, out.length() - 1);
    }

    private static String key(String column) {
        return column.endsWith(":size") ? column.substring(0, column.length() - ":size".length()) : column;
    }

    private static String cell(String value, boolean size) {
        if (value == null) {
            return "-";
        }
        return size ? Sizes.print(Long.parseLong(value)) : value;
    }
}
