package dev.tidemark.engine.mapping;

import java.io.Serial;

/** A page that is needed can't be brought into memory: reading failed, or what was read is damaged. */
public final class PageUnreadableException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    PageUnreadableException(PageKind kind, long index, int slot, Throwable cause) {
        super(
                "metadata " + kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ') + " " + index
                        + " in slot " + Integer.toUnsignedLong(slot) + " can't be read: " + cause.getMessage(),
                cause);
    }
}
