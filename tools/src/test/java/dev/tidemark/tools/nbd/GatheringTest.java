package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class GatheringTest {
    private static final int ROUND_NANOS = 10_000;
    private static final int SECOND = 1_000_000_000;

    private final Gathering gathering = new Gathering();
    private long now = -5L * SECOND;

    @Test
    void pausesForAClientThatSendsMoreMeanwhile() {
        assertThat(pausedShare(2, 8)).isBetween(0.8, 1.0);
    }

    @Test
    void leavesAClientAloneThatWaitsForEachAnswer() {
        assertThat(pausedShare(1, 1)).isZero();
    }

    @Test
    void triesSeldomWherePausesBringNothing() {
        assertThat(pausedShare(2, 4)).isBetween(0.001, 0.06);
    }

    @Test
    void noticesThatPausesBringNothingAnyMore() {
        pausedShare(2, 8);
        assertThat(pausedShare(1, 1)).isLessThan(0.1);
    }

    @Test
    void noticesThatPausesWouldBringMore() {
        pausedShare(2, 4);
        assertThat(pausedShare(2, 8)).isGreaterThan(0.8);
    }

    /** A client of which a round finds so many requests, with and without a pause before it; of two seconds. */
    private double pausedShare(int atOnce, int afterPause) {
        long end = now + 2L * SECOND;
        long paused = 0;
        boolean pause = false;
        while (now < end) {
            long step = ROUND_NANOS + (pause ? Gathering.PAUSE_NANOS : 0);
            paused += pause ? step : 0;
            now += step;
            pause = gathering.served(pause ? afterPause : atOnce, now);
        }
        return paused / (2.0 * SECOND);
    }
}
