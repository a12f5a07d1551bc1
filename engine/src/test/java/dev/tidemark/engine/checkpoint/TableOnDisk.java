package dev.tidemark.engine.checkpoint;

import dev.tidemark.engine.volume.GoneVolumes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Writes checkpoints of pages with random content, each whole (nothing is taken over from the one before), so that it
 * needs no page store. What is to be wrong is put in by the test.
 */
final class TableOnDisk {
    static final int ENTRY_BYTES = 16;

    final MetadataFile file;
    final SlotMap map = new SlotMap();
    /** What stands where: kind and index by slot, of the last checkpoint. */
    final Map<Integer, String> content = new TreeMap<>(Integer::compareUnsigned);

    /** Changes an image before it is written: its name as in {@link #content}, and its bytes. */
    Consumer<Map.Entry<String, ByteBuffer>> change = entry -> {};
    /** Changes the slot map after everything was placed. */
    Consumer<SlotMap> slots = its -> {};
    /** Added to what the root stream says lives. */
    long livePagesMore;

    private final Random random;
    private long number;

    TableOnDisk(MetadataFile file, int slots, long seed) throws IOException {
        this.file = file;
        this.random = new Random(seed);
        file.extendTo(slots);
        map.extend(slots);
    }

    /** Goes on from a checkpoint, of which it is known what stood where. */
    TableOnDisk(MetadataFile file, CheckpointPlace place, Map<Integer, String> content, long seed) throws IOException {
        this.file = file;
        this.random = new Random(seed);
        this.number = place.number();
        RootContent root = new RootContent();
        if (place.exists()) {
            RootStreamReader.read(file, place, root);
            map.extend(root.writtenSlots);
        }
        ByteBuffer page = page();
        for (RootContent.Image image : root.mapPages) {
            file.readVerified(PageKind.SLOT_MAP, image.index(), image.slot(), image.checksum(), page.clear());
            map.restore(image.index(), image.slot(), image.checksum(), page);
        }
        this.content.putAll(content);
    }

    /** Writes a checkpoint of those pages, by ascending ids. */
    CheckpointPlace write(long lastPage, long... ids) throws IOException {
        for (Integer slot : content.keySet()) {
            map.release(slot);
        }
        content.clear();
        map.freeze();
        Map<Long, ByteBuffer> leaves = new TreeMap<>();
        Map<Long, ByteBuffer> nodes = new TreeMap<>();
        for (long id : ids) {
            byte[] bytes = new byte[MetadataFile.SLOT_BYTES];
            random.nextBytes(bytes);
            ByteBuffer page = ByteBuffer.wrap(bytes);
            long place = put(PageKind.PAGE, id, page);
            enter(leaves, id, place, 1 + random.nextInt(3));
        }
        for (Map.Entry<Long, ByteBuffer> leaf : leaves.entrySet()) {
            int count = 0;
            for (int at = 0; at < MetadataFile.SLOT_BYTES; at += ENTRY_BYTES) {
                count += leaf.getValue().getInt(at) == 0 ? 0 : 1;
            }
            enter(nodes, leaf.getKey(), put(PageKind.TABLE_LEAF, leaf.getKey(), leaf.getValue()), count);
        }
        RootStreamWriter root = new RootStreamWriter(file, map::allocate, ++number);
        root.stateRow("a row of the state".getBytes(StandardCharsets.US_ASCII));
        root.countsRoot(1, 1, 5);
        root.goneVolumes(new GoneVolumes.Roots(0, 0, 0, 0, 0, 0));
        root.pageTable(lastPage, ids.length + livePagesMore);
        for (Map.Entry<Long, ByteBuffer> node : nodes.entrySet()) {
            long place = put(PageKind.TABLE_NODE, node.getKey(), node.getValue());
            root.tableNode(node.getKey().intValue(), (int) place, (int) (place >>> 32));
        }
        slots.accept(map);
        CheckpointPlace place = root.finish(map, 1, 4096);
        map.commit();
        map.freeDead();
        for (int run = 0; run < root.runs().length; run++) {
            for (int i = 0; i < SlotMap.runLength(root.runs()[run]); i++) {
                content.put(SlotMap.runFirst(root.runs()[run]) + i, PageKind.ROOT + " " + run);
            }
        }
        return place;
    }

    /** What the map's own pages are, which {@link #content} leaves out: it releases them itself. */
    Map<Integer, String> all() {
        Map<Integer, String> all = new TreeMap<>(content);
        for (int page = 0; page < map.pages(); page++) {
            if (map.pageSlot(page) != 0) {
                all.put(map.pageSlot(page), PageKind.SLOT_MAP + " " + page);
            }
        }
        return all;
    }

    private static ByteBuffer page() {
        return ByteBuffer.allocate(MetadataFile.SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void enter(Map<Long, ByteBuffer> images, long index, long place, int count) {
        ByteBuffer image = images.computeIfAbsent(index / 256, key -> page());
        int at = (int) (index % 256) * ENTRY_BYTES;
        image.putLong(at, place).putInt(at + 8, count);
    }

    /** Writes an image; returns its slot (lower half) and checksum (upper). */
    private long put(PageKind kind, long index, ByteBuffer image) throws IOException {
        int slot = SlotMap.runFirst(map.allocate(1));
        change.accept(Map.entry(kind + " " + index, image));
        file.write(slot, image.duplicate());
        content.put(slot, kind + " " + index);
        return Integer.toUnsignedLong(slot) | (long) PageChecksum.of(kind, index, image) << 32;
    }
}
