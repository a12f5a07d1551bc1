package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/** Slots on the heap that forget what is freed at once and give it out again first, so that a stale look is noticed. */
final class HeapSlots implements PageBacking {
    private final Map<Integer, byte[]> slots = new HashMap<>();
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private int next = 1;
    private List<Integer> dropped = new ArrayList<>();
    private List<Integer> frozenDropped = new ArrayList<>();
    private final List<Integer> replaced = new ArrayList<>();
    private final List<Integer> waitingForReaders = new ArrayList<>();
    /** Fails the read of that slot, when it is not 0. */
    int unreadable;
    /** How often it was read from. */
    int reads;

    @Override
    public synchronized void read(PageKind kind, long index, int slot, int checksum, ByteBuffer page)
            throws IOException {
        reads++;
        byte[] content = slots.get(slot);
        if (content == null || slot == unreadable) {
            throw new IOException("slot " + slot + " holds nothing");
        }
        if (checksum(kind, index, content) != checksum) {
            throw new IOException("slot " + slot + " holds something else");
        }
        page.clear().put(content).clear();
    }

    @Override
    public synchronized int readAhead(long firstId, int slot, int[] checksums, int count, ByteBuffer images) {
        reads++;
        images.clear();
        for (int i = 0; i < count; i++) {
            byte[] content = slots.get(slot + i);
            if (content == null
                    || slot + i == unreadable
                    || checksum(PageKind.PAGE, firstId + i, content) != checksums[i]) {
                return i;
            }
            images.put(content);
        }
        return count;
    }

    @Override
    public synchronized void dropped(int slot) {
        assertThat(slots).containsKey(slot);
        assertThat(dropped).doesNotContain(slot);
        dropped.add(slot);
    }

    synchronized void replaced(int slot) {
        assertThat(slots).containsKey(slot);
        assertThat(replaced).doesNotContain(slot);
        assertThat(frozenDropped).doesNotContain(slot);
        replaced.add(slot);
    }

    synchronized int put(byte[] content) {
        int slot = free.isEmpty() ? next++ : free.pop();
        assertThat(slots.put(slot, content)).isNull();
        return slot;
    }

    synchronized void freeze() {
        frozenDropped = dropped;
        dropped = new ArrayList<>();
    }

    synchronized void commit() {
        replaced.forEach(this::free);
        replaced.clear();
        waitingForReaders.addAll(frozenDropped);
        frozenDropped = new ArrayList<>();
    }

    synchronized void readersLeft() {
        waitingForReaders.forEach(this::free);
        waitingForReaders.clear();
    }

    synchronized int used() {
        return slots.size();
    }

    private void free(int slot) {
        assertThat(slots.remove(slot)).isNotNull();
        free.push(slot);
    }

    static int checksum(PageKind kind, long index, byte[] content) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(12)
                .putInt(kind.name().hashCode())
                .putLong(index)
                .flip());
        crc.update(content);
        return (int) crc.getValue();
    }
}
