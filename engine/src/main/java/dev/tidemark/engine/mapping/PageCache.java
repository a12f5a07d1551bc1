package dev.tidemark.engine.mapping;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.agrona.BufferUtil;
import org.agrona.UnsafeApi;
import org.agrona.collections.LongHashSet;

/**
 * Which pages are in memory: brings them in when somebody asks for one, and lets clean ones go.
 *
 * <p>Any thread may bring a page in: it reads the page's slot without the lock, and puts it in its place under it,
 * unless the page was moved or brought in meanwhile. A thread that only reads and finds no frame free reads from a
 * buffer of its own instead. Only the writer lets pages go ({@link #trim}), between two events, so an address that it
 * holds stays good during an event; the frames are used again when every epoch is over in which a reader could have
 * found them. What the writer needs at once it gets beyond the limit, until the next trim.
 *
 * <p>The evictor is a clock (Corbató, "A paging experiment with the Multics system", 1968): the hand goes round the
 * resident pages, spares those that were looked at since it came by, and those that no checkpoint has written.
 */
final class PageCache {
    /** Frames are kept free for readers: a sixteenth. */
    private static final int FREE_SHARE = 16;
    /** The least budget: one path of a tree, and some more; options ask for much more. */
    static final int LEAST_FRAMES = 16;

    /** What the directory takes of the budget when pages come from all over; it may take a quarter before it is cut. */
    private static final int DIRECTORY_SHARE = 8;

    /** Bounds what one trim does between two batches: some hundred microseconds. */
    private static final int MOST_EVICTIONS = 1024;

    private static final int MOST_HAND_MOVES = 4 * MOST_EVICTIONS;

    private final Object lock;
    private final FramePool frames;
    private final PageDirectory directory;
    private final PageTable table;
    private final PageBacking backing;
    private final long budgetBytes;
    private final ThreadLocal<FaultBuffers> buffers = ThreadLocal.withInitial(FaultBuffers::new);
    private final LongQueue cooling = new LongQueue();

    /** Ids of pages that are, or were, resident. */
    private long[] ring = new long[64];

    private int ringSize;
    private int hand;
    private long usedFrames;
    private volatile long residentPages;
    private long faults;
    private long evictions;
    private volatile boolean framesShort;
    /**
     * Half of the budget is used: from here on it counts who is looked at. Not volatile: a late answer does no harm.
     */
    private boolean scarce;
    /** The hand went round twice and found nothing that could go, and nothing was written or brought in since. */
    private volatile boolean fruitless;

    /** How far the hand went since a page went. */
    private long fruitlessMoves;

    private volatile boolean closed;

    /**
     * @param backing null when every page stays in memory
     * @param budgetBytes for frames and directory
     */
    PageCache(
            Object lock,
            FramePool frames,
            PageDirectory directory,
            PageTable table,
            PageBacking backing,
            long budgetBytes) {
        this.lock = lock;
        this.frames = frames;
        this.directory = directory;
        this.table = table;
        this.backing = backing;
        this.budgetBytes = budgetBytes;
    }

    /**
     * Frames that may be in use. An eighth is the directory's though it does not need it yet: frames that were taken
     * from the system before it grew are not given back.
     */
    long budgetFrames() {
        long others = Math.max(directory.memoryBytes(), budgetBytes / DIRECTORY_SHARE);
        return Math.max(LEAST_FRAMES, (budgetBytes - others) / PageStore.PAGE_BYTES);
    }

    long residentPages() {
        return residentPages;
    }

    long faults() {
        return faults;
    }

    long evictions() {
        return evictions;
    }

    long usedFrames() {
        return usedFrames;
    }

    /** Whether pages may soon have to go, so that it counts which are looked at. Any thread. */
    boolean isScarce() {
        return scarce;
    }

    /** Pages were written, so some may go now. */
    void written() {
        fruitless = false;
    }

    /** A frame, whatever the limit says. Under the lock. */
    long take() {
        usedFrames++;
        scarce = backing != null && usedFrames > budgetFrames() / 2;
        return frames.take();
    }

    /** A frame of zeros. Under the lock. */
    long takeZeros() {
        long frame = take();
        UnsafeApi.setMemory(frame, PageStore.PAGE_BYTES, (byte) 0);
        return frame;
    }

    /** A frame with the content of another page. Under the lock. */
    long takeCopy(long from) {
        long frame = take();
        UnsafeApi.copyMemory(from, frame, PageStore.PAGE_BYTES);
        return frame;
    }

    void give(long frame) {
        usedFrames--;
        frames.give(frame);
    }

