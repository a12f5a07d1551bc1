package dev.tidemark.engine.checkpoint;

import dev.tidemark.engine.mapping.PageBacking;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The metadata file as the place where pages are that memory does not hold. Any thread. */
final class MetadataSlots implements PageBacking {
    private final MetadataFile file;
    private final SlotMap slots;

    /**
     * @param slots told of pages that are gone; null for who only reads
     */
    MetadataSlots(MetadataFile file, SlotMap slots) {
        this.file = file;
        this.slots = slots;
    }

    @Override
    public void read(dev.tidemark.engine.mapping.PageKind kind, long index, int slot, int checksum, ByteBuffer page)
            throws IOException {
        PageKind its = switch (kind) {
            case PAGE -> PageKind.PAGE;
            case TABLE_LEAF -> PageKind.TABLE_LEAF;
            case TABLE_NODE -> PageKind.TABLE_NODE;
        };
        file.readVerified(its, index, slot, checksum, page.clear());
        page.clear();
    }

    @Override
    public int readAhead(long firstId, int slot, int[] checksums, int count, ByteBuffer images) {
        try {
            file.read(PageKind.PAGE, firstId, slot, images.clear().limit(count * MetadataFile.SLOT_BYTES));
        } catch (IOException e) {
            return 0; // perhaps only one of them can't be read
        }
        for (int i = 0; i < count; i++) {
            images.limit((i + 1) * MetadataFile.SLOT_BYTES).position(i * MetadataFile.SLOT_BYTES);
            if (PageChecksum.of(PageKind.PAGE, firstId + i, images) != checksums[i]) {
                return i;
            }
        }
        return count;
    }

    @Override
    public void dropped(int slot) {
        if (slots != null) {
            slots.releaseDead(slot);
        }
    }
}
