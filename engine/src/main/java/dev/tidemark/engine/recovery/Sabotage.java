package dev.tidemark.engine.recovery;

/**
 * Rules that a test can break on purpose, to see that the crash tests notice. Never set in a store that anybody uses:
 * no
 * option of a store leads here.
 */
public enum Sabotage {
    /** All rules hold. */
    NONE,
    /** Freed blocks are used again before the frame that frees them is proven durable. */
    REUSE_BEFORE_PROOF,
    /** A partial write keeps the rest of the block that it read when it was submitted. */
    STALE_BASE,
    /** Recovery writes every carried block to its home, not only what its last writer carried. */
    REDO_EVERY_WRITER,
    /** A frame is forced first, and the data of its events after it. */
    FRAME_BEFORE_DATA,
    /** The journal is forced without the exception store, and without the data in the frame. */
    JOURNAL_FORCE_ONLY,
    /** A checkpoint becomes the store's before the journal is durable up to it. */
    CHECKPOINT_BEFORE_JOURNAL,
    /** A checkpoint becomes the store's before the home copies of what frames below it carried are forced. */
    CHECKPOINT_BEFORE_HOME,
    /** A checkpoint becomes the store's before its pages are forced. */
    CHECKPOINT_BEFORE_PAGES
}
