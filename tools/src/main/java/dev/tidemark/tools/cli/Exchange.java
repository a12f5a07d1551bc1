package dev.tidemark.tools.cli;

import dev.tidemark.engine.StoreOpenException;
import dev.tidemark.engine.StoreReader;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.engine.message.Parsed;
import dev.tidemark.engine.message.Refusal;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.engine.message.ReplyParser;
import dev.tidemark.tools.serve.ControlClient;
import java.io.IOException;
import java.nio.file.Path;

/** How commands that only ask reach a store: through its server while one runs, else by reading its files. */
final class Exchange {
    private Exchange() {}

    /** The connection to the store's server, or null when none runs. */
    static ControlClient server(Path store) {
        try {
            return ControlClient.connect(store);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.UNREACHABLE, e.getMessage() + ": ask as the user who serves it", e);
        }
    }

    /** Asks a query and returns its reply, an error reply included. Writes nothing. */
    static Reply ask(Path store, String query) {
        Parsed parsed = MessageParser.parse(query);
        if (parsed instanceof Refusal refusal) {
            return new Reply.Refused(refusal);
        }
        try (ControlClient server = server(store)) {
            if (server != null) {
                return ReplyParser.parse(server.send(query));
            }
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.UNREACHABLE, e.getMessage() + "; ask again", e);
        }
        try (StoreReader reader = StoreReader.open(StoreAccess.config(store))) {
            return reader.answer((Message) parsed);
        } catch (StoreOpenException e) {
            throw StoreAccess.failure(e);
        }
    }
}
