package dev.tidemark.engine.mapping;

import java.io.IOException;

/** Makes the error that a damaged page gives, for tests of other packages. */
public final class Unreadable {
    private Unreadable() {}

    public static PageUnreadableException page() {
        return new PageUnreadableException(PageKind.PAGE, 7, 1, new IOException("damaged for a test"));
    }
}
