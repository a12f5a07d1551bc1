package dev.tidemark.tools.cli;

import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreConfig;
import dev.tidemark.engine.StoreOpenException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemark init}: makes an empty store. */
@Command(
        name = "init",
        description = "Make an empty store: a folder that is there whole, or not at all.",
        footerHeading = "%nExample:%n",
        footer = "  tidemark init /var/lib/tidemark/store --capacity 200G -o force-interval=500")
final class InitCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "STORE", description = "The folder to be made.")
    private Path store;

    @Option(
            names = "--capacity",
            paramLabel = "SIZE",
            defaultValue = "64G",
            description = "Room for the blocks of all volumes; a file takes only what is written. Default: 64G.")
    private String capacity;

    @Option(
            names = "--block-size",
            paramLabel = "SIZE",
            defaultValue = "4K",
            description = "The unit of mapping and sharing, 4K to 64K. Default: 4K.")
    private String blockSize;

    @Option(
            names = "-o",
            paramLabel = "KEY=VALUE",
            description = "An option of the store; 'tidemark status' lists them. May be repeated.")
    private Map<String, String> options = new LinkedHashMap<>();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        StoreConfig config = StoreAccess.build(StoreAccess.configure(store, options)
                .capacityBytes(StoreAccess.size("capacity", capacity))
                .blockSizeBytes((int) Math.min(Integer.MAX_VALUE, StoreAccess.size("block-size", blockSize))));
        StoreAccess.requireParent(store);
        try {
            Store.init(config);
        } catch (StoreOpenException e) {
            throw StoreAccess.failure(e);
        }
        spec.commandLine()
                .getErr()
                .println("made " + store + "; next: tidemark message " + store
                        + " 'create disk size=10G', then tidemark serve " + store);
        return ExitCode.OK.number();
    }
}
