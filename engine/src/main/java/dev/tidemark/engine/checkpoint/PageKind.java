package dev.tidemark.engine.checkpoint;

import java.util.Locale;

/** What a slot of the metadata file holds. The codes go into checksums on disk: do not change. */
public enum PageKind {
    /** A page of a mapping tree or of the reference counts; its index is the page's id. */
    PAGE(1),
    /** 256 entries of the page table. */
    TABLE_LEAF(2),
    /** 256 leaves of the page table. */
    TABLE_NODE(3),
    /** 32,768 bits of the slot map. */
    SLOT_MAP(4),
    /** A chunk of the root stream. */
    ROOT(5);

    private final int code;

    PageKind(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    /** As in {@code slot-map}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
