package dev.tidemark.engine.checkpoint;

import static dev.tidemark.engine.checkpoint.RootStreamDescriptor.*;

import dev.tidemark.engine.volume.GoneVolumes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.collections.LongArrayList;

/**
 * Reads a root stream and verifies it, chunk by chunk; holds one chunk and one record in memory. One thread.
 *
 * <p>Each chunk is verified before anything of it is handed out; that the chain is that of the superblock is known at
 * its end only. Who gets an exception throws away what it was handed.
 */
public final class RootStreamReader {
    private final MetadataFile file;
    private final CheckpointPlace place;
    private final ByteBuffer chunk = ByteBuffer.allocateDirect(MAX_CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final LongArrayList runs = new LongArrayList();

    private int index;
    private int slot;
    private int checksum;
    private int nextSlot;
    private int nextSlots;
    private long leftBytes;

    private RootStreamReader(MetadataFile file, CheckpointPlace place) {
        this.file = file;
        this.place = place;
        this.index = -1;
        this.nextSlot = place.firstSlot();
        this.nextSlots = place.firstSlots();
        this.leftBytes = place.lengthBytes();
        chunk.limit(0);
    }

    /**
     * Hands out what the root stream of a checkpoint says.
     *
     * @return the slots of the stream, as runs (see {@link SlotMap#runFirst})
     * @throws MetadataDamagedException when it is not what was written
     */
    public static long[] read(MetadataFile file, CheckpointPlace place, RootStreamSink sink) throws IOException {
        RootStreamReader reader = new RootStreamReader(file, place);
        reader.readRecords(sink);
        reader.readRest();
        return reader.runs.toLongArray();
    }

    private void readRecords(RootStreamSink sink) throws IOException {
        for (long records = 0; ; records++) {
            ByteBuffer header = wrap(bytes(RECORD_HEADER_BYTES));
            int length = header.getInt();
            int kind = header.getInt();
            byte[] bytes = bytes(length);
            if (kind != STATE_ROW && length != lengthOf(kind)) {
                throw damaged("a record of kind " + kind + " and " + length + " bytes");
            }
            ByteBuffer body = wrap(bytes);
            switch (kind) {
                case STATE_ROW -> sink.stateRow(bytes);
                case COUNTS_ROOT -> {
                    long rootPage = body.getLong();
                    long usedBlocks = body.getLong();
                    sink.countsRoot(rootPage, body.getInt(), usedBlocks);
                }
                case GONE_VOLUMES -> goneVolumes(body, sink);
                case PAGE_TABLE -> sink.pageTable(body.getLong(), body.getLong());
                case TABLE_NODE -> sink.tableNode(body.getInt(), body.getInt(), body.getInt());
                case SLOT_MAP -> sink.slotMap(body.getLong(), body.getInt());
                case SLOT_MAP_PAGE -> sink.slotMapPage(body.getInt(), body.getInt(), body.getInt());
                default -> {
                    if (body.getLong() != records) {
                        throw damaged("it ends after " + records + " records");
                    }
                    return;
                }
            }
        }
    }

    private static void goneVolumes(ByteBuffer body, RootStreamSink sink) throws IOException {
        long count = body.getLong();
        long endBytes = body.getLong();
        long logRoot = body.getLong();
        long indexRoot = body.getLong();
        int logHeight = body.getInt();
        sink.goneVolumes(new GoneVolumes.Roots(count, endBytes, logRoot, logHeight, indexRoot, body.getInt()));
    }

    private static int lengthOf(int kind) {
        return switch (kind) {
            case COUNTS_ROOT -> COUNTS_ROOT_BYTES;
            case PAGE_TABLE -> PAGE_TABLE_BYTES;
            case TABLE_NODE -> TABLE_NODE_BYTES;
            case SLOT_MAP -> SLOT_MAP_BYTES;
            case SLOT_MAP_PAGE -> SLOT_MAP_PAGE_BYTES;
            case END -> END_BYTES;
            case GONE_VOLUMES -> GONE_VOLUMES_BYTES;
            default -> -1;
        };
    }

    /** The chunks that were taken ahead and stayed empty belong to the chain, too. */
    private void readRest() throws IOException {
        while (leftBytes == 0 && nextSlot != 0) {
            nextChunk();
        }
        if (leftBytes != 0 || chunk.hasRemaining() || index != place.chunks() - 1) {
            throw damaged("it ends elsewhere than the superblock says");
        }
        if (checksum != place.checksum()) {
            throw damaged("it is not the one of the superblock");
        }
    }

    private static ByteBuffer wrap(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private byte[] bytes(int length) throws IOException {
        if (length < 0 || length > leftBytes) {
            throw damaged("a record goes beyond the end");
        }
        leftBytes -= length;
        byte[] bytes = new byte[length];
        for (int done = 0; done < length; ) {
            if (!chunk.hasRemaining()) {
                nextChunk();
                continue;
            }
            int part = Math.min(length - done, chunk.remaining());
            chunk.get(bytes, done, part);
            done += part;
        }
        return bytes;
    }

    private void nextChunk() throws IOException {
        int previous = checksum;
        index++;
        slot = nextSlot;
        if (slot == 0 || index >= place.chunks() || nextSlots < 1 || nextSlots > MAX_CHUNK_SLOTS) {
            throw damaged("the chain of chunks is broken");
        }
        runs.addLong(SlotMap.run(Integer.toUnsignedLong(slot), nextSlots));
        chunk.clear().limit(nextSlots * MetadataFile.SLOT_BYTES);
        file.read(PageKind.ROOT, index, slot, chunk);
        chunk.position(PREVIOUS_CHECKSUM_OFFSET);
        checksum = PageChecksum.of(PageKind.ROOT, index, chunk);
        if (checksum != chunk.getInt(CHECKSUM_OFFSET)) {
            throw damaged("its checksum does not match");
        }
        int payload = chunk.getInt(PAYLOAD_BYTES_OFFSET);
        boolean expected = chunk.getInt(PREVIOUS_CHECKSUM_OFFSET) == previous
                && chunk.getLong(NUMBER_OFFSET) == place.number()
                && chunk.getInt(INDEX_OFFSET) == index
                && chunk.getInt(SLOTS_OFFSET) == nextSlots
                && payload >= 0
                && payload <= capacityBytes(nextSlots);
        if (!expected) {
            throw damaged("it belongs elsewhere");
        }
        nextSlot = chunk.getInt(NEXT_SLOT_OFFSET);
        nextSlots = chunk.getInt(NEXT_SLOTS_OFFSET);
        chunk.limit(PAYLOAD_OFFSET + payload).position(PAYLOAD_OFFSET);
    }

    private MetadataDamagedException damaged(String problem) {
        return new MetadataDamagedException(PageKind.ROOT, Math.max(0, index), slot, problem);
    }
}
