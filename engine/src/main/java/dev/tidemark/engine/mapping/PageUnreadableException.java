package dev.tidemark.engine.mapping;

/** A page of the metadata is needed and can't be brought into memory: it can't be read, or is not what was written. */
public final class PageUnreadableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long pageId;

    /**
     * @param pageId the page
     * @param what where it should have come from, and what is wrong there
     * @param cause the failed read, or null
     */
    public PageUnreadableException(long pageId, String what, Throwable cause) {
        super("page " + pageId + " of the metadata can't be read: " + what, cause);
        this.pageId = pageId;
    }

    /** The page's id. */
    public long pageId() {
        return pageId;
    }
}
