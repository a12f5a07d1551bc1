package dev.tidemark.tools.cli;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.StoreOpenException;
import dev.tidemark.engine.message.BadCommandException;
import dev.tidemark.engine.message.Command.CreateOrigin;
import dev.tidemark.engine.message.Options;
import dev.tidemark.tools.nbd.NbdAddress;
import dev.tidemark.tools.serve.HostAndPort;
import dev.tidemark.tools.serve.ServeRefusedException;
import dev.tidemark.tools.serve.ServeSettings;
import dev.tidemark.tools.serve.StoreServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemark serve}: the server process, from its options to its exit status. */
@Command(
        name = "serve",
        description = {
            "Serve a store's volumes over NBD, until SIGTERM or SIGINT.",
            "When it serves, it prints one line: ready nbd=... control=... volumes=... recovered=..."
        },
        footerHeading = "%nExample:%n",
        footer = {
            "  tidemark serve /tmp/store --create disk=10G",
            "  tidemark serve /tmp/store --nbd unix:/run/tm.sock --nbd tcp:127.0.0.1:10809 --metrics 127.0.0.1:9100"
        })
final class ServeCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "STORE", description = "The store's folder.")
    private Path store;

    @Option(
            names = "--create",
            paramLabel = "NAME=SIZE",
            description = "Make the store and this origin where they do not exist. May be repeated.")
    private List<String> create = new ArrayList<>();

    @Option(
            names = "--nbd",
            paramLabel = "ADDRESS",
            description = "unix:PATH or tcp:HOST:PORT; may be repeated. Default: unix:STORE/nbd.sock.")
    private List<String> nbd = new ArrayList<>();

    @Option(
            names = "--metrics",
            paramLabel = "HOST:PORT",
            description = "Serve metrics for Prometheus there, at /metrics.")
    private String metrics;

    @Option(
            names = "-o",
            paramLabel = "KEY=VALUE",
            description = "Set an option of the store; 'tidemark status' lists them. May be repeated.")
    private Map<String, String> options = new LinkedHashMap<>();

    @Spec
    private CommandSpec spec;

    /** What the shutdown hook finds to close. */
    private final AtomicReference<StoreServer> serving = new AtomicReference<>();
    /** Set when the process ends by itself: the hook leaves the exit status alone. */
    private final AtomicBoolean ending = new AtomicBoolean();

    @Override
    public Integer call() throws InterruptedException {
        ServeSettings settings = settings();
        Runtime.getRuntime().addShutdownHook(new Thread(this::shutDown, "shutdown"));
        try {
            StoreServer server = open(settings);
            serving.set(server);
            announce(server);
            Throwable failure = server.awaitFailure();
            server.close();
            throw new CommandFailure(
                    ExitCode.FAIL_STOP,
                    "the store has stopped, and nothing that was promised is lost: " + failure.getMessage()
                            + "; mend the cause, and start serve again: it recovers",
                    failure);
        } finally {
            ending.set(true);
        }
    }

    private ServeSettings settings() {
        Map<String, Long> sizes = origins();
        if (!create.isEmpty()) {
            StoreAccess.requireParent(store);
        }
        try {
            List<NbdAddress> addresses = nbd.isEmpty()
                    ? List.of(ServeSettings.defaultNbd(store))
                    : nbd.stream().map(NbdAddress::parse).toList();
            return new ServeSettings(
                    store,
                    StoreAccess.build(StoreAccess.configure(store, options)),
                    sizes,
                    addresses,
                    metrics == null ? null : HostAndPort.parse(metrics));
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, e.getMessage(), e);
        }
    }

    /** Sizes in bytes by name, as {@code --create} has them: all that can be wrong with them is found here. */
    private Map<String, Long> origins() {
        Map<String, Long> sizes = new LinkedHashMap<>();
        for (String text : create) {
            int equals = text.indexOf('=');
            if (equals < 0) {
                throw new CommandFailure(
                        ExitCode.USAGE, "--create " + text + ": give a name and a size, such as --create disk=10G");
            }
            String name = text.substring(0, equals);
            long size = StoreAccess.size("--create " + name, text.substring(equals + 1));
            try {
                new CreateOrigin(name, size, false, Options.NONE);
            } catch (BadCommandException e) {
                throw new CommandFailure(ExitCode.USAGE, "--create " + text + ": " + e.getMessage(), e);
            }
            if (sizes.put(name, size) != null) {
                throw new CommandFailure(ExitCode.USAGE, "--create " + name + " is there twice: give it once");
            }
        }
        return sizes;
    }

    private StoreServer open(ServeSettings settings) {
        try {
            return StoreServer.open(settings);
        } catch (StoreOpenException e) {
            boolean couldMake = e.kind() == StoreOpenException.Kind.MISSING;
            if (couldMake) {
                throw new CommandFailure(
                        ExitCode.UNREACHABLE,
                        "there is no store " + store + ": make it with init, or with --create NAME=SIZE",
                        e);
            }
            throw StoreAccess.failure(e);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.UNREACHABLE, e.getMessage(), e);
        } catch (ServeRefusedException e) {
            throw new CommandFailure(ExitCode.REFUSED, e.getMessage(), e);
        } catch (StoreException e) {
            throw new CommandFailure(ExitCode.FAIL_STOP, e.getMessage(), e);
        }
    }

    private void announce(StoreServer server) {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        out.println("ready " + server.ready());
        out.flush();
        String volume = server.exampleVolume();
        if (volume == null) {
            err.println("next: tidemark message " + store + " 'create disk size=10G'");
        } else {
            // Whatever kind the volume is, its status is there.
            err.println("next: nbdinfo '" + server.uri(volume) + "', or tidemark message " + store + " 'status "
                    + volume + "'");
        }
        err.flush();
    }

    /** SIGTERM, SIGINT: closes in order; the exit status says whether all is well. */
    private void shutDown() {
        if (ending.get()) {
            return;
        }
        Logger log = LoggerFactory.getLogger(Store.class);
        log.info("asked to stop");
        ExitCode status = ExitCode.OK;
        StoreServer server = serving.get();
        if (server != null) {
            server.close();
            if (server.failure() != null) {
                log.error("stopping failed: {}", server.failure().toString());
                status = ExitCode.FAIL_STOP;
            }
        }
        log.info("stopped");
        // A plain end would give 128 + the signal's number. While recovery runs there is nothing to close: it can be
        // cut.
        Runtime.getRuntime().halt(status.number());
    }
}
