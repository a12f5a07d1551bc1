package dev.tidemark.engine.read;

import dev.tidemark.engine.exception.BlockChecksum;
import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.mapping.LeafWalk;
import dev.tidemark.engine.mapping.MappingRoot;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.volume.LiveVolume;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Reads every block that anything maps, once, and compares it with its checksum; goes on behind what is damaged. For
 * one
 * thread, while nobody writes. Memory: one bit for each block that several leaves map.
 */
public final class DataCheck {
    /** One read takes at most this many bytes. */
    private static final int READ_BYTES = 1 << 20;
    /** More findings than this tell nothing new: the rest is only counted. */
    private static final int MAX_FINDINGS = 100;
    /** Physical blocks that one chunk of the table of seen blocks stands for. */
    private static final int CHUNK_BITS = 15;

    private final State state;
    private final ExceptionStore exceptions;
    private final LongFunction<byte[]> carried;
    private final int blockSizeBytes;
    private final ByteBuffer buffer;
    private final BlockChecksum checksum = new BlockChecksum();
    private final Long2ObjectHashMap<long[]> seen = new Long2ObjectHashMap<>();
    private final List<String> findings = new ArrayList<>();
    private final LongConsumer progress;

    private final long[] logical;
    private final int[] expected;
    private String tree = "";
    private long runStart;
    private int run;
    private long checked;
    private long damaged;

    /**
     * Prepares a check.
     *
     * @param carried the bytes of a physical block that the journal still carries, or null: they count, not the home
     * copy
     * @param progress told now and then how many blocks were checked so far
     */
    public DataCheck(State state, ExceptionStore exceptions, LongFunction<byte[]> carried, LongConsumer progress) {
        this.state = state;
        this.exceptions = exceptions;
        this.carried = carried;
        this.progress = progress;
        blockSizeBytes = exceptions.blockSizeBytes();
        buffer = ByteBuffer.allocateDirect(READ_BYTES);
        logical = new long[READ_BYTES / blockSizeBytes];
        expected = new int[logical.length];
    }

    /** Checks all; returns what is wrong, one line each. */
    public List<String> run() throws IOException {
        LeafWalk walk = new LeafWalk(state.pages());
        for (LiveVolume volume : state.catalogue().volumes()) {
            tree = "volume " + volume;
            check(walk, volume.root());
        }
        for (ReclaimJob job : state.jobs().all()) {
            tree = "what job " + job.id() + " has still to give back of volume #" + job.volumeId();
            check(walk, job.root());
        }
        if (damaged > findings.size()) {
            findings.add("and " + (damaged - findings.size()) + " more findings");
        }
        return findings;
    }

    /** The blocks behind a page that can't be read are not checked; those of other trees are. */
    private void check(LeafWalk walk, MappingRoot root) throws IOException {
        try {
            walk.tree(root, this::block);
        } catch (PageUnreadableException e) {
            damaged++;
            if (findings.size() < MAX_FINDINGS) {
                findings.add(tree + ": what follows is not checked: " + e.getMessage());
            }
        }
        readRun();
    }

    /** How many blocks were checked. */
    public long checkedBlocks() {
        return checked;
    }

    private void block(long block, long physical, int itsChecksum) throws IOException {
        if (state.space().references(physical) > 1 && !firstSeen(physical)) {
            return;
        }
        if (run > 0 && (physical != runStart + run || run == logical.length)) {
            readRun();
        }
        if (run == 0) {
            runStart = physical;
        }
        logical[run] = block;
        expected[run] = itsChecksum;
        run++;
    }

    private boolean firstSeen(long physical) {
        long[] bits = seen.computeIfAbsent(physical >>> CHUNK_BITS, chunk -> new long[(1 << CHUNK_BITS) / Long.SIZE]);
        int index = (int) (physical & ((1 << CHUNK_BITS) - 1)) / Long.SIZE;
        long bit = 1L << physical; // the shift takes the lowest six bits
        boolean first = (bits[index] & bit) == 0;
        bits[index] |= bit;
        return first;
    }

    private void readRun() {
        if (run == 0) {
            return;
        }
        if (!readAll(0, run)) {
            // One block that can't be read must not hide its neighbours.
            for (int i = 0; i < run; i++) {
                if (!readAll(i, 1)) {
                    continue;
                }
                compare(i);
            }
        } else {
            for (int i = 0; i < run; i++) {
                compare(i);
            }
        }
        checked += run;
        run = 0;
        progress.accept(checked);
    }

    private boolean readAll(int first, int count) {
        buffer.clear().position(first * blockSizeBytes).limit((first + count) * blockSizeBytes);
        try {
            exceptions.read(runStart + first, buffer);
            return true;
        } catch (IOException e) {
            if (count == 1) {
                byte[] bytes = carried.apply(runStart + first);
                if (bytes != null) {
                    return true;
                }
                finding(first, "can't be read: " + e.getMessage());
            }
            return false;
        }
    }

    private void compare(int i) {
        byte[] bytes = carried.apply(runStart + i);
        buffer.clear();
        if (bytes != null) {
            buffer.put(i * blockSizeBytes, bytes);
        }
        int found = checksum.of(buffer, i * blockSizeBytes, blockSizeBytes);
        if (found != expected[i]) {
            finding(i, "has checksum " + Integer.toHexString(found) + ", not " + Integer.toHexString(expected[i]));
        }
    }

    private void finding(int i, String text) {
        damaged++;
        if (findings.size() < MAX_FINDINGS) {
            findings.add(tree + ": block " + logical[i] + ": physical block " + (runStart + i) + " " + text);
        }
    }
}
