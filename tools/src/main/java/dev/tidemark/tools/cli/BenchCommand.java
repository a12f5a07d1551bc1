package dev.tidemark.tools.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tidemark bench}: what there is to be measured. */
@Command(
        name = "bench",
        description = "Measure, beside raw files and other stores on the same disk in the same run.",
        synopsisSubcommandLabel = "WHAT",
        subcommands = {
            BenchEngineCommand.class,
            BenchJournalCommand.class,
            BenchNbdCommand.class,
            BenchScaleCommand.class
        })
final class BenchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "say what to measure");
    }
}
