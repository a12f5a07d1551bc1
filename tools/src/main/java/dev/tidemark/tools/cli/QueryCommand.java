package dev.tidemark.tools.cli;

import dev.tidemark.engine.message.Line;
import dev.tidemark.engine.message.Reply;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A command that asks the store one query and shows its rows, for a human or as JSON. It never writes. */
abstract class QueryCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "STORE", description = "The store's folder.")
    private Path store;

    @Option(names = "--json", description = "Print JSON.")
    private boolean asJson;

    @Spec
    private CommandSpec spec;

    /**
     * What the store said.
     *
     * @param line the line with {@code seq}, {@code durable_seq} and {@code rows}
     */
    record Answer(Line line, List<Line> rows) {}

    /** The message. */
    abstract String query();

    abstract String text(Answer answer);

    abstract String json(Answer answer);

    @Override
    public final Integer call() {
        Reply reply = Exchange.ask(store, query());
        if (reply instanceof Reply.Ok ok) {
            Answer answer = new Answer(ok.lines().get(0), ok.rows());
            spec.commandLine().getOut().println(asJson ? json(answer) : text(answer));
            return ExitCode.OK.number();
        }
        spec.commandLine().getOut().println(reply);
        return ExitCode.REFUSED.number();
    }
}
