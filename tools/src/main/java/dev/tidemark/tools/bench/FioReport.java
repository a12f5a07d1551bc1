package dev.tidemark.tools.bench;

import java.util.List;
import java.util.Map;

/**
 * What fio says of one job, from its JSON.
 *
 * @param readsPerSecond operations; 0 when there were none
 * @param writesPerSecond likewise
 * @param writeMedianMicros latency of writes, from submission to completion; 0 when there were none
 * @param flushMedianMicros latency of flushes that fio waited for; 0 when there were none
 * @param flush99Micros the 99th percentile of these
 */
record FioReport(
        double readsPerSecond,
        double writesPerSecond,
        double writeMedianMicros,
        double flushMedianMicros,
        double flush99Micros) {
    private static final String MEDIAN = "50.000000";
    private static final String HIGH = "99.000000";

    /**
     * Reads fio's output.
     *
     * @throws IllegalArgumentException when it is not a report of one job, or the job failed
     */
    static FioReport parse(String output) {
        if (!(JsonText.object(output).get("jobs") instanceof List<?> jobs) || jobs.size() != 1) {
            throw new IllegalArgumentException("fio reports not one job: " + output);
        }
        Object job = jobs.get(0);
        if (number(job, "error") != 0) {
            throw new IllegalArgumentException("fio's job failed with " + (int) number(job, "error"));
        }
        return new FioReport(
                number(job, "read", "iops"),
                number(job, "write", "iops"),
                number(job, "write", "clat_ns", "percentile", MEDIAN) / 1e3,
                number(job, "sync", "lat_ns", "percentile", MEDIAN) / 1e3,
                number(job, "sync", "lat_ns", "percentile", HIGH) / 1e3);
    }

    /** The number at a path of names; 0 where there is none. */
    private static double number(Object from, String... path) {
        Object value = from;
        for (String name : path) {
            value = value instanceof Map<?, ?> object ? object.get(name) : null;
        }
        return value instanceof Double number ? number : 0;
    }
}
