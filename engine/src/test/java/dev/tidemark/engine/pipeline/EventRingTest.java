package dev.tidemark.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Events go through whole and in order, and none is written over before it was read. */
@Tag("quick")
class EventRingTest {
    private static final int CAPACITY = 1 << 20;
    private static final int RUN_BYTES = EventRing.MAX_EVENT_BYTES;

    private record Event(byte fill, int length) {}

    private final EventRing ring = new EventRing(CAPACITY);
    private final ArrayDeque<Event> written = new ArrayDeque<>();

    private void put(byte fill, int length) {
        int index = ring.claim();
        ring.buffer().setMemory(index, length, fill);
        ring.publish(length, false, 0, 0);
        written.add(new Event(fill, length));
    }

    /** Reads up to {@code most} events, compares them, and gives their room back. */
    private void take(int most) {
        long upTo = ring.head();
        long at = ring.skipWrap(ring.tail(), upTo);
        for (int i = 0; i < most && at < upTo; i++) {
            Event expected = written.remove();
            assertThat(ring.eventLength(at)).isEqualTo(expected.length());
            int index = ring.eventIndex(at);
            for (int b = 0; b < expected.length(); b++) {
                if (ring.buffer().getByte(index + b) != expected.fill()) {
                    throw new AssertionError("byte " + b + " of an event at " + at + " was written over");
                }
            }
            at = ring.skipWrap(ring.next(at), upTo);
        }
        ring.consume(at);
    }

    /** Before, the ring's first events were lost, and the journal got what stood there instead. */
    @Test
    void shouldFailRatherThanWriteOverWhatWasNotRead() {
        int most = CAPACITY / (EventRing.HEADER_BYTES + 1000);
        assertThatThrownBy(() -> {
                    for (int i = 0; i <= most; i++) {
                        put((byte) i, 1000);
                    }
                })
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("wait for the journal");
        assertThat(ring.hasRoom()).isFalse();
        int whole = written.size();
        assertThat(whole).isPositive();
        take(Integer.MAX_VALUE);
        assertThat(written).isEmpty();
        assertThat(ring.hasRoom()).isTrue();
        put((byte) 7, EventRing.MAX_EVENT_BYTES);
        take(1);
        assertThat(written).isEmpty();
    }

    @Test
    void shouldTakeARunAndAnEventMoreWhereverItSaysThatItHasRoom() {
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 3000; round++) {
            if (ring.hasRoom()) {
                int left = RUN_BYTES;
                int length = 1 + random.nextInt(random.nextBoolean() ? 300 : 30_000);
                for (;
                        left >= length + EventRing.HEADER_BYTES + 8;
                        left -= (length + EventRing.HEADER_BYTES + 7) & ~7) {
                    put((byte) round, length);
                }
                put((byte) -round, 1 + random.nextInt(EventRing.MAX_EVENT_BYTES));
            } else {
                take(1 + random.nextInt(2000));
            }
        }
        take(Integer.MAX_VALUE);
        assertThat(written).isEmpty();
    }
}
