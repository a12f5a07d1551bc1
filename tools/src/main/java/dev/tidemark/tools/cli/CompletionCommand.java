package dev.tidemark.tools.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidemark generate-completion}: a script that teaches a shell the program's words. */
@Command(
        name = "generate-completion",
        description = "Print a script with which bash or zsh completes commands and options.",
        footerHeading = "%nExample:%n",
        footer = "  source <(tidemark generate-completion)")
final class CompletionCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine()
                .getOut()
                .print(AutoComplete.bash("tidemark", spec.root().commandLine()));
        return ExitCode.OK.number();
    }
}
