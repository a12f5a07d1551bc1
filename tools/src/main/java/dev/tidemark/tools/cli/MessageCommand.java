package dev.tidemark.tools.cli;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreOpenException;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.engine.message.Parsed;
import dev.tidemark.engine.message.Refusal;
import dev.tidemark.tools.serve.ControlClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemark message}: one string in, one string out. */
@Command(
        name = "message",
        description = {
            "Send a message to a store, and print its reply.",
            "While a server runs, it goes through its control socket; else the store is opened for it.",
            "Several commands, separated by ';', are carried out together or not at all."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tidemark message /tmp/store 'create disk size=10G'",
            "  tidemark message /tmp/store 'create before origin=disk'          a snapshot",
            "  tidemark message /tmp/store 'clone try2 source=before'           a snapshot of a snapshot",
            "  tidemark message /tmp/store 'create saved origin=disk; merge before'   roll back, keep what it replaces",
            "  tidemark message /tmp/store 'delete saved force=true request=job-7'",
            "Also: resize, rename, label, set VOL readonly=true, status [VOL], list, jobs, checkpoint, flush."
        })
final class MessageCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "STORE", description = "The store's folder.")
    private Path store;

    @Parameters(index = "1", paramLabel = "TEXT", description = "The message, as one argument: quote it.")
    private String text;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        String reply = send();
        spec.commandLine().getOut().println(reply);
        return (reply.startsWith("error") ? ExitCode.REFUSED : ExitCode.OK).number();
    }

    private String send() {
        Parsed parsed = MessageParser.parse(text);
        try (ControlClient server = Exchange.server(store)) {
            if (server != null) {
                // What can't be read would only be refused there; and a newline would make it two messages.
                return parsed instanceof Refusal refusal ? refusal.toString() : server.send(text);
            }
        } catch (IOException e) {
            throw new CommandFailure(
                    ExitCode.UNREACHABLE,
                    e.getMessage() + "; whether it was carried out, 'tidemark list' tells (with request=ID a message"
                            + " can be sent again)",
                    e);
        }
        Store open = open();
        String reply;
        try {
            reply = open.send(text, "message user=" + System.getProperty("user.name"));
        } finally {
            open.close();
        }
        Throwable failure = open.failure();
        if (failure != null) {
            throw new CommandFailure(
                    ExitCode.FAIL_STOP,
                    "the store has stopped: " + failure.getMessage() + "; mend the cause, and send it again",
                    failure);
        }
        return reply;
    }

    private Store open() {
        try {
            return Store.open(StoreAccess.config(store));
        } catch (StoreOpenException e) {
            throw StoreAccess.failure(e);
        }
    }
}
