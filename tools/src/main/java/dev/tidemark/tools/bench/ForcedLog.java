package dev.tidemark.tools.bench;

import java.io.IOException;

/** A log that appends one record at a time, each durable before the next. */
interface ForcedLog extends AutoCloseable {
    /** Appends one record and makes it durable. */
    void appendForced() throws IOException;

    @Override
    void close() throws IOException;
}