    /** Notes that a page is resident. Under the lock. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
    void entered(long id) {
        residentPages++;
        if (backing == null) {
            return;
        }
        fruitless = false;
        if (ringSize == ring.length) {
            compactRing();
        }
        ring[ringSize++] = id;
    }

    /** Notes that a dropped page's frame is free. Under the lock. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
    void left(long frame) {
        residentPages--;
        give(frame);
    }

    private void compactRing() {
        int kept = 0;
        for (int i = 0; i < ringSize; i++) {
            if (directory.address(ring[i]) != 0) {
                ring[kept++] = ring[i];
            }
        }
        ringSize = kept;
        hand = 0;
        if (kept > ring.length / 2) {
            ring = Arrays.copyOf(ring, ring.length * 2);
        }
    }

    /**
     * Brings a page in, unless it is there.
     *
     * @param height of the page in its tree, which says which of its buffers the thread reads into
     * @param must whether it has to be made resident; else the answer may be the thread's own copy
     * @return its address, 0 when there is no such page
     */
    long fault(long id, int height, boolean must) {
        while (backing != null && !closed) {
            long[] chunk = directory.chunk(id);
            if (chunk == null) {
                if (isKnownMissing(id)) {
                    return 0;
                }
                FaultBuffers mine = buffers.get();
                table.bringIn(id >>> PageTable.LEAF_BITS, kind -> mine.page(0));
                continue;
            }
            long address = PageDirectory.address(chunk, id);
            long place = PageDirectory.place(chunk, id);
            if (address != 0 || place == 0) {
                return address;
            }
            address = read(id, place, chunk, height, must);
            if (address != 0) {
                return address;
            }
        }
        return 0;
    }

    /** Reads a page, and those behind it if they will be wanted; 0 when it was moved or brought in meanwhile. */
    private long read(long id, long place, long[] chunk, int height, boolean must) {
        FaultBuffers mine = buffers.get();
        boolean ahead = mine.choose(chunk, id, place, usedFrames + FaultBuffers.MOST_PAGES <= budgetFrames())
                && mine.read(backing, id);
        long image;
        if (ahead) {
            image = mine.address(0);
        } else {
            ByteBuffer page = mine.page(height);
            try {
                backing.read(PageKind.PAGE, id, PageTable.slotOf(place), PageTable.checksumOf(place), page);
            } catch (IOException e) {
                if (isStill(id, place)) {
                    throw new PageUnreadableException(PageKind.PAGE, id, PageTable.slotOf(place), e);
                }
                return 0; // a checkpoint moved it meanwhile, or somebody brought it in
            }
            image = BufferUtil.address(page);
        }
        synchronized (lock) {
            long[] now = directory.chunk(id);
            if (now == null || PageDirectory.place(now, id) != place) {
                return 0;
            }
            long address = PageDirectory.address(now, id);
            if (address != 0) {
                return address;
            }
            if (!must && !hasFree()) {
                faults++;
                return ahead ? keep(image, mine.page(height)) : image;
            }
            address = enter(now, id, image);
            for (int i = 1; ahead && i < mine.count() && hasFree(); i++) {
                if (isAbsent(now, id + i) && PageDirectory.place(now, id + i) == mine.place(i)) {
                    enter(now, id + i, mine.address(i));
                }
            }
            return address;
        }
    }

    /** Brings a page in, when there is room; its address, never a thread's own copy, or 0. */
    long bringInIfRoom(long id, boolean alone) {
        if (alone) {
            return bringInAlone(id);
        }
        return fault(id, 0, false) == 0 ? 0 : directory.address(id);
    }

    /**
     * Brings one page in and nothing with it, when there is room: for threads that work side by side, in no order. What
     * takes time is done without the lock: the read, and the first touch of a frame that was never used.
     *
     * @return its address, 0 when there is no room or no such page
     */
    private long bringInAlone(long id) {
        while (backing != null && !closed) {
            FaultBuffers mine = buffers.get();
            long[] chunk = directory.chunk(id);
            if (chunk == null) {
                if (isKnownMissing(id)) {
                    return 0;
                }
                table.bringIn(id >>> PageTable.LEAF_BITS, kind -> mine.page(0));
                continue;
            }
            long address = PageDirectory.address(chunk, id);
            long place = PageDirectory.place(chunk, id);
            if (address != 0 || place == 0) {
                return address;
            }
            long frame = takeFree();
            if (frame == 0) {
                return 0;
            }
            boolean entered = false;
            try {
                ByteBuffer page = mine.page(0);
                backing.read(PageKind.PAGE, id, PageTable.slotOf(place), PageTable.checksumOf(place), page);
                UnsafeApi.copyMemory(BufferUtil.address(page), frame, PageStore.PAGE_BYTES);
                entered = enterFilled(id, place, frame);
            } catch (IOException e) {
                if (isStill(id, place)) {
                    throw new PageUnreadableException(PageKind.PAGE, id, PageTable.slotOf(place), e);
                }
            } finally {
                if (!entered) {
                    giveBack(frame);
                }
            }
        }
        return 0;
    }

    private long takeFree() {
        synchronized (lock) {
            return hasFree() ? take() : 0;
        }
    }

    private void giveBack(long frame) {
        synchronized (lock) {
            give(frame);
        }
    }

