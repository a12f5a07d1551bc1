package dev.tidemark.journal;

import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A segment's file as it was found.
 *
 * @param path its name in the storage
 * @param first the first offset, by its name
 * @param size bytes of the file
 * @param state what its header block is
 * @param header if it is whole
 */
record SegmentFile(String path, long first, long size, SegmentHeader.State state, SegmentHeader header) {

    static String path(String directory, long first) {
        return directory + "/" + SegmentName.of(first);
    }

    /** The first offsets of all segment files in a directory, ascending. */
    static List<Long> offsets(Storage storage, String directory) throws IOException {
        List<Long> offsets = new ArrayList<>();
        for (String name : storage.list(directory)) {
            if (SegmentName.isSegment(name)) {
                offsets.add(SegmentName.firstOffset(name));
            }
        }
        offsets.sort(null);
        return offsets;
    }

    /** Looks at a segment's size and header. */
    static SegmentFile look(Storage storage, String directory, long first) throws IOException {
        String path = path(directory, first);
        try (StorageFile file = storage.open(path, Storage.Mode.READ)) {
            return look(file, path, first);
        }
    }

    static SegmentFile look(StorageFile file, String path, long first) throws IOException {
        ByteBuffer block =
                ByteBuffer.allocateDirect(SegmentDescriptor.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        int available = file.read(0, block);
        SegmentHeader.State state = SegmentHeader.state(block, 0, available);
        SegmentHeader header = state == SegmentHeader.State.WHOLE ? SegmentHeader.decode(block, 0) : null;
        return new SegmentFile(path, first, file.size(), state, header);
    }

    boolean isWhole() {
        return state == SegmentHeader.State.WHOLE;
    }

    /** Where the segment ends in the journal, of one with a whole header. */
    long end() {
        return header.end();
    }
}
