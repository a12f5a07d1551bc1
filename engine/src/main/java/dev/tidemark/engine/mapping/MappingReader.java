package dev.tidemark.engine.mapping;

/**
 * Looks mappings up. Any thread that holds an epoch pin taken before it loads a root, and the writer thread without
 * one;
 * never waits for the writer, allocates nothing.
 *
 * <p>Every answer was true at some moment between the call and its return (each block of a run for itself); what
 * was changed before the call began is always seen. {@link MappingTrees} says why.
 */
public final class MappingReader {
    /** What {@link #leaf} answers, negated, for a block beyond the root's span: nothing is mapped from there on. */
    private static final int BEYOND = MappingPage.MAX_HEIGHT + 1;

    private final PageStore pages;

    public MappingReader(PageStore pages) {
        this.pages = pages;
    }

    /** Finds where {@code block} (0 or greater) is; returns whether it is mapped. */
    public boolean lookup(MappingRoot root, long block, MappingEntry found) {
        long leaf = leaf(root.pointer(), block);
        if (leaf < 0) {
            found.set(0, 0);
            return false;
        }
        long entry = MappingPage.entry(leaf, MappingPage.index(block, 1));
        long begun;
        long place;
        do {
            begun = MappingPage.begin(entry);
            place = MappingPage.place(entry);
        } while (!MappingPage.valid(entry, begun));
        found.set(place, (int) begun);
        return found.isMapped();
    }

    /**
     * Finds the longest run from {@code block} of at most {@code maxCount} blocks (1 or more) that are mapped to
     * adjacent
     * physical blocks with the same flags, or that are all unmapped; returns its length, at least 1. A mapped run
     * is no longer than the target's capacity.
     */
    public int lookupRun(MappingRoot root, long block, int maxCount, MappedRun run) {
        if (maxCount < 1) {
            throw new IllegalArgumentException("maxCount=" + maxCount);
        }
        long pointer = root.pointer();
        long leaf = leaf(pointer, block);
        if (leaf > 0) {
            int index = MappingPage.index(block, 1);
            if (MappingPage.place(MappingPage.entry(leaf, index)) != 0) {
                int count = mappedRun(pointer, leaf, block, Math.min(maxCount, run.capacityBlocks()), run);
                if (count > 0) {
                    return count;
                }
            }
        }
        // The first block was seen unmapped, so a run of at least that one block is a true answer.
        int count = (int) Math.max(1, unmappedCount(pointer, block, maxCount));
        run.unmapped(block, count);
        return count;
    }

    /**
     * The extent that begins at {@code block}, at most {@code maxCount} blocks (1 or more) long: its length when it is
     * mapped, its negated length when it is unmapped. Skips whole subtrees that are empty or full.
     */
    public long extentAt(MappingRoot root, long block, long maxCount) {
        if (maxCount < 1) {
            throw new IllegalArgumentException("maxCount=" + maxCount);
        }
        long pointer = root.pointer();
        long unmapped = unmappedCount(pointer, block, maxCount);
        if (unmapped > 0) {
            return -unmapped;
        }
        return Math.max(1, mappedCount(pointer, block, maxCount));
    }

    /** Tells the extents of {@code count} blocks (0 or more) from {@code first}, in order, without gaps. */
    public void extents(MappingRoot root, long first, long count, ExtentSink sink) {
        long end = first + count;
        long start = first;
        boolean mapped = false;
        long block = first;
        while (block < end) {
            long extent = extentAt(root, block, end - block);
            // A change in between may give two neighbours of a kind: they are told as one.
            if (block > start && extent > 0 != mapped) {
                if (!sink.extent(start, block - start, mapped)) {
                    return;
                }
                start = block;
            }
            mapped = extent > 0;
            block += Math.abs(extent);
        }
        if (end > start) {
            sink.extent(start, end - start, mapped);
        }
    }

    /** Reads entries from {@code block} on into the run; 0 when the first turned out to be unmapped meanwhile. */
    private int mappedRun(long pointer, long firstLeaf, long block, int limit, MappedRun run) {
        long leaf = firstLeaf;
        long expected = 0;
        for (int count = 0; count < limit; count++) {
            int index = MappingPage.index(block + count, 1);
            if (index == 0 && count > 0) {
                leaf = leaf(pointer, block + count);
                if (leaf < 0) {
                    return count;
                }
            }
            long entry = MappingPage.entry(leaf, index);
            long begun;
            long place;
            do {
                begun = MappingPage.begin(entry);
                place = MappingPage.place(entry);
            } while (!MappingPage.valid(entry, begun));
            if (place == 0 || (count > 0 && place != expected)) {
                return count;
            }
            if (count == 0) {
                run.begin(block, place);
            }
            run.add((int) begun);
            expected = place + 1;
        }
        return limit;
    }

    private long unmappedCount(long pointer, long block, long maxCount) {
        long count = 0;
        while (count < maxCount) {
            long leaf = leaf(pointer, block + count);
            if (leaf < 0) {
                int height = (int) -leaf;
                if (height == BEYOND) {
                    return maxCount;
                }
                count += MappingPage.span(height) - ((block + count) & (MappingPage.span(height) - 1));
                continue;
            }
            for (int i = MappingPage.index(block + count, 1); i < MappingPage.ENTRIES && count < maxCount; i++) {
                if (MappingPage.place(MappingPage.entry(leaf, i)) != 0) {
                    return count;
                }
                count++;
            }
        }
        return maxCount;
    }

    private long mappedCount(long pointer, long block, long maxCount) {
        long count = 0;
        while (count < maxCount) {
            long leaf = leafOrFull(pointer, block + count);
            if (leaf <= 0) {
                int height = (int) -leaf;
                if (height == 0) {
                    return count;
                }
                count += MappingPage.span(height) - ((block + count) & (MappingPage.span(height) - 1));
                continue;
            }
            for (int i = MappingPage.index(block + count, 1); i < MappingPage.ENTRIES && count < maxCount; i++) {
                if (MappingPage.place(MappingPage.entry(leaf, i)) == 0) {
                    return count;
                }
                count++;
            }
        }
        return maxCount;
    }

    /**
     * The address of the leaf that holds {@code block}, or the negated height of the missing subtree around it, or
     * negated {@link #BEYOND}.
     */
    private long leaf(long pointer, long block) {
        int height = MappingRoot.height(pointer);
        if (pointer == 0 || block >>> (MappingPage.ENTRY_BITS * height) != 0) {
            return -BEYOND;
        }
        long page = pages.readable(MappingRoot.pageId(pointer), height);
        while (height > 1) {
            long child = MappingPage.child(MappingPage.entry(page, MappingPage.index(block, height)));
            height--;
            if (child == 0) {
                return -height;
            }
            page = pages.readable(child, height);
        }
        return page;
    }

    /** The address of the leaf, or the negated height of a subtree around the block that is full, or 0 for unmapped. */
    private long leafOrFull(long pointer, long block) {
        int height = MappingRoot.height(pointer);
        if (pointer == 0 || block >>> (MappingPage.ENTRY_BITS * height) != 0) {
            return 0;
        }
        long page = pages.readable(MappingRoot.pageId(pointer), height);
        while (height > 1) {
            long entry = MappingPage.entry(page, MappingPage.index(block, height));
            long child = MappingPage.child(entry);
            height--;
            if (child == 0) {
                return 0;
            }
            if (MappingPage.mapped(entry) == MappingPage.span(height)) {
                return -height;
            }
            page = pages.readable(child, height);
        }
        return page;
    }
}
