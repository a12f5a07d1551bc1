package dev.tidemark.engine.mapping;

/** What an image of 4 KiB in a slot is; a checksum is seeded with it, so that none can pass for another kind. */
public enum PageKind {
    /** A page of a tree or of the reference counts; its index is the page id. */
    PAGE,
    /** A leaf of the page table: where the pages of 256 ids are; its index is the id shifted by 8. */
    TABLE_LEAF,
    /** A node of the page table: where 256 leaves are; its index is the id shifted by 16. */
    TABLE_NODE
}
