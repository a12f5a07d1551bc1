package dev.tidemark.tools.bench;

import java.io.IOException;
import java.nio.file.Path;

/** An NBD server with one volume, {@code disk}, on a Unix socket: what is measured, or what it is measured against. */
interface NbdContender extends AutoCloseable {
    /** The one export's name. */
    String EXPORT = "disk";

    /** Returns its name, for the tables. */
    String title();

    /** Returns which version of which program with which settings it is. */
    String version() throws IOException;

    /** Returns where fio finds the volume. */
    String uri();

    /** Returns whether it has snapshots. */
    boolean hasSnapshots();

    /** Takes a snapshot of the volume, and serves on. */
    void takeSnapshot() throws IOException;

    /** Removes the snapshot, and waits until nothing of it is left to be done. */
    void removeSnapshot() throws IOException;

    @Override
    void close();

    /** Returns the URI of the export behind a Unix socket. */
    static String uri(Path socket) {
        return "nbd+unix:///" + EXPORT + "?socket=" + socket;
    }
}
