package dev.tidemark.engine.mapping;

import java.nio.ByteBuffer;
import org.agrona.BufferUtil;

/**
 * What one thread reads pages into, and what it makes of the order in which it asks: who asks for pages that were made
 * one after the other gets the next ones with them, for a checkpoint puts pages into slots in the order of their ids.
 */
final class FaultBuffers {
    /** Pages that are read at once: 32 KiB take hardly longer than 4. */
    static final int MOST_PAGES = 8;

    /** A page so little behind the last one was made for the same piece of work: it is gone through in order. */
    private static final int NEAR_IDS = 64;

    /** Reading buffers of a thread: one for each height of a tree, so that a walk can hold one page of each. */
    private static final int HEIGHTS = 8;

    private final ByteBuffer[] pages = new ByteBuffer[HEIGHTS];
    private ByteBuffer run;
    private final long[] places = new long[MOST_PAGES];
    private final int[] checksums = new int[MOST_PAGES];
    private int count;
    private long lastId;

    /** The buffer for a page of that height. */
    ByteBuffer page(int height) {
        int index = height & (HEIGHTS - 1);
        if (pages[index] == null) {
            pages[index] = ByteBuffer.allocateDirect(PageStore.PAGE_BYTES);
        }
        return pages[index].clear();
    }

    /**
     * Chooses the pages that are to be read with the one that is asked for; whether there are any.
     *
     * @param chunk that holds it
     * @param mayBring whether memory has room for them
     */
    boolean choose(long[] chunk, long id, long place, boolean mayBring) {
        boolean inOrder = id > lastId && id - lastId <= NEAR_IDS;
        lastId = id;
        count = 0;
        if (!inOrder || !mayBring) {
            return false;
        }
        add(place);
        int most = Math.min(MOST_PAGES, PageDirectory.SLOTS - (int) (id & (PageDirectory.SLOTS - 1)));
        for (int i = 1; i < most; i++) {
            long next = PageDirectory.place(chunk, id + i);
            if (PageTable.slotOf(next) != PageTable.slotOf(place) + i || PageDirectory.address(chunk, id + i) != 0) {
                break;
            }
            add(next);
        }
        return count > 1;
    }

    private void add(long place) {
        places[count] = place;
        checksums[count++] = PageTable.checksumOf(place);
    }

    /** Reads what was chosen; whether at least the first page is as it should be. */
    boolean read(PageBacking backing, long id) {
        if (run == null) {
            run = ByteBuffer.allocateDirect(MOST_PAGES * PageStore.PAGE_BYTES);
        }
        count = backing.readAhead(id, PageTable.slotOf(places[0]), checksums, count, run);
        lastId = id + Math.max(0, count - 1);
        return count > 0;
    }

    /** How many pages were read so, the one that was asked for included. */
    int count() {
        return count;
    }

    /** Where page {@code index} of them was when it was chosen. */
    long place(int index) {
        return places[index];
    }

    /** Where its content is now. */
    long address(int index) {
        return BufferUtil.address(run) + (long) index * PageStore.PAGE_BYTES;
    }
}
