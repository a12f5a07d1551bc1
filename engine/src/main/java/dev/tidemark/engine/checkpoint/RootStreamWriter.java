package dev.tidemark.engine.checkpoint;

import static dev.tidemark.engine.checkpoint.RootStreamDescriptor.*;

import dev.tidemark.engine.volume.GoneVolumes;
import dev.tidemark.storage.NoSpaceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Queue;
import org.agrona.collections.LongArrayList;

/**
 * Writes the root stream of one checkpoint, chunk by chunk, into slots that it takes as it goes; then the slot map,
 * which has to know them all. One thread; holds one chunk in memory.
 *
 * <p>The order: what {@link RootStreamSink} has but for the slot map, then {@link #finish}. Everything else that the
 * checkpoint takes or releases is taken and released before that. Nothing is forced here.
 */
public final class RootStreamWriter {
    /** Who gives the slots. */
    @FunctionalInterface
    public interface SlotSource {
        /** As {@link SlotMap#allocate}. */
        long allocate(int wantedSlots) throws IOException;
    }

    private final MetadataFile file;
    private final SlotSource source;
    private final long number;
    private final ByteBuffer chunk;
    private final ByteBuffer record = ByteBuffer.allocate(RECORD_HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final LongArrayList runs = new LongArrayList();
    /** Chunks that were taken ahead, in order. */
    private final Queue<Long> reserved = new ArrayDeque<>();

    private long run;
    private int nextSlots = 1;
    private int chunks;
    private int previousChecksum;
    private long payloadBytes;
    private long records;
    private boolean finished;

    /**
     * Begins a stream.
     *
     * @param source gives the slots, usually {@link SlotMap#allocate}
     * @param number of the checkpoint
     */
    public RootStreamWriter(MetadataFile file, SlotSource source, long number) throws IOException {
        this(file, source, number, newChunk());
    }

    /**
     * One that uses memory again.
     *
     * @param chunk from {@link #newChunk}, with any content; no other stream's meanwhile
     */
    RootStreamWriter(MetadataFile file, SlotSource source, long number, ByteBuffer chunk) throws IOException {
        this.file = file;
        this.source = source;
        this.number = number;
        this.chunk = chunk;
        begin(take(1));
    }

    /** What a stream needs in memory: to take it anew for each one costs more than a small one's bytes. */
    static ByteBuffer newChunk() {
        return ByteBuffer.allocateDirect(MAX_CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    // ---- records

    /** Adds the next row of the state. */
    public void stateRow(byte[] row) throws IOException {
        header(STATE_ROW, row.length);
        put(ByteBuffer.wrap(row).position(row.length));
    }

    /** Adds where the reference counts are. */
    public void countsRoot(long rootPage, int height, long usedBlocks) throws IOException {
        ByteBuffer body = body(COUNTS_ROOT, COUNTS_ROOT_BYTES);
        put(body.putLong(rootPage).putLong(usedBlocks).putInt(height));
    }

    /** Adds where the volumes are that are gone. */
    public void goneVolumes(GoneVolumes.Roots roots) throws IOException {
        ByteBuffer body = body(GONE_VOLUMES, GONE_VOLUMES_BYTES);
        body.putLong(roots.count()).putLong(roots.endBytes());
        body.putLong(roots.logRoot()).putLong(roots.indexRoot());
        put(body.putInt(roots.logHeight()).putInt(roots.indexHeight()));
    }

    /** Adds the last page id that was given, and how many pages live. */
    public void pageTable(long lastPage, long livePages) throws IOException {
        put(body(PAGE_TABLE, PAGE_TABLE_BYTES).putLong(lastPage).putLong(livePages));
    }

    /** Adds the next node of the page table that is not empty, by ascending index. */
    public void tableNode(int index, int slot, int checksum) throws IOException {
        put(body(TABLE_NODE, TABLE_NODE_BYTES).putInt(index).putInt(slot).putInt(checksum));
    }

    private ByteBuffer body(int kind, int length) throws IOException {
        header(kind, length);
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void header(int kind, int length) throws IOException {
        if (finished) {
            throw new IllegalStateException("the root stream is finished");
        }
        records++;
        put(record.clear().putInt(length).putInt(kind));
    }

    /** Adds the bytes before the position. */
    private void put(ByteBuffer bytes) throws IOException {
        int length = bytes.flip().limit();
        while (bytes.position() < length) {
            if (!chunk.hasRemaining()) {
                next();
            }
            bytes.limit(bytes.position() + Math.min(length - bytes.position(), chunk.remaining()));
            chunk.put(bytes);
        }
        payloadBytes += length;
    }

    // ---- chunks

    private long take(int wantedSlots) throws IOException {
        long taken = source.allocate(wantedSlots);
        if (taken == 0) {
            throw new NoSpaceException(MetadataFile.FILE_NAME + " has no free slot for the root stream");
        }
        runs.addLong(taken);
        return taken;
    }

    private void begin(long newRun) {
        run = newRun;
        chunk.limit(SlotMap.runLength(run) * MetadataFile.SLOT_BYTES).position(PAYLOAD_OFFSET);
    }

    /** Writes the chunk and begins the next one, larger than this one, so that small streams stay small. */
    private void next() throws IOException {
        nextSlots = Math.min(MAX_CHUNK_SLOTS, 2 * nextSlots);
        Long ahead = reserved.poll();
        long next = ahead == null ? take(nextSlots) : ahead;
        write(next);
        begin(next);
    }

    private void write(long next) throws IOException {
        int payload = chunk.position() - PAYLOAD_OFFSET;
        while (chunk.hasRemaining()) {
            chunk.put((byte) 0);
        }
        for (int i = 0; i < PAYLOAD_OFFSET; i++) {
            chunk.put(i, (byte) 0);
        }
        chunk.putInt(PREVIOUS_CHECKSUM_OFFSET, previousChecksum);
        chunk.putLong(NUMBER_OFFSET, number);
        chunk.putInt(INDEX_OFFSET, chunks);
        chunk.putInt(SLOTS_OFFSET, SlotMap.runLength(run));
        chunk.putInt(PAYLOAD_BYTES_OFFSET, payload);
        chunk.putInt(NEXT_SLOT_OFFSET, SlotMap.runFirst(next));
        chunk.putInt(NEXT_SLOTS_OFFSET, SlotMap.runLength(next));
        chunk.position(PREVIOUS_CHECKSUM_OFFSET);
        previousChecksum = PageChecksum.of(PageKind.ROOT, chunks, chunk);
        chunk.putInt(CHECKSUM_OFFSET, previousChecksum).position(0);
        file.write(SlotMap.runFirst(run), chunk);
        chunks++;
    }

    /** Takes slots ahead, so that as many more bytes take none. */
    private void reserve(long bytes) throws IOException {
        long missing = bytes - chunk.remaining();
        while (missing > 0) {
            long slots = missing / capacityBytes(1) + 1;
            long ahead = take((int) Math.min(MAX_CHUNK_SLOTS, slots));
            reserved.add(ahead);
            missing -= capacityBytes(SlotMap.runLength(ahead));
        }
    }

    // ---- the end

    /**
     * Seals the slot map, writes its changed pages, and ends the stream with it.
     *
     * @param map the slot map, with a checkpoint frozen, out of which the slots came
     * @param seq the last event that the checkpoint holds
     * @param journalOffset of the first frame after it
     * @return what goes into the superblock, after the file was forced
     * @throws NoSpaceException when slots are missing: who freezes a checkpoint makes sure before that there are enough
     */
    public CheckpointPlace finish(SlotMap map, long seq, long journalOffset) throws IOException {
        map.holdLimit();
        long writtenSlots = map.limit();
        long mapBytes = (long) map.pagesAhead() * (RECORD_HEADER_BYTES + SLOT_MAP_PAGE_BYTES);
        reserve(mapBytes + SLOT_MAP_BYTES + END_BYTES + 2 * RECORD_HEADER_BYTES);
        if (!map.seal()) {
            throw new NoSpaceException(MetadataFile.FILE_NAME + " has no free slot for the slot map");
        }
        writePages(map);
        put(body(SLOT_MAP, SLOT_MAP_BYTES).putLong(writtenSlots).putInt((int) map.highestSlot()));
        for (int page = 0; page < map.pages(); page++) {
            if (map.pageSlot(page) != 0) {
                ByteBuffer body = body(SLOT_MAP_PAGE, SLOT_MAP_PAGE_BYTES);
                put(body.putInt(page).putInt(map.pageSlot(page)).putInt(map.pageChecksum(page)));
            }
        }
        put(body(END, END_BYTES).putLong(records - 1));
        while (!reserved.isEmpty()) {
            next();
        }
        write(0);
        finished = true;
        return new CheckpointPlace(
                number,
                seq,
                journalOffset,
                SlotMap.runFirst(runs.getLong(0)),
                SlotMap.runLength(runs.getLong(0)),
                chunks,
                payloadBytes,
                previousChecksum);
    }

    private void writePages(SlotMap map) throws IOException {
        ByteBuffer page = ByteBuffer.allocateDirect(MetadataFile.SLOT_BYTES);
        for (int i = map.nextToWrite(0); i >= 0; i = map.nextToWrite(i + 1)) {
            page.clear();
            map.image(i, page);
            page.flip();
            int checksum = PageChecksum.of(PageKind.SLOT_MAP, i, page);
            file.write(map.pageSlot(i), page);
            map.pageWritten(i, checksum);
        }
    }

    /** The slots of the stream, as runs (see {@link SlotMap#runFirst}); the checkpoint after this one releases them. */
    public long[] runs() {
        return runs.toLongArray();
    }
}
