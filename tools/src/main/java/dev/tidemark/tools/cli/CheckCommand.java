package dev.tidemark.tools.cli;

import dev.tidemark.engine.StoreOpenException;
import dev.tidemark.engine.StoreReader;
import dev.tidemark.engine.StoreRebuild;
import dev.tidemark.engine.message.Sizes;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemark check}: whether a store that nobody serves is whole. */
@Command(
        name = "check",
        description = {
            "Check a store that is not being served: superblock, journal, metadata, trees, counts, free space.",
            "It holds the store's lock meanwhile, with its process id in store.owner for those who then find it in",
            "use, and changes nothing else, but with --rebuild. The last line says 'clean', or how many findings",
            "there are."
        },
        footerHeading = "%nExample:%n",
        footer = "  tidemark check /tmp/store --data")
final class CheckCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "STORE", description = "The store's folder.")
    private Path store;

    @Option(names = "--data", description = "Also read every block, and compare it with its checksum.")
    private boolean data;

    @Option(
            names = "--replay",
            description = {
                "Also replay the journal from its first event, in memory, and compare what it makes with what the last",
                "checkpoint and the journal behind it make. Needs the whole journal: a store with retention=all."
            })
    private boolean replay;

    @Option(
            names = "--rebuild",
            description = {
                "First make superblock and metadata anew from the journal, from its first event on. For a store that",
                "can't be opened as those are damaged. Needs the whole journal: a store with retention=all."
            })
    private boolean rebuild;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        List<String> findings;
        String checked;
        if (rebuild) {
            rebuild(out);
        }
        try (StoreReader reader = StoreReader.openAlone(StoreAccess.config(store))) {
            findings =
                    new ArrayList<>(LongWork.run("metadata", " slots", progress -> reader.checkState(progress::step)));
            checked = "seq=" + reader.seq() + " used=" + Sizes.print(reader.usedBlocks() * reader.blockSizeBytes());
            if (data) {
                StoreReader.DataReport report = checkData(reader);
                findings.addAll(report.findings());
                checked += " checked_blocks=" + report.blocks();
            }
            if (replay) {
                findings.addAll(LongWork.run("replay", " bytes", progress -> reader.checkReplay(progress::step)));
                checked += " replayed_seq=" + reader.seq();
            }
        } catch (StoreOpenException e) {
            throw StoreAccess.failure(e);
        }
        findings.forEach(finding -> out.println("finding: " + finding));
        out.println((findings.isEmpty() ? "clean " : "findings=" + findings.size() + " ") + checked);
        return (findings.isEmpty() ? ExitCode.OK : ExitCode.REFUSED).number();
    }

    private void rebuild(PrintWriter out) {
        try {
            StoreRebuild.Report report = LongWork.run(
                    "rebuild", " bytes", progress -> StoreRebuild.run(StoreAccess.config(store), progress::step));
            out.println("rebuilt seq=" + report.seq() + " used="
                    + Sizes.print(report.usedBlocks() * report.blockSizeBytes()));
            if (report.optionsLost()) {
                out.println("options are the defaults again: both copies of the superblock were damaged. Give yours to"
                        + " the next serve with -o; retention decides then what is kept of the journal");
            }
        } catch (StoreOpenException e) {
            throw StoreAccess.failure(e);
        }
    }

    private static StoreReader.DataReport checkData(StoreReader reader) throws StoreOpenException {
        return LongWork.run(
                "check", " blocks", progress -> reader.checkData(done -> progress.step(done, reader.usedBlocks())));
    }
}
