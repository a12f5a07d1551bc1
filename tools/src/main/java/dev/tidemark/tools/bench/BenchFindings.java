package dev.tidemark.tools.bench;

import java.io.PrintWriter;

/** What a benchmark found. */
public interface BenchFindings {
    /** Prints the tables of figures and claims. */
    void print(PrintWriter out);

    /** Whether every claim that was measured is met. */
    boolean allMet();
}
