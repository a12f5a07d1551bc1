package dev.tidemark.engine.mapping;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The root of one tree: a volume's mappings, or what a reclaim job has still to give back. A volume keeps the same
 * object for life; only {@link MappingTrees} changes it, on the writer thread.
 *
 * <p>What readers need, page id and height, is one long that is stored with release and loaded with acquire; see
 * {@link MappingTrees} for why it is enough.
 */
public final class MappingRoot {
    private static final int HEIGHT_BITS = 8;
    private static final VarHandle POINTER;
    private static final VarHandle MAPPED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            POINTER = lookup.findVarHandle(MappingRoot.class, "pointer", long.class);
            MAPPED = lookup.findVarHandle(MappingRoot.class, "mappedBlocks", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Page id in the upper 56 bits, height in the lower 8; 0 = an empty tree. */
    private long pointer;

    private long mappedBlocks;
    /** The tree changes in place only pages with a greater id: those that were made for it alone. */
    private long ownedAfter;

    private boolean detached;

    /** An empty tree. */
    public MappingRoot() {}

    /**
     * A tree as a checkpoint saved it.
     *
     * @param pointer what {@link #pointer} said
     * @param mappedBlocks what {@link #mappedBlocks} said
     * @param ownedAfter what {@link #ownedAfter} said
     */
    public MappingRoot(long pointer, long mappedBlocks, long ownedAfter) {
        this.pointer = pointer;
        this.mappedBlocks = mappedBlocks;
        this.ownedAfter = ownedAfter;
    }

    /** What {@link #MappingRoot(long, long, long)} makes a tree of that is like this one now. Writer. */
    public MappingRoot copy() {
        return new MappingRoot(pointer, mappedBlocks, ownedAfter);
    }

    /** The packed root (page id in the upper 56 bits, height in the lower 8), 0 for an empty tree. Any thread. */
    public long pointer() {
        return (long) POINTER.getAcquire(this);
    }

    /** How many blocks are mapped, exact for the writer, fresh for others. Any thread. */
    public long mappedBlocks() {
        return (long) MAPPED.getOpaque(this);
    }

    /** See {@link MappingTrees}; for checkpoints. Writer; to others it is a hint. */
    public long ownedAfter() {
        return ownedAfter;
    }

    /** The id of the root page, 0 for an empty tree. Any thread. */
    public long pageId() {
        return pageId(pointer());
    }

    /** The height of the tree, 1 (one leaf) to 6, 0 for an empty tree. Any thread. */
    public int height() {
        return height(pointer());
    }

    public boolean isEmpty() {
        return pointer() == 0;
    }

    /** Whether this tree was handed over to another root: it can only be read, by those pinned since before. Writer. */
    public boolean isDetached() {
        return detached;
    }

    static long pageId(long pointer) {
        return pointer >>> HEIGHT_BITS;
    }

    static int height(long pointer) {
        return (int) pointer & ((1 << HEIGHT_BITS) - 1);
    }

    void publish(long pageId, int height) {
        POINTER.setRelease(this, pageId == 0 ? 0L : pageId << HEIGHT_BITS | height);
    }

    void addMapped(long change) {
        MAPPED.setOpaque(this, mappedBlocks + change);
    }

    void owned(long after) {
        ownedAfter = after;
    }

    void detach() {
        detached = true;
    }

    /** Takes another root's tree by one store; owns none of its pages yet. */
    void take(MappingRoot from, long after) {
        ownedAfter = after;
        MAPPED.setOpaque(this, from.mappedBlocks);
        POINTER.setRelease(this, from.pointer);
    }

    void requireAttached() {
        if (detached) {
            throw new IllegalStateException("this tree was handed over");
        }
    }

    void requireEmpty() {
        requireAttached();
        if (pointer != 0) {
            throw new IllegalStateException("this tree is not empty");
        }
    }

    @Override
    public String toString() {
        return "root(page=" + pageId() + " height=" + height() + " mapped=" + mappedBlocks() + ")";
    }
}
