package dev.tidemark.tools.bench;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import org.HdrHistogram.Histogram;

/**
 * What a checkpoint and an open cost that hold many volumes, volumes that are gone, or remembered requests. The
 * slowest write beside a checkpoint tells how long nothing was placed, and what the machine did meanwhile.
 */
final class CatalogueBenchmark {
    private static final int VOLUMES = 100_000;
    /** A snapshot each minute, for seven months. */
    private static final int GONE = 300_000;
    /** All that are remembered. */
    private static final int REQUESTS = 100_000;

    /** What is gone costs nothing, within what one run differs from another. */
    private static final double NO_MORE = 1.5;

    private static final int COMMANDS_OF_MESSAGE = 200;
    private static final long SMALL_BYTES = 64L << 20;

    private final ScaleBenchmark.Run run;
    private final BenchReport report;

    CatalogueBenchmark(ScaleBenchmark.Run run) {
        this.run = run;
        this.report = run.report();
    }

    void measure() throws Exception {
        String none = ", nothing more";
        of(none, made -> {});
        String volumes = ", " + VOLUMES + " volumes";
        of(volumes, made -> send(made, VOLUMES, i -> create("v", i)));
        String gone = ", " + GONE + " volumes gone";
        of(gone, made -> {
            for (int i = 0; i < GONE; i += VOLUMES) {
                String name = "g" + i + "-";
                send(made, VOLUMES, n -> create(name, n));
                send(made, VOLUMES, n -> "delete " + name + n);
            }
            made.awaitJobs();
        });
        String requests = ", " + REQUESTS + " requests";
        of(requests, made -> {
            for (int i = 0; i < REQUESTS; i++) {
                made.send("label " + ScaleStore.VOLUME + " k=" + i + " request=one-of-many-" + i);
            }
        });
        for (String what : new String[] {volumes, gone, requests}) {
            report.claimAtMost("open" + what + ", ms", report.median("open" + what), 1000);
        }
        report.claimAtMost(
                "open" + gone + " / nothing more",
                report.median("open" + gone) / report.median("open" + none),
                NO_MORE);
        report.claimAtMost(
                "checkpoint" + gone + " / nothing more",
                report.median("checkpoint" + gone) / report.median("checkpoint" + none),
                NO_MORE);
    }

    private interface Fill {
        void fill(ScaleStore made) throws Exception;
    }

    private static String create(String name, int number) {
        return "create " + name + number + " origin=" + ScaleStore.VOLUME;
    }

    /** Sends so many commands, many in a message. */
    private static void send(ScaleStore made, int count, IntFunction<String> command) {
        for (int i = 0; i < count; ) {
            StringBuilder message = new StringBuilder();
            for (int n = 0; n < COMMANDS_OF_MESSAGE && i < count; n++, i++) {
                message.append(n == 0 ? "" : "; ").append(command.apply(i));
            }
            made.send(message.toString());
        }
    }

    private void of(String what, Fill fill) throws Exception {
        Path place = run.part("catalogue" + what);
        try (ScaleStore made = run.filled(place, SMALL_BYTES)) {
            fill.fill(made);
            checkpoint(made, null); // the metadata file grows
            for (int round = 1; round <= run.settings().rounds(); round++) {
                run.round(round);
                checkpoint(made, what);
            }
            made.shut();
            made.open();
            for (int round = 1; round <= run.settings().rounds(); round++) {
                made.shut();
                report.add("open" + what, "ms", made.open() / 1e6);
            }
        }
        BenchFolders.remove(place);
    }

    /** Takes a checkpoint beside writes one at a time; notes it, but for the first. */
    private void checkpoint(ScaleStore made, String what) {
        long start = System.nanoTime();
        CompletableFuture<Long> taken = CompletableFuture.supplyAsync(() -> {
            made.send("checkpoint");
            return System.nanoTime() - start;
        });
        Histogram latencies = Speed.histogram();
        made.timedCalls(ScaleStore.VOLUME, () -> !taken.isDone(), start, latencies);
        if (what != null) {
            report.add("checkpoint" + what, "ms", taken.join() / 1e6);
            report.add("  slowest write beside it" + what, "ms", latencies.getMaxValue() / 1e6);
        }
    }
}