    /** Puts a frame that holds the page's content in its place, unless somebody else did, or the page was moved. */
    private boolean enterFilled(long id, long place, long frame) {
        synchronized (lock) {
            long[] now = directory.chunk(id);
            if (now == null || PageDirectory.place(now, id) != place || PageDirectory.address(now, id) != 0) {
                return false;
            }
            faults++;
            entered(id);
            PageDirectory.touch(now, id);
            PageDirectory.address(now, id, frame);
            return true;
        }
    }

    /** Whether a page nobody asked for lives and is not in memory: one in limbo is left to who walks through it. */
    private static boolean isAbsent(long[] chunk, long id) {
        return chunk[PageDirectory.slot(id) + PageDirectory.REFERENCES] != 0 && PageDirectory.address(chunk, id) == 0;
    }

    private static long keep(long image, ByteBuffer page) {
        UnsafeApi.copyMemory(image, BufferUtil.address(page), PageStore.PAGE_BYTES);
        return BufferUtil.address(page);
    }

    private long enter(long[] chunk, long id, long image) {
        faults++;
        long frame = take();
        UnsafeApi.copyMemory(image, frame, PageStore.PAGE_BYTES);
        entered(id);
        PageDirectory.touch(chunk, id);
        PageDirectory.address(chunk, id, frame);
        return frame;
    }

    private boolean hasFree() {
        long free = budgetFrames() - usedFrames;
        framesShort = free < budgetFrames() / FREE_SHARE;
        return free > 0;
    }

    private boolean isKnownMissing(long id) {
        synchronized (lock) {
            return directory.chunk(id) == null && table.isInMemory(id >>> PageTable.LEAF_BITS);
        }
    }

    private boolean isStill(long id, long place) {
        synchronized (lock) {
            long[] chunk = directory.chunk(id);
            return chunk != null && PageDirectory.place(chunk, id) == place && PageDirectory.address(chunk, id) == 0;
        }
    }

    /** Whether the writer should trim at its next turn. Any thread. */
    boolean wantsTrim() {
        return !fruitless && (framesShort || usedFrames > budgetFrames() - budgetFrames() / FREE_SHARE);
    }

    /**
     * Lets clean pages go until enough frames are free, or a bounded while. Writer, between events.
     *
     * @param epoch the running one, with which the frames are stamped
     * @param changedLeaves of the page table, since the last freeze; null while a checkpoint is being written: then the
     *     directory stays as it is
     * @return how many pages went
     */
    int trim(long epoch, LongHashSet changedLeaves) {
        synchronized (lock) {
            int evicted = 0;
            long limit = budgetFrames();
            long target = limit - limit / (FREE_SHARE / 2);
            int mostMoves = Math.min(MOST_HAND_MOVES, 2 * ringSize);
            int moves = mostMoves;
            while (usedFrames - cooling.size() / 2 > target && evicted < MOST_EVICTIONS && moves-- > 0) {
                evicted += moveHand(epoch) ? 1 : 0;
            }
            evictions += evicted;
            if (changedLeaves != null && directory.memoryBytes() > budgetBytes / 4) {
                table.dropIdleLeaves(changedLeaves);
            }
            framesShort = false;
            fruitlessMoves = evicted == 0 ? fruitlessMoves + mostMoves : 0;
            fruitless = fruitlessMoves >= 2L * ringSize;
            return evicted;
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
    private boolean moveHand(long epoch) {
        if (ringSize == 0) {
            return false;
        }
        hand = hand >= ringSize ? 0 : hand;
        long id = ring[hand];
        long[] chunk = directory.chunk(id);
        long frame = chunk == null ? 0 : PageDirectory.address(chunk, id);
        if (frame == 0) {
            ring[hand] = ring[--ringSize];
            return false;
        }
        int slot = PageDirectory.slot(id);
        long bit = 1L << id;
        if ((chunk[PageDirectory.TOUCHED] & bit) != 0) {
            chunk[PageDirectory.TOUCHED] &= ~bit;
            hand++;
            return false;
        }
        if (chunk[slot + PageDirectory.STATE] != 0 || chunk[slot + PageDirectory.REFERENCES] == 0) {
            hand++; // no checkpoint has written it as it is; or it is in limbo
            return false;
        }
        ring[hand] = ring[--ringSize];
        PageDirectory.address(chunk, id, 0);
        cooling.add(frame);
        cooling.add(epoch);
        residentPages--;
        return true;
    }

    /** Makes frames free whose readers have left. Under the lock. Writer. */
    void recycle(long safeEpoch) {
        while (!cooling.isEmpty() && cooling.get(1) < safeEpoch) {
            give(cooling.remove());
            cooling.remove();
        }
    }

    boolean isCooling() {
        return !cooling.isEmpty();
    }

    long memoryBytes() {
        return cooling.memoryBytes() + 16 + 8L * ring.length + table.memoryBytes();
    }

    void close() {
        closed = true;
    }
}
