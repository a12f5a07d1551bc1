package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("quick")
@Timeout(60)
class ByteBudgetTest {
    private final ByteBudget budget = new ByteBudget(100);
    private final List<String> calls = new ArrayList<>();

    private ByteBudget.Ticket ticket(String name) {
        return new ByteBudget.Ticket(() -> calls.add(name));
    }

    @Test
    void shouldServeInOrderOfArrivalSoThatALargeOneIsNotStarved() {
        ByteBudget.Ticket first = ticket("first");
        ByteBudget.Ticket large = ticket("large");
        ByteBudget.Ticket small = ticket("small");
        assertThat(budget.acquire(60, first)).isTrue();
        assertThat(budget.acquire(90, large)).isFalse();
        assertThat(budget.acquire(10, small)).isFalse();
        assertThat(budget.isShort()).isTrue();
        assertThat(calls).isEmpty();
        budget.release(60);
        assertThat(calls).containsExactly("large", "small");
        assertThat(large.isReady()).isTrue();
        assertThat(budget.acquire(90, large)).isTrue();
        assertThat(budget.acquire(10, small)).isTrue();
        assertThat(budget.used()).isEqualTo(100);
        assertThat(budget.isShort()).isFalse();
    }

    @Test
    void shouldServeTheNextWhenAWaitingOneIsCancelled() {
        ByteBudget.Ticket large = ticket("large");
        ByteBudget.Ticket small = ticket("small");
        assertThat(budget.acquire(60, ticket("first"))).isTrue();
        assertThat(budget.acquire(90, large)).isFalse();
        assertThat(budget.acquire(10, small)).isFalse();
        large.cancel();
        assertThat(calls).containsExactly("small");
        assertThat(budget.used()).isEqualTo(70);
        large.cancel();
        assertThat(budget.used()).isEqualTo(70);
    }

    @Test
    void shouldTakeBackWhatWasGrantedAndNotFetched() {
        ByteBudget.Ticket large = ticket("large");
        assertThat(budget.acquire(60, ticket("first"))).isTrue();
        assertThat(budget.acquire(90, large)).isFalse();
        budget.release(60);
        assertThat(budget.used()).isEqualTo(90);
        large.cancel();
        assertThat(budget.used()).isZero();
        assertThat(budget.acquire(100, large)).isTrue();
    }

    @Test
    void shouldNeverExceedItsLimitNorForgetAnybodyUnderContention() throws Exception {
        int threads = 8;
        AtomicLong held = new AtomicLong();
        AtomicLong most = new AtomicLong();
        CountDownLatch done = new CountDownLatch(threads);
        for (int i = 0; i < threads; i++) {
            SplittableRandom random = new SplittableRandom(i);
            new Thread(() -> {
                        Semaphore granted = new Semaphore(0);
                        ByteBudget.Ticket ticket = new ByteBudget.Ticket(granted::release);
                        for (int round = 0; round < 20_000; round++) {
                            int bytes = random.nextInt(1, 101);
                            boolean has = budget.acquire(bytes, ticket);
                            if (!has && random.nextInt(10) == 0) {
                                ticket.cancel();
                                granted.drainPermits();
                                continue;
                            }
                            while (!has) {
                                granted.acquireUninterruptibly();
                                has = budget.acquire(bytes, ticket);
                            }
                            most.accumulateAndGet(held.addAndGet(bytes), Math::max);
                            held.addAndGet(-bytes);
                            budget.release(bytes);
                        }
                        done.countDown();
                    })
                    .start();
        }
        done.await();
        assertThat(most.get()).isBetween(50L, 100L);
        assertThat(budget.used()).isZero();
        assertThat(budget.isShort()).isFalse();
    }
}
