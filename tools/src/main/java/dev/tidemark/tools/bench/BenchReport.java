package dev.tidemark.tools.bench;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The figures of one run, by name, and what is claimed of them. */
public final class BenchReport implements BenchFindings {
    /** What is claimed of one value: at least, or at most, a bound. */
    private record Claim(String text, double value, boolean least, double bound) {
        boolean met() {
            return least ? value >= bound : value <= bound;
        }
    }

    private record Series(String unit, List<Double> values) {
        double median() {
            return BenchReport.median(values.stream().mapToDouble(d -> d).toArray());
        }
    }

    private final Map<String, Series> figures = new LinkedHashMap<>();
    private final List<Claim> claims = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /** Adds one round's value to a figure. */
    void add(String name, String unit, double value) {
        figures.computeIfAbsent(name, key -> new Series(unit, new ArrayList<>()))
                .values()
                .add(value);
    }

    /** The median of a figure over its rounds. */
    double median(String name) {
        return figures.get(name).median();
    }

    /** The greatest value of a figure in any round. */
    double highest(String name) {
        return figures.get(name).values().stream().mapToDouble(d -> d).max().orElseThrow();
    }

    /** Claims that the ratio of two medians is at least a bound. */
    void claimRatio(String text, String of, String against, double bound) {
        claims.add(new Claim(text, median(of) / median(against), true, bound));
    }

    /** Claims that a value is at most a bound. */
    void claimAtMost(String text, double value, double bound) {
        claims.add(new Claim(text, value, false, bound));
    }

    /** Claims that a value is at least a bound. */
    void claimAtLeast(String text, double value, double bound) {
        claims.add(new Claim(text, value, true, bound));
    }

    /** Something that a reader of the figures has to know, such as a case that was left out. */
    void note(String text) {
        notes.add(text);
    }

    @Override
    public boolean allMet() {
        return claims.stream().allMatch(Claim::met);
    }

    @Override
    public void print(PrintWriter out) {
        out.printf(Locale.ROOT, "%-62s %12s %12s %12s  %s%n", "figure", "median", "lowest", "highest", "unit");
        figures.forEach((name, series) -> out.printf(
                Locale.ROOT,
                "%-62s %12s %12s %12s  %s%n",
                name,
                figure(series.median()),
                figure(series.values().stream().mapToDouble(d -> d).min().orElseThrow()),
                figure(series.values().stream().mapToDouble(d -> d).max().orElseThrow()),
                series.unit()));
        out.println();
        out.printf(Locale.ROOT, "%-62s %12s %15s  %s%n", "claim", "measured", "bound", "met");
        for (Claim claim : claims) {
            out.printf(
                    Locale.ROOT,
                    "%-62s %12s %15s  %s%n",
                    claim.text(),
                    figure(claim.value()),
                    (claim.least() ? ">= " : "<= ") + figure(claim.bound()),
                    claim.met() ? "yes" : "NO");
        }
        notes.forEach(note -> out.println("note: " + note));
    }

    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static String figure(double value) {
        double size = Math.abs(value);
        return String.format(Locale.ROOT, size >= 1000 ? "%,.0f" : size >= 100 ? "%.1f" : "%.2f", value);
    }
}
