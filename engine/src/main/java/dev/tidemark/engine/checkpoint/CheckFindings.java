package dev.tidemark.engine.checkpoint;

import java.util.ArrayList;
import java.util.List;

/** What a check found, one line each; a bounded number of lines, and how many there would be. One thread. */
public final class CheckFindings {
    /** More lines than this tell nothing new: the rest is only counted. */
    static final int MAX_LINES = 1000;

    private final List<String> lines = new ArrayList<>();
    private long count;

    CheckFindings() {}

    void add(String line) {
        if (lines.size() < MAX_LINES) {
            lines.add(line);
        }
        count++;
    }

    /** How many there are, those that have no line included. */
    public long count() {
        return count;
    }

    /** The lines; the last one says when some are left out. */
    public List<String> lines() {
        List<String> all = new ArrayList<>(lines);
        if (count > lines.size()) {
            all.add("and " + (count - lines.size()) + " more findings");
        }
        return all;
    }

    @Override
    public String toString() {
        return String.join("\n", lines());
    }
}
