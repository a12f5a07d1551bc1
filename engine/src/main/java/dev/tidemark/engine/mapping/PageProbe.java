package dev.tidemark.engine.mapping;

/** For tests: is told which pages are asked for, by the writer, and which are brought in. */
interface PageProbe {
    /** Who is never told. */
    PageProbe NONE = (id, content, ahead) -> {};

    /**
     * A page that is there, or not.
     *
     * @param content whether it is about the page, else only about its references
     * @param ahead whether it is brought in, else it is used
     */
    void page(long id, boolean content, boolean ahead);
}
