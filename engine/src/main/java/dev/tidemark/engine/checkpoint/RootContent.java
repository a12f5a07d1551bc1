package dev.tidemark.engine.checkpoint;

import dev.tidemark.engine.volume.GoneVolumes;
import java.util.ArrayList;
import java.util.List;

/** What a root stream says, but for the rows of the state, which are only counted. One thread. */
final class RootContent implements RootStreamSink {
    /** What a slot holds, and its checksum. */
    record Image(int index, int slot, int checksum) {}

    final List<Image> nodes = new ArrayList<>();
    final List<Image> mapPages = new ArrayList<>();
    long rows;
    long lastPage = -1;
    long livePages;
    long writtenSlots = -1;
    int highestSlot;

    @Override
    public void stateRow(byte[] row) {
        rows++;
    }

    @Override
    public void countsRoot(long rootPage, int height, long usedBlocks) {}

    @Override
    public void goneVolumes(GoneVolumes.Roots roots) {}

    @Override
    public void pageTable(long last, long live) {
        lastPage = last;
        livePages = live;
    }

    @Override
    public void tableNode(int index, int slot, int checksum) {
        nodes.add(new Image(index, slot, checksum));
    }

    @Override
    public void slotMap(long written, int highest) {
        writtenSlots = written;
        highestSlot = highest;
    }

    @Override
    public void slotMapPage(int index, int slot, int checksum) {
        mapPages.add(new Image(index, slot, checksum));
    }

    /** Requires that all kinds of records were there. */
    void requireWhole(CheckpointPlace place) throws MetadataDamagedException {
        if (lastPage < 0 || writtenSlots < 1 || writtenSlots > SlotMap.MAX_SLOTS) {
            throw new MetadataDamagedException(
                    PageKind.ROOT, 0, place.firstSlot(), "it does not say all that a checkpoint has to");
        }
    }
}
