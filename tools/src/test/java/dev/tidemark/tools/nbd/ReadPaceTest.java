package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class ReadPaceTest {
    private static final long FAST = ReadPace.SLOW_NANOS / 10;
    private static final long SLOW = ReadPace.SLOW_NANOS * 2;

    private final ReadPace pace = new ReadPace();

    /** Reads so many times; returns how many were handed over. Only the others tell the pace how long they took. */
    private int read(int count, long nanos) {
        int handedOver = 0;
        for (int i = 0; i < count; i++) {
            if (pace.shouldHandOver()) {
                handedOver++;
            } else {
                pace.note(nanos);
            }
        }
        return handedOver;
    }

    @Test
    void shouldHandNothingOverThatIsInMemory() {
        assertThat(read(1000, FAST)).isZero();
        // Now and then a thread waits for a processor.
        for (int i = 0; i < 1000; i++) {
            assertThat(pace.shouldHandOver()).isFalse();
            pace.note(i % 3 == 0 ? SLOW : FAST);
        }
    }

    @Test
    void shouldHandOverWhatWaitsForADiskButForProbes() {
        assertThat(read(ReadPace.MANY, SLOW)).isZero();
        assertThat(read(3200, SLOW)).isEqualTo(3100);
    }

    /** A server's first reads are slow, whatever the disk: the code is not compiled yet. */
    @Test
    void shouldComeBackWhenTheDataIsInMemory() {
        read(ReadPace.MANY, SLOW);
        int untilSure = ReadPace.PROBE_EVERY * ReadPace.FAST_PROBES;
        assertThat(read(untilSure, FAST)).isEqualTo(untilSure - ReadPace.FAST_PROBES);
        assertThat(read(1000, FAST)).isZero();
    }

    @Test
    void shouldMostlyHandOverWhereHalfOfTheDataIsInMemory() {
        SplittableRandom random = new SplittableRandom(7);
        read(ReadPace.MANY, SLOW);
        int handedOver = 0;
        for (int i = 0; i < 100_000; i++) {
            handedOver += read(1, random.nextBoolean() ? SLOW : FAST);
        }
        assertThat(handedOver).isGreaterThan(85_000);
    }
}
