package dev.tidemark.tools.cli;

import dev.tidemark.engine.StoreOpenException;
import dev.tidemark.engine.StoreReader;
import dev.tidemark.engine.message.Sizes;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemark check}: whether a store that nobody serves is whole. */
@Command(
        name = "check",
        description = {
            "Check a store that is not being served: superblock, journal, trees, counts, free space.",
            "It holds the store's lock meanwhile, with its process id in store.owner for those who then find the store",
            "in use, and changes nothing else. The last line says 'clean', or how many findings there are."
        },
        footerHeading = "%nExample:%n",
        footer = "  tidemark check /tmp/store --data")
final class CheckCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "STORE", description = "The store's folder.")
    private Path store;

    @Option(names = "--data", description = "Also read every block, and compare it with its checksum.")
    private boolean data;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        List<String> findings;
        String checked;
        try (StoreReader reader = StoreReader.openAlone(StoreAccess.config(store))) {
            findings = new ArrayList<>(reader.checkState());
            checked = "seq=" + reader.seq() + " used=" + Sizes.print(reader.usedBlocks() * reader.blockSizeBytes());
            if (data) {
                StoreReader.DataReport report = checkData(reader);
                findings.addAll(report.findings());
                checked += " checked_blocks=" + report.blocks();
            }
        } catch (StoreOpenException e) {
            throw StoreAccess.failure(e);
        }
        findings.forEach(finding -> out.println("finding: " + finding));
        out.println((findings.isEmpty() ? "clean " : "findings=" + findings.size() + " ") + checked);
        return (findings.isEmpty() ? ExitCode.OK : ExitCode.REFUSED).number();
    }

    private static StoreReader.DataReport checkData(StoreReader reader) throws StoreOpenException {
        if (!Terminal.isThere()) {
            return reader.checkData(blocks -> {});
        }
        try (ProgressBar bar = new ProgressBarBuilder()
                .setTaskName("check")
                .setInitialMax(reader.usedBlocks())
                .setUnit(" blocks", 1)
                .setStyle(ProgressBarStyle.ASCII)
                .build()) {
            LongConsumer step = bar::stepTo;
            return reader.checkData(step);
        }
    }
}
