package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.exception.BlockChecksum;
import dev.tidemark.engine.read.BlockReader;
import dev.tidemark.engine.volume.LiveVolume;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The blocks that a write covers only in part: the rest of each is read from the volume and laid around the caller's
 * bytes, so that whole blocks are written (the slow path).
 *
 * <p>It is done twice. The submitting thread does it so that a cold block is read there and stalls nobody; PLACE does
 * it again at the request's turn, mostly from the page cache, because only there is it certain that the rest is the one
 * that the write before left. An instance belongs to one thread at a time.
 */
final class PartialBlocks {
    private final BlockReader reader;
    private final BlockChecksum checksum = new BlockChecksum();
    private final int blockSizeBytes;
    private final ByteBuffer block;

    PartialBlocks(BlockReader reader, int blockSizeBytes) {
        this.reader = reader;
        this.blockSizeBytes = blockSizeBytes;
        block = ByteBuffer.allocateDirect(blockSizeBytes);
    }

    /** Lays a write out in blocks and computes the checksums of the blocks that it covers whole. */
    static void layOut(Request request, int blockSizeBytes, BlockChecksum checksum) {
        int before = (int) (request.offset % blockSizeBytes);
        long end = request.offset + request.length;
        int after = (int) (end % blockSizeBytes);
        WriteBuffers.Buffer data = request.data;
        request.firstBlock = request.offset / blockSizeBytes;
        request.blocks = (int) ((end + blockSizeBytes - 1) / blockSizeBytes - request.firstBlock);
        request.dataIndex = data.payloadIndex() - before;
        request.headPartial = before != 0 || request.length < blockSizeBytes;
        request.tailPartial = after != 0 && (request.blocks > 1 || !request.headPartial);
        int[] checksums = data.checksums();
        int last = request.blocks - (request.tailPartial ? 1 : 0);
        for (int i = request.headPartial ? 1 : 0; i < last; i++) {
            checksums[i] = checksum.of(data.whole(), request.dataIndex + i * blockSizeBytes, blockSizeBytes);
        }
    }

    /** Fills the rest of a write's partial blocks from the volume, and computes their checksums. */
    void fill(Request request) throws IOException {
        if (request.headPartial) {
            fillBlock(request, 0);
        }
        if (request.tailPartial) {
            fillBlock(request, request.blocks - 1);
        }
    }

    private void fillBlock(Request request, int index) throws IOException {
        long blockNumber = request.firstBlock + index;
        readBlock(request.volume, blockNumber);
        long blockStart = blockNumber * blockSizeBytes;
        int from = (int) Math.max(0, request.offset - blockStart);
        int to = (int) Math.min(blockSizeBytes, request.offset + request.length - blockStart);
        ByteBuffer whole = request.data.whole();
        int at = request.dataIndex + index * blockSizeBytes;
        whole.put(at, block, 0, from);
        whole.put(at + to, block, to, blockSizeBytes - to);
        request.data.checksums()[index] = checksum.of(whole, at, blockSizeBytes);
    }

    /** Reads one block of a volume; zeros when it is unmapped. The buffer is good until the next call. */
    ByteBuffer readBlock(LiveVolume volume, long blockNumber) throws IOException {
        block.clear();
        reader.readBlocks(volume, blockNumber, block);
        return block.clear();
    }

    /** Zeroes bytes of the block read last and computes its checksum. */
    int zero(int from, int to) {
        for (int i = from; i < to; i++) {
            block.put(i, (byte) 0);
        }
        return checksum.of(block, 0, blockSizeBytes);
    }
}
