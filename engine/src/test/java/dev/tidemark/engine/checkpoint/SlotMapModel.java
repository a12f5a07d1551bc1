package dev.tidemark.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/**
 * A slot map beside plain sets that say what each slot is referred to by. Every step means something whatever stood
 * before it. Slots of the map's own pages are told from the others.
 */
final class SlotMapModel {
    /** A step: what, and a number that it draws from. */
    record Step(Kind kind, long draw) {
        @Override
        public String toString() {
            return kind + "(" + draw + ")";
        }
    }

    enum Kind {
        EXTEND,
        ALLOCATE,
        RELEASE,
        RELEASE_DEAD,
        RELEASE_FROZEN,
        FREEZE,
        SEAL,
        COMMIT,
        FREE_DEAD,
        CRASH
    }

    private enum Phase {
        RUNNING,
        FROZEN,
        SEALED
    }

    private final long maxSlots;
    private SlotMap map = new SlotMap();
    private Phase phase = Phase.RUNNING;
    private long limit = 1;

    /** What the next checkpoint, or the one in preparation, refers to; without the map's own pages. */
    private BitSet live = new BitSet();
    /** Released since the freeze, still in {@link #live}. */
    private BitSet released = new BitSet();
    /** Released dead, not yet committed; and committed, waiting for the readers. */
    private BitSet dead = new BitSet();

    private BitSet aside = new BitSet();
    /** What the last committed checkpoint refers to, and where its map's pages are. */
    private BitSet committed = new BitSet();

    private BitSet committedOwn = new BitSet();
    private Map<Integer, Integer> committedPages = new HashMap<>();
    private long committedLimit = 1;
    /** Pages of the map as they were written, by slot. */
    private final Map<Integer, byte[]> disk = new HashMap<>();

    SlotMapModel(long maxSlots) {
        this.maxSlots = maxSlots;
    }

    void run(Step step) {
        Random random = new Random(step.draw);
        switch (step.kind) {
            case EXTEND -> {
                limit = Math.min(maxSlots, limit + 1 + random.nextInt(4000));
                map.extend(limit);
            }
            case ALLOCATE -> allocate(1 + random.nextInt(random.nextBoolean() ? 3 : 600));
            case RELEASE -> release(random, false);
            case RELEASE_DEAD -> release(random, true);
            case RELEASE_FROZEN -> releaseFrozen(random);
            case FREEZE -> freeze();
            case SEAL -> seal();
            case COMMIT -> commit();
            case FREE_DEAD -> {
                map.freeDead();
                aside.clear();
            }
            case CRASH -> crash();
            default -> throw new AssertionError(step);
        }
        checkCounts();
    }

    private void allocate(int wanted) {
        if (phase == Phase.SEALED) {
            return;
        }
        long free = map.freeSlots();
        long run = map.allocate(wanted);
        assertThat(run == 0).as("nothing free").isEqualTo(free == 0);
        if (run == 0) {
            return;
        }
        int first = SlotMap.runFirst(run);
        int end = first + SlotMap.runLength(run);
        assertThat(SlotMap.runLength(run)).isBetween(1, wanted);
        assertThat(first).isPositive();
        assertThat((long) end).isLessThanOrEqualTo(limit);
        for (BitSet taken : new BitSet[] {live, committed, committedOwn, aside, dead}) {
            int clash = taken.nextSetBit(first);
            assertThat(clash < 0 || clash >= end)
                    .as("slot %s is referred to", clash)
                    .isTrue();
        }
        live.set(first, end);
    }

    /** Releases a few slots that the application has, beginning anywhere. */
    private void release(Random random, boolean asDead) {
        int slot = random.nextInt((int) limit);
        for (int left = 1 + random.nextInt(200); left > 0; left--) {
            slot = live.nextSetBit(slot + 1);
            if (slot < 0) {
                return;
            }
            if (released.get(slot)) {
                continue;
            }
            if (asDead) {
                map.releaseDead(slot);
                dead.set(slot);
            } else {
                map.release(slot);
            }
            released.set(slot);
            slot += random.nextInt(3);
        }
    }

