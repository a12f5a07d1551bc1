package dev.tidemark.tools.cli;

import dev.tidemark.engine.StoreConfig;
import dev.tidemark.engine.StoreOpenException;
import dev.tidemark.engine.message.BadCommandException;
import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.message.Sizes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** What the commands about a store have in common: arguments to configurations, failures to exit statuses. */
final class StoreAccess {
    private StoreAccess() {}

    /** The configuration of a store, with options to be set. */
    static StoreConfig.Builder configure(Path store, Map<String, String> options) {
        if (store.toString().isEmpty()) {
            throw new CommandFailure(ExitCode.USAGE, "STORE is empty: give the store's folder");
        }
        if (Files.isRegularFile(store)) {
            throw new CommandFailure(ExitCode.UNREACHABLE, store + " is not a store: it is a file");
        }
        try {
            StoreConfig.Builder builder = StoreConfig.at(store);
            options.forEach(builder::option);
            return builder;
        } catch (IllegalArgumentException e) {
            throw usage(e);
        }
    }

    /** The configuration of a store without options. */
    static StoreConfig config(Path store) {
        return build(configure(store, Map.of()));
    }

    static StoreConfig build(StoreConfig.Builder builder) {
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw usage(e);
        }
    }

    /** A size such as {@code 64G}; {@code name} is the option that it was given to. */
    static long size(String name, String text) {
        try {
            return Sizes.parse(name, text);
        } catch (BadCommandException e) {
            if (e.code() == ErrorCode.BAD_SIZE) { // whose text is about volumes
                throw new CommandFailure(
                        ExitCode.USAGE,
                        name + "=" + text + ": must be a multiple of 512 bytes, from 512 bytes to 256T",
                        e);
            }
            throw usage(e);
        }
    }

    /** Refuses early, and clearly, to make a store in a folder that does not exist. */
    static void requireParent(Path store) {
        Path parent = store.toAbsolutePath().normalize().getParent();
        if (parent != null && !Files.isDirectory(parent)) {
            throw new CommandFailure(
                    ExitCode.UNREACHABLE, "can't make " + store + ": there is no folder " + parent + "; make it first");
        }
    }

    static CommandFailure failure(StoreOpenException e) {
        ExitCode code = switch (e.kind()) {
            case DAMAGED -> ExitCode.DAMAGED;
            case INCOMPLETE -> ExitCode.REFUSED;
            default -> ExitCode.UNREACHABLE;
        };
        return new CommandFailure(code, e.getMessage(), e);
    }

    private static CommandFailure usage(IllegalArgumentException e) {
        return new CommandFailure(ExitCode.USAGE, e.getMessage(), e);
    }
}
