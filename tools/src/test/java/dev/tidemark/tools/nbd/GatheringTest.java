package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class GatheringTest {
    private final Gathering gathering = new Gathering();

    @Test
    void pausesForAClientThatKeepsManyInFlight() {
        rounds(Gathering.TRY_EVERY - 1, 2, false);
        rounds(100_000, Gathering.HANDFUL, true);
    }

    @Test
    void leavesAClientAloneThatWaitsForEachAnswer() {
        rounds(100_000, 1, false);
    }

    @Test
    void stopsWhenPausesBringNothingAndTriesAgainMuchLater() {
        rounds(Gathering.TRY_EVERY - 1, 2, false);
        for (int i = 0; i < 100; i++) {
            rounds(Gathering.VAIN_ROUNDS, 2, true);
            rounds(Gathering.TRY_EVERY, 2, false);
        }
    }

    @Test
    void oneSmallRoundDoesNotEndIt() {
        rounds(Gathering.TRY_EVERY - 1, 2, false);
        for (int i = 0; i < 1000; i++) {
            rounds(Gathering.VAIN_ROUNDS - 1, 1, true);
            rounds(1, Gathering.HANDFUL, true);
        }
    }

    @Test
    void aClientThatHasBecomeSingleIsNotTriedAgain() {
        rounds(Gathering.TRY_EVERY - 1, 2, false);
        rounds(Gathering.VAIN_ROUNDS, 1, true);
        rounds(100_000, 1, false);
    }

    private void rounds(int count, int requests, boolean pausing) {
        for (int i = 0; i < count; i++) {
            assertThat(gathering.served(requests)).as("round %d", i).isEqualTo(pausing);
        }
    }
}
