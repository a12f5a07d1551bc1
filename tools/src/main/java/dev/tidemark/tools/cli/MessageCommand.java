package dev.tidemark.tools.cli;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.StoreOpenException;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.engine.message.Parsed;
import dev.tidemark.engine.message.Refusal;
import dev.tidemark.tools.serve.ControlClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
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
    /**
     * How long a store may be in use by who does not listen yet, or not any more: a server that starts says {@code
     * ready} in less, and another message is carried out in less.
     */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    @Parameters(index = "0", paramLabel = "STORE", description = "The store's folder.")
    private Path store;

    @Parameters(index = "1", paramLabel = "TEXT", description = "The message, as one argument: quote it.")
    private String text;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        long start = System.nanoTime();
        while (true) {
            String reply = send();
            if (reply != null) {
                out.println(reply);
                return exit(reply);
            }
            Store open = open(System.nanoTime() - start < PATIENCE_NANOS);
            if (open != null) {
                return exit(carryOut(open, text, out));
            }
            LockSupport.parkNanos(AGAIN_NANOS);
        }
    }

    private static int exit(String reply) {
        return (reply.startsWith("error") ? ExitCode.REFUSED : ExitCode.OK).number();
    }

    /** The reply of the server, or a refusal of what makes no sense; null when no server runs. */
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
        return null;
    }

    /** Has an open store carry the message out, prints the reply, closes the store, and says if that failed. */
    static String carryOut(Store open, String text, PrintWriter out) {
        String reply = null;
        try (open) {
            reply = open.send(text, "message user=" + System.getProperty("user.name"));
            out.println(reply);
        } catch (StoreException e) {
            boolean done = reply != null && reply.startsWith("ok");
            throw new CommandFailure(
                    ExitCode.FAIL_STOP,
                    "the store has stopped: " + open.failure().getMessage() + "; mend the cause; "
                            + (done
                                    ? "what was answered above is done and durable"
                                    : "whether it was carried out, 'tidemark list' tells (with request=ID a message can"
                                            + " be sent again)"),
                    e);
        }
        return reply;
    }

    /** The store, or null when somebody has it and that may change soon. */
    private Store open(boolean patient) {
        try {
            return Store.open(StoreAccess.config(store));
        } catch (StoreOpenException e) {
            if (patient && e.kind() == StoreOpenException.Kind.IN_USE) {
                return null;
            }
            throw StoreAccess.failure(e);
        }
    }
}
