package dev.tidemark.engine.message;

import java.util.List;

/** The answer to one message. Immutable; any thread. */
public sealed interface Reply {

    /**
     * Done.
     *
     * @param lines one for each command, in order
     * @param rows what a query found; empty for anything else. The one line of a query says {@code rows=N}
     */
    record Ok(List<Line> lines, List<Line> rows) implements Reply {
        /** Checks that rows and the line that counts them agree. */
        public Ok {
            lines = List.copyOf(lines);
            rows = List.copyOf(rows);
            if (lines.isEmpty()) {
                throw new IllegalArgumentException("a reply has at least one line");
            }
            String count = lines.size() == 1 ? lines.get(0).get("rows") : null;
            if (count == null ? !rows.isEmpty() : !count.equals(Integer.toString(rows.size()))) {
                throw new IllegalArgumentException("rows=" + count + ", but there are " + rows.size());
            }
        }

        /** A reply of lines without rows. */
        public Ok(List<Line> lines) {
            this(lines, List.of());
        }

        /** The reply's lines, without a newline at the end. */
        @Override
        public String toString() {
            return Printer.print(this);
        }
    }

    /** Refused, or failed. */
    record Refused(Refusal refusal) implements Reply {
        /** The reply's line, without a newline at the end. */
        @Override
        public String toString() {
            return Printer.print(refusal);
        }
    }
}
