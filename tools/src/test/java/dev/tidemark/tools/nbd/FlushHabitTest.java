package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("quick")
@Timeout(60)
class FlushHabitTest {
    private final FlushHabit habit = new FlushHabit();

    private void pairs(int count) {
        for (int i = 0; i < count; i++) {
            habit.wrote(true);
            habit.flushed();
        }
    }

    @Test
    void shouldExpectAFlushAfterManyPairs() {
        pairs(FlushHabit.TIMES - 1);
        assertThat(habit.wrote(true)).isFalse();
        habit.flushed();
        assertThat(habit.wrote(true)).isTrue();
        habit.flushed();
        assertThat(habit.wrote(true)).isTrue();
    }

    @Test
    void shouldForgetTheHabitWhenItWasWrong() {
        pairs(FlushHabit.TIMES);
        assertThat(habit.wrote(true)).isTrue();
        assertThat(habit.wrote(true)).as("a write, where a flush was expected").isFalse();
        pairs(FlushHabit.TIMES);
        assertThat(habit.wrote(false)).as("one of many writes").isFalse();
        habit.flushed();
        pairs(FlushHabit.TIMES);
        habit.flushed();
        assertThat(habit.wrote(true)).as("after a second flush").isFalse();
    }

    @Test
    void shouldHaveTheForceBegunWithTheWrite() throws Exception {
        try (ServerFixture fixture = new ServerFixture();
                TestClient client = TestClient.open(fixture.address, "disk")) {
            byte[] data = new byte[4096];
            for (int i = 0; i < FlushHabit.TIMES; i++) {
                client.write(0, 0, data);
                client.call(0, NbdProtocol.CMD_FLUSH, 0, 0);
            }
            assertThat(fixture.volume.flushes).hasValue(FlushHabit.TIMES);
            client.write(0, 0, data);
            await().untilAsserted(() -> assertThat(fixture.volume.flushes).hasValue(FlushHabit.TIMES + 1));
            // What the client asks for is asked of the store nevertheless, and nothing is answered twice.
            assertThat(client.call(0, NbdProtocol.CMD_FLUSH, 0, 0).errno()).isZero();
            assertThat(fixture.volume.flushes).hasValue(FlushHabit.TIMES + 2);
            assertThat(client.read(0, 4096)).isEqualTo(data);
        }
    }
}
