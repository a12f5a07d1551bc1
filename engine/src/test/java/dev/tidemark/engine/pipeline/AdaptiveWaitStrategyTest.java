package dev.tidemark.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.TimeoutException;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The follower is left alone until it is called, never forgotten then, and looks by itself when its tick ends. */
@Tag("quick")
@Timeout(60)
class AdaptiveWaitStrategyTest {
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);

    /** What was published; and how far the leader is. */
    private final Sequence cursor = new Sequence(-1);

    private final Sequence leader = new Sequence(-1);
    private final SequenceBarrier barrier = new NeverAlerted();
    private volatile boolean wanted;

    /** The leader's next wait, which asks whether the follower is wanted, and ends with what was published already. */
    private void leaderComesBack(AdaptiveWaitStrategy waiting) throws Exception {
        waiting.waitFor(cursor.get(), cursor, cursor, barrier);
    }

    @Test
    void shouldCallTheFollowerOnlyWhenItHasSomethingToDo() throws Exception {
        AdaptiveWaitStrategy waiting = new AdaptiveWaitStrategy(HOUR, () -> wanted);
        CompletableFuture<Long> got = new CompletableFuture<>();
        Thread follower = new Thread(() -> {
            try {
                got.complete(waiting.waitFor(0, cursor, leader, barrier));
            } catch (Exception e) {
                got.completeExceptionally(e);
            }
        });
        follower.start();
        awaitParked(follower);

        cursor.set(3);
        waiting.signalAllWhenBlocking();
        leader.set(3);
        leaderComesBack(waiting);
        waiting.wakeFollowerEarly(); // it gets up, finds nothing, and waits again
        awaitParked(follower);
        assertThat(got).isNotDone();

        cursor.set(7);
        leader.set(7);
        wanted = true;
        leaderComesBack(waiting);
        assertThat(got.get(1, TimeUnit.MINUTES)).isEqualTo(7);
        follower.join();
    }

    private static void awaitParked(Thread thread) {
        Awaitility.await()
                .pollInterval(1, TimeUnit.MILLISECONDS)
                .until(thread::getState, state -> state == Thread.State.TIMED_WAITING);
    }

    /** A stage takes so many requests in a batch, and comes back for the rest: the call was for that, too. */
    @Test
    void shouldTakeAllThatWasThereWhenItWasCalled() throws Exception {
        AdaptiveWaitStrategy waiting = new AdaptiveWaitStrategy(HOUR, () -> wanted);
        cursor.set(9);
        leader.set(9);
        wanted = true;
        leaderComesBack(waiting);
        assertThat(waiting.waitFor(0, cursor, leader, barrier)).isEqualTo(9);
        assertThat(waiting.waitFor(4, cursor, leader, barrier)).isEqualTo(9);
        assertThat(waiting.waitFor(9, cursor, leader, barrier)).isEqualTo(9);
    }

    @Test
    void shouldLookAtWhatWentByWhenTheTickEnds() throws Exception {
        AdaptiveWaitStrategy waiting = new AdaptiveWaitStrategy(1, () -> false);
        cursor.set(2);
        leader.set(2);
        assertThat(waiting.waitFor(1, cursor, leader, barrier)).isEqualTo(2);
        assertThatThrownBy(() -> waiting.waitFor(3, cursor, leader, barrier)).isInstanceOf(TimeoutException.class);
    }

    @Test
    void shouldNeverForgetACall() throws Exception {
        long seed = 20_261_123;
        AdaptiveWaitStrategy waiting = new AdaptiveWaitStrategy(HOUR, () -> wanted);
        Sequence done = new Sequence(-1);
        int batches = 200_000;
        Thread follower = new Thread(() -> {
            try {
                while (done.get() < batches) {
                    done.set(waiting.waitFor(done.get() + 1, cursor, leader, barrier));
                }
            } catch (AlertException | TimeoutException e) {
                throw new IllegalStateException(e);
            }
        });
        follower.setDaemon(true);
        follower.start();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i <= batches; i++) {
            cursor.set(i);
            waiting.signalAllWhenBlocking();
            leader.set(i);
            wanted = i == batches || random.nextInt(2) == 0;
            leaderComesBack(waiting);
            if (wanted && (i == batches || random.nextInt(8) == 0)) { // between these, calls meet the follower at work
                while (done.get() < i) { // else the test's time limit ends it
                    assertThat(Thread.interrupted())
                            .as("batch %d of seed %d was never looked at", i, seed)
                            .isFalse();
                }
                if (i < batches && random.nextInt(100) == 0) {
                    awaitParked(follower);
                }
            }
        }
        follower.join();
        assertThat(done.get()).isEqualTo(batches);
    }

    /** A barrier as the stages have it, that nobody halts. */
    private static final class NeverAlerted implements SequenceBarrier {
        @Override
        public long waitFor(long sequence) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long getCursor() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isAlerted() {
            return false;
        }

        @Override
        public void alert() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void clearAlert() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void checkAlert() {}
    }
}