    private void releaseFrozen(Random random) {
        if (phase != Phase.FROZEN) {
            return;
        }
        int slot = random.nextInt((int) limit);
        for (int left = 1 + random.nextInt(200); left > 0; left--) {
            slot = live.nextSetBit(slot + 1);
            if (slot < 0) {
                return;
            }
            if (!released.get(slot)) {
                map.releaseFrozen(slot);
                live.clear(slot);
            }
        }
    }

    private void freeze() {
        if (phase == Phase.RUNNING) {
            map.freeze();
            live.andNot(released);
            released.clear();
            phase = Phase.FROZEN;
        }
    }

    private void seal() {
        if (phase != Phase.FROZEN || map.freeSlots() < map.pagesAhead() || !map.seal()) {
            return;
        }
        for (int page = map.nextToWrite(0); page >= 0; page = map.nextToWrite(page + 1)) {
            ByteBuffer bytes = ByteBuffer.allocate(MetadataFile.SLOT_BYTES);
            map.image(page, bytes);
            int slot = map.pageSlot(page);
            assertThat(committed.get(slot) || committedOwn.get(slot) || live.get(slot) || aside.get(slot))
                    .as("page %s of the map is written over slot %s", page, slot)
                    .isFalse();
            disk.put(slot, bytes.array());
            map.pageWritten(page, page + 7);
        }
        phase = Phase.SEALED;
    }

    private void commit() {
        if (phase != Phase.SEALED) {
            return;
        }
        long waiting = map.commit();
        phase = Phase.RUNNING;
        committed = (BitSet) live.clone();
        committedLimit = limit;
        committedOwn = new BitSet();
        committedPages = new HashMap<>();
        for (int page = 0; page < map.pages(); page++) {
            if (map.pageSlot(page) != 0) {
                assertThat(map.pageChecksum(page)).isEqualTo(page + 7);
                committedOwn.set(map.pageSlot(page));
                committedPages.put(page, map.pageSlot(page));
            }
        }
        BitSet nowDead = (BitSet) dead.clone();
        nowDead.andNot(live);
        dead.andNot(nowDead);
        aside.or(nowDead);
        assertThat(waiting).isEqualTo(aside.cardinality());
        checkImages();
    }

    /** S3: the images on disk mark what the checkpoint refers to, and nothing else. */
    private void checkImages() {
        BitSet marked = new BitSet();
        committedPages.forEach((page, slot) -> {
            ByteBuffer bytes = ByteBuffer.wrap(disk.get(slot)).order(ByteOrder.LITTLE_ENDIAN);
            BitSet bits = BitSet.valueOf(bytes);
            bits.stream().forEach(bit -> marked.set(page * SlotMap.SLOTS_PER_PAGE + bit));
        });
        BitSet expected = (BitSet) committed.clone();
        expected.or(committedOwn);
        assertThat(marked).isEqualTo(expected);
    }

    /** Begins again from what the last committed checkpoint has on disk. */
    private void crash() {
        map = new SlotMap();
        limit = Math.max(limit, committedLimit);
        map.extend(limit);
        try {
            for (Map.Entry<Integer, Integer> page : committedPages.entrySet()) {
                int slot = page.getValue();
                map.restore(page.getKey(), slot, page.getKey() + 7, ByteBuffer.wrap(disk.get(slot)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        live = (BitSet) committed.clone();
        released = new BitSet();
        dead = new BitSet();
        aside = new BitSet();
        phase = Phase.RUNNING;
    }

    /** S2: what nothing refers to is free. */
    private void checkCounts() {
        if (phase == Phase.RUNNING) {
            BitSet taken = (BitSet) live.clone();
            taken.or(committed);
            taken.or(committedOwn);
            taken.or(aside);
            assertThat(map.freeSlots()).isEqualTo(limit - 1 - taken.cardinality());
            BitSet used = (BitSet) live.clone();
            used.or(committedOwn);
            assertThat(map.usedSlots()).isEqualTo(used.cardinality());
            assertThat(map.highestSlot()).isEqualTo(Math.max(0, used.length() - 1));
        }
        assertThat(map.deadSlots()).isEqualTo(aside.cardinality());
        assertThat(map.limit()).isEqualTo(limit);
    }
}
