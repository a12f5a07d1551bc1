package dev.tidemark.engine.checkpoint;

import dev.tidemark.engine.volume.GoneVolumes;
import java.io.IOException;

/**
 * What the root stream says, in its order: state rows, reference counts, volumes that are gone, page table, its
 * nodes, slot map, its pages. The writer takes it, the reader hands it out.
 */
public interface RootStreamSink {
    /** The next row of the state. */
    void stateRow(byte[] row) throws IOException;

    /** Where the reference counts are. */
    void countsRoot(long rootPage, int height, long usedBlocks) throws IOException;

    /** Where the volumes are that are gone. Not in checkpoints of version 2, which have rows instead. */
    void goneVolumes(GoneVolumes.Roots roots) throws IOException;

    /** The last page id that was given, and how many pages live. */
    void pageTable(long lastPage, long livePages) throws IOException;

    /** The next node of the page table that is not empty, by ascending index. */
    void tableNode(int index, int slot, int checksum) throws IOException;

    /**
     * The slot map: slots that are physically written, slot 0 included, and the largest one in use, unsigned.
     */
    void slotMap(long writtenSlots, int highestSlot) throws IOException;

    /** The next page of the slot map that is not empty, by ascending index. */
    void slotMapPage(int index, int slot, int checksum) throws IOException;
}
