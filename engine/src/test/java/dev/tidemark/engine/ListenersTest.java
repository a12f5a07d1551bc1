package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.history.Setup;
import dev.tidemark.storage.sim.Fault;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Listeners that fail themselves, and closing twice. */
@Tag("quick")
class ListenersTest {
    private final SimStorage device = new SimStorage(1);
    private final Setup setup = Setup.small(1);
    private Store store;

    @BeforeEach
    void open() throws Exception {
        Store.init(setup.on(device));
        store = Store.open(setup.on(device));
        store.send("create disk size=64K");
    }

    /** What waited for the force that failed was not answered: the listener's exception got in between. */
    @Test
    void shouldAnswerWhatWaitsThoughAFailureListenerThrows() {
        List<Throwable> told = new ArrayList<>();
        store.addFailureListener(cause -> {
            throw new IllegalStateException("a listener's own failure");
        });
        store.addFailureListener(told::add);
        CompletableFuture<Void> write =
                store.volume("disk").writeZeroesAsync(0, 4096).toCompletableFuture();
        CompletableFuture<Void> flush = store.volume("disk").flushAsync().toCompletableFuture();
        device.plan(Fault.ioError().in(Operation.FORCE).always());
        store.step(10);
        assertThat(write).isDone();
        assertThat(flush).isCompletedExceptionally();
        assertThat(told).hasSize(1);
        store.addFailureListener(told::add);
        assertThat(told).hasSize(2).containsOnly(store.failure());
        assertThatThrownBy(store::close).isInstanceOf(StoreException.class).hasCause(store.failure());
    }

    /** The store stopped, and said that what was durable had failed. */
    @Test
    void shouldGoOnWhenAListenerThrowsAnError() {
        List<StoreEvent> told = new ArrayList<>();
        store.addListener(event -> {
            throw new AssertionError("a listener's own failure");
        });
        store.addListener(told::add);
        assertThat(store.send("create other size=64K")).startsWith("ok");
        assertThat(store.failure()).isNull();
        assertThat(told).hasSize(1);
        store.close();
    }

    /** Who closed second came back at once, and could find the store's lock still taken. */
    @Test
    void shouldComeBackFromASecondCloseWhenTheFirstIsDone() throws Exception {
        store.volume("disk").writeZeroesAsync(0, 4096);
        Thread second = new Thread(store::close);
        List<Thread.State> states = new ArrayList<>();
        device.observe((storage, number, kind, name) -> {
            if (states.isEmpty()) {
                second.start();
                Thread.State state = second.getState();
                while (state != Thread.State.BLOCKED && state != Thread.State.TERMINATED) {
                    Thread.onSpinWait();
                    state = second.getState();
                }
                states.add(state);
            }
        });
        store.close();
        device.observe(null);
        second.join();
        assertThat(states).containsExactly(Thread.State.BLOCKED);
        Store.open(setup.on(device)).close();
    }
}
