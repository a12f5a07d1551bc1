package dev.tidemark.tools.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class FioReportTest {
    /** As fio 3.33 writes it, shortened. */
    private static final String OUTPUT = """
            fio: a warning comes before the report, now and then
            {
              "fio version" : "fio-3.33",
              "timestamp" : 1795361000,
              "jobs" : [
                {
                  "jobname" : "bench",
                  "groupid" : 0,
                  "error" : 0,
                  "job options" : {
                    "uri" : "nbd+unix:///disk?socket=\\/tmp\\/a\\u0062c"
                  },
                  "read" : { "iops" : 0.000000, "total_ios" : 0, "clat_ns" : { "min" : 0, "N" : 0 } },
                  "write" : {
                    "iops" : 2857.142857,
                    "total_ios" : 2860,
                    "clat_ns" : { "percentile" : { "50.000000" : 47360, "99.000000" : 92000 } }
                  },
                  "sync" : {
                    "total_ios" : 2860,
                    "lat_ns" : { "percentile" : { "50.000000" : 209920, "99.000000" : 2605056 } }
                  },
                  "latency_depth" : 1
                }
              ],
              "disk_util" : [ ]
            }
            """;

    @Test
    void shouldFindWhatIsCompared() {
        FioReport report = FioReport.parse(OUTPUT);
        assertThat(report.writesPerSecond()).isEqualTo(2857.142857);
        assertThat(report.readsPerSecond()).isZero();
        assertThat(report.writeMedianMicros()).isEqualTo(47.36);
        assertThat(report.flushMedianMicros()).isEqualTo(209.92);
        assertThat(report.flush99Micros()).isEqualTo(2605.056);
    }

    @Test
    void shouldNotTakeAFailedJobForASlowOne() {
        assertThatThrownBy(() -> FioReport.parse(OUTPUT.replace("\"error\" : 0", "\"error\" : 5")))
                .hasMessageContaining("failed with 5");
        assertThatThrownBy(() -> FioReport.parse("{\"jobs\": []}")).hasMessageContaining("not one job");
        assertThatThrownBy(() -> FioReport.parse("fio: failed to connect")).hasMessageContaining("JSON");
    }

    @Test
    void shouldReadEveryFormOfJson() {
        Map<?, ?> object =
                JsonText.object("x {\"a\": [1, -2.5e1, true, false, null, \"\\u00e4\\n\\\"\"], \"b\": {}} y");
        assertThat(object.get("a"))
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
                .hasSize(6);
        assertThat(((List<?>) object.get("a")).get(1)).isEqualTo(-25.0);
        assertThat(((List<?>) object.get("a")).get(5)).isEqualTo("ä\n\"");
        assertThat((Map<?, ?>) object.get("b")).isEmpty();
    }

    @Test
    void shouldRefuseEveryBeginningOfAReport() {
        String whole = OUTPUT.strip();
        for (int end = 0; end < whole.length(); end++) {
            String part = whole.substring(0, end);
            assertThatThrownBy(() -> JsonText.object(part)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> JsonText.object("{\"a\":" + "[".repeat(100_000)))
                .hasMessageContaining("too deep");
    }
}
