package dev.tidemark.tools.cli;

import dev.tidemark.tools.bench.BenchFindings;
import dev.tidemark.tools.bench.ScaleBenchmark;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemark bench scale}: what must not depend on the size of a store. */
@Command(
        name = "scale",
        description = {
            "Measure what must not depend on the size of a store: opening it after a crash, metadata larger than"
                    + " memory, checkpoints under load, and giving space back. Volumes of terabytes hold zeros, which"
                    + " take no space; their metadata takes 5 MiB a GiB.",
            "The exit status is 1 when a claim is missed."
        },
        footer = {"", "Example: tidemark bench scale --directory /var/tmp --cases open --sizes 16G,256G,2T"})
final class BenchScaleCommand extends BenchRun {
    @Option(
            names = "--cases",
            paramLabel = "CASE",
            split = ",",
            converter = Cases.class,
            description = "Which of: open, kill, paging, checkpoints, reclaim, snapshots, catalogue (default: all).")
    private List<ScaleBenchmark.Case> cases;

    @Option(
            names = "--sizes",
            paramLabel = "SIZE",
            split = ",",
            defaultValue = "16G,256G,2T",
            converter = SizeConverter.class,
            description = "Mapped sizes of the case open (default: ${DEFAULT-VALUE}).")
    private List<Long> sizes;

    @Option(
            names = "--paging-size",
            paramLabel = "SIZE",
            defaultValue = "256G",
            converter = SizeConverter.class,
            description = "Mapped size of the case paging (default: ${DEFAULT-VALUE}).")
    private long pagingBytes;

    @Option(
            names = "--paging-memory",
            paramLabel = "SIZE",
            defaultValue = "32M",
            description = "metadata-memory of the case paging, in M or G (default: ${DEFAULT-VALUE}).")
    private String pagingMemory;

    @Option(
            names = "--reclaim-size",
            paramLabel = "SIZE",
            defaultValue = "64G",
            converter = SizeConverter.class,
            description = "What the snapshot of the case reclaim owns, a power of two (default: ${DEFAULT-VALUE}).")
    private long reclaimBytes;

    @Option(
            names = "--snapshots",
            paramLabel = "N",
            defaultValue = "1000",
            description = "The most snapshots of the case snapshots (default: ${DEFAULT-VALUE}).")
    private int snapshots;

    @Mixin
    private Pace pace;

    /** The names of the cases. */
    static final class Cases extends CaseConverter<ScaleBenchmark.Case> {
        Cases() {
            super(ScaleBenchmark.Case.class);
        }
    }

    @Override
    void check() {
        require(pace.isSensible(), "--rounds and --seconds must be at least 1");
        require(snapshots >= 4, "--snapshots must be at least 4");
        require(pagingMemory.matches("[1-9][0-9]{0,5}[MG]"), "--paging-memory must be a number with M or G");
        require(Long.bitCount(reclaimBytes) == 1 && reclaimBytes >= 1 << 20, "--reclaim-size must be a power of two");
    }

    @Override
    BenchFindings measure(Path folder) throws Exception {
        ScaleBenchmark.Settings settings = new ScaleBenchmark.Settings(
                chosen(ScaleBenchmark.Case.class, cases),
                pace.rounds,
                pace.seconds,
                sizes,
                pagingBytes,
                pagingMemory,
                reclaimBytes,
                snapshots);
        return new ScaleBenchmark(folder, settings, this::progress).run();
    }
}
