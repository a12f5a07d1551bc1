package dev.tidemark.engine.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Checks all of the metadata file that a checkpoint refers to: follows it from the root stream over the page table to
 * the pages, verifies every checksum, and holds what it finds against the slot map. Changes nothing and goes on over
 * damage. One thread; takes two bits a slot.
 *
 * <p>What the pages say is another check's business, which loads the state.
 */
public final class MetadataCheck {
    /** Entries of a leaf, and of a node, of the page table. */
    private static final int ENTRIES = 256;

    private static final int ENTRY_BYTES = 16;
    private static final int CHECKSUM_OFFSET = 4;
    private static final int COUNT_OFFSET = 8;
    private static final int ZERO_OFFSET = 12;

    /** Told after every some hundred slots. */
    @FunctionalInterface
    public interface Progress {
        /** Slots that were read, of about so many. */
        void slots(long read, long total);
    }

    private final MetadataFile file;
    private final CheckpointPlace place;
    private final Progress progress;
    private final CheckFindings findings = new CheckFindings();
    private final RootContent root = new RootContent();
    private SlotUse use;

    private final ByteBuffer node = newPage();
    private final ByteBuffer leaf = newPage();
    private final ByteBuffer page = newPage();

    private long pages;
    private long read;
    /** Something could not be read that refers to other slots: what those are isn't known. */
    private boolean blind;

    private MetadataCheck(MetadataFile file, CheckpointPlace place, Progress progress) {
        this.file = file;
        this.place = place;
        this.progress = progress;
    }

    private static ByteBuffer newPage() {
        return ByteBuffer.allocateDirect(MetadataFile.SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Checks what a checkpoint refers to.
     *
     * @param file open at least for reading, and not changed meanwhile
     * @param place of the checkpoint; {@link CheckpointPlace#NONE} has nothing to be checked
     * @return what is wrong, one line each; empty when all is well
     */
    public static CheckFindings run(MetadataFile file, CheckpointPlace place, Progress progress) {
        MetadataCheck check = new MetadataCheck(file, place, progress);
        if (place.exists() && check.readRoot()) {
            check.readSlotMap();
            check.readTable();
            check.compare();
        }
        return check.findings;
    }

    // ---- root stream and slot map

    private boolean readRoot() {
        long[] runs;
        try {
            runs = RootStreamReader.read(file, place, root);
            root.requireWhole(place);
        } catch (IOException e) {
            findings.add(e.getMessage() + "; nothing else can be checked without it");
            return false;
        }
        use = new SlotUse(root.writtenSlots, findings);
        int chunk = 0;
        for (long run : runs) {
            for (int i = 0; i < SlotMap.runLength(run); i++) {
                use.refer(PageKind.ROOT, chunk, SlotMap.runFirst(run) + i);
                read++;
            }
            chunk++;
        }
        return true;
    }

    private void readSlotMap() {
        for (RootContent.Image image : root.mapPages) {
            if (readImage(PageKind.SLOT_MAP, image.index(), image.slot(), image.checksum(), page)) {
                use.mark(image.index(), image.slot(), page);
            } else {
                use.markUnknown(image.index());
            }
        }
        if (!use.hasUnknown() && use.highestMarked() != Integer.toUnsignedLong(root.highestSlot)) {
            findings.add("slot-map: the highest slot in use is said to be " + Integer.toUnsignedLong(root.highestSlot)
                    + ", and is " + use.highestMarked());
        }
    }

    // ---- the page table

    private void readTable() {
        long lastNode = -1;
        for (RootContent.Image image : root.nodes) {
            long index = Integer.toUnsignedLong(image.index());
            if (index <= lastNode) {
                findings.add("table-node " + index + ": named after " + lastNode);
            }
            lastNode = index;
            if (readImage(PageKind.TABLE_NODE, index, image.slot(), image.checksum(), node)) {
                readNode(index);
            } else {
                blind = true;
            }
        }
        if (!blind && pages != root.livePages) {
            findings.add("page table: " + root.livePages + " pages are said to live, and " + pages + " have a slot");
        }
    }

    private void readNode(long index) {
        for (int i = 0; i < ENTRIES; i++) {
            int at = i * ENTRY_BYTES;
            long leafIndex = index * ENTRIES + i;
            int slot = node.getInt(at);
            checkEntry(node, at, PageKind.TABLE_LEAF, leafIndex);
            if (slot == 0) {
                continue;
            }
            if (readImage(PageKind.TABLE_LEAF, leafIndex, slot, node.getInt(at + CHECKSUM_OFFSET), leaf)) {
                long before = pages;
                readLeaf(leafIndex);
                int said = node.getInt(at + COUNT_OFFSET);
                if (pages - before != Integer.toUnsignedLong(said)) {
                    findings.add(text(PageKind.TABLE_LEAF, leafIndex, slot) + ": its node says "
                            + Integer.toUnsignedLong(said) + " pages, and it has " + (pages - before));
                }
            } else {
                blind = true;
            }
        }
    }

    private void readLeaf(long index) {
        for (int i = 0; i < ENTRIES; i++) {
            int at = i * ENTRY_BYTES;
            long id = index * ENTRIES + i;
            int slot = leaf.getInt(at);
            checkEntry(leaf, at, PageKind.PAGE, id);
            if (slot == 0) {
                continue;
            }
            pages++;
            if (id == 0 || id > root.lastPage) {
                findings.add(text(PageKind.PAGE, id, slot) + ": the last id that was given is " + root.lastPage);
            }
            if (leaf.getInt(at + COUNT_OFFSET) == 0) {
                findings.add(text(PageKind.PAGE, id, slot) + ": nothing refers to it");
            }
            readImage(PageKind.PAGE, id, slot, leaf.getInt(at + CHECKSUM_OFFSET), page);
        }
    }

    private void checkEntry(ByteBuffer image, int at, PageKind kind, long index) {
        boolean hasSlot = image.getInt(at) != 0;
        if (!hasSlot && (image.getInt(at + CHECKSUM_OFFSET) | image.getInt(at + COUNT_OFFSET)) != 0) {
            findings.add(kind + " " + index + ": its entry has no slot, and is not empty");
        }
        if (image.getInt(at + ZERO_OFFSET) != 0) {
            findings.add(kind + " " + index + ": its entry has something where nothing is yet");
        }
    }

    /** Reads one image and verifies it; what is wrong becomes a finding, and false. */
    private boolean readImage(PageKind kind, long index, int slot, int checksum, ByteBuffer target) {
        use.refer(kind, index, slot);
        read++;
        if (read % ENTRIES == 0) {
            progress.slots(read, use.marked());
        }
        try {
            file.readVerified(kind, index, slot, checksum, target.clear());
            return true;
        } catch (MetadataDamagedException e) {
            findings.add(text(kind, index, slot) + ": " + e.problem());
        } catch (IOException e) {
            findings.add(text(kind, index, slot) + ": can't be read: " + e.getMessage());
        }
        return false;
    }

    private static String text(PageKind kind, long index, int slot) {
        return kind + " " + index + " in slot " + Integer.toUnsignedLong(slot);
    }

    // ---- both

    private void compare() {
        use.compare(blind);
        progress.slots(read, Math.max(read, use.marked()));
    }
}
