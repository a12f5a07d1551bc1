package dev.tidemark.tools.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program {@code tidemark}: finds the subcommand, runs it, and turns what it threw into one line and a status. */
@Command(
        name = "tidemark",
        description = "An event-sourced snapshot store for block storage.",
        synopsisSubcommandLabel = "COMMAND",
        versionProvider = Version.class,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:all went well",
            "1:the store answered with an error, or there are findings",
            "2:the command line makes no sense",
            "3:the store can't be reached or opened",
            "4:the store is damaged",
            "5:the store stopped at its first failure"
        })
public final class Main implements Callable<Integer> {
    /** Of help: its examples are there to be copied, so none of them may be wrapped. */
    private static final int HELP_COLUMNS = 120;

    @Option(names = "--version", versionHelp = true, description = "Print the version and exit.")
    boolean version;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Print this help and exit.")
    boolean help;

    @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Show the stack trace of an error.")
    private boolean verbose;

    @Spec
    private CommandSpec spec;

    /** Runs the program and ends the process with one of {@link ExitCode}'s numbers. */
    public static void main(String[] args) {
        // System.out has the platform's charset on 17; names and labels are UTF-8 wherever this runs.
        PrintWriter out = new PrintWriter(new FileOutputStream(FileDescriptor.out), false, UTF_8);
        PrintWriter err = new PrintWriter(new FileOutputStream(FileDescriptor.err), true, UTF_8);
        setUpLog(List.of(args));
        int status = run(new Commands(), out, err, args);
        out.flush();
        err.flush();
        System.exit(status);
    }

    /** Logback reads these when the first logger is made. */
    private static void setUpLog(List<String> args) {
        if (!args.contains("serve")) {
            System.setProperty("tidemark.log", "warn"); // a short command's own line tells what its user needs to know
        }
        if (args.contains("--verbose")) {
            System.setProperty("tidemark.log.trace", "%ex");
        }
    }

    /** Runs one command line without ending the process, and returns its exit status. */
    static int run(Commands commands, PrintWriter out, PrintWriter err, String... args) {
        if (args.length == 1 && args[0].equals("--version")) {
            out.println(Version.line()); // picocli would need a tenth of a second more for the same
            return ExitCode.OK.number();
        }
        Main main = new Main();
        CommandLine line = new CommandLine(main);
        commands.addTo(line, args);
        line.setUsageHelpWidth(HELP_COLUMNS);
        // These settings reach the subcommands that are there already, and no later ones.
        line.setOut(out)
                .setErr(err)
                .setParameterExceptionHandler((e, arguments) -> main.misused(e))
                .setExecutionExceptionHandler((e, failed, parsed) -> main.failed(e, err));
        try {
            return line.execute(args);
        } catch (Throwable e) {
            // Picocli hands on errors as they are; a stack trace alone would say nothing about what to do.
            return main.failed(e, err);
        }
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "no command was given");
    }

    private int misused(ParameterException e) {
        CommandLine line = e.getCommandLine();
        String text = oneLine(e.getMessage()).replace("option option", "option"); // picocli's own slip
        if (e instanceof UnmatchedArgumentException unmatched
                && !line.getSubcommands().isEmpty()
                && !unmatched.isUnknownOption()) {
            text = "'" + unmatched.getUnmatched().get(0) + "' is no command";
        }
        String hint = "; see '" + line.getCommandSpec().qualifiedName() + " --help'";
        line.getErr().println("tidemark: " + text + hint);
        return ExitCode.USAGE.number();
    }

    private int failed(Throwable e, PrintWriter err) {
        int status;
        if (e instanceof CommandFailure failure) {
            err.println("tidemark: " + oneLine(failure.getMessage()));
            status = failure.code().number();
        } else {
            err.println("tidemark: unexpected " + oneLine(e.toString())
                    + (verbose ? "" : "; run it again with --verbose to see where"));
            status = ExitCode.REFUSED.number();
        }
        if (verbose) {
            e.printStackTrace(err);
        }
        return status;
    }

    private static String oneLine(String text) {
        return String.valueOf(text).replaceAll("\\s*\\R\\s*", " ").strip();
    }
}
