package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.storage.sim.SimStorage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code force=true} sends clients away, but only for a message that is carried out. */
@Tag("quick")
class ForceTest {
    private static final List<String> REFUSED = List.of(
            "delete disk force=true; delete nobody",
            "delete nobody; delete disk force=true",
            "delete disk force=true; create s1 size=1M",
            "delete disk force=true if=1",
            "delete disk force=true request=used",
            "merge disk force=true",
            "merge s1 into=other force=true",
            "merge s1 into=locked force=true",
            "merge s1 force=true; resize disk size=64K",
            "delete disk force=true; delete s2");

    /** Both ways to send a message. */
    private static final List<BiFunction<Store, String, String>> WAYS = List.of(
            Store::send,
            (store, text) -> store.sendAsync((Message) MessageParser.parse(text), "test")
                    .toCompletableFuture()
                    .orTimeout(1, TimeUnit.MINUTES)
                    .join()
                    .toString());

    private final SimStorage device = new SimStorage(9);
    private final List<String> asked = new ArrayList<>();
    private Store store;

    @BeforeEach
    void open() throws Exception {
        StoreConfig config =
                StoreConfig.in(device, "store").capacityBytes(64 << 20).build();
        Store.init(config);
        store = Store.open(config);
        send("create disk size=1M; create other size=1M");
        send("create s1 origin=disk; create s2 origin=disk; create locked origin=disk readonly=true");
        send("label other k=v request=used");
        for (String name : List.of("disk", "s1", "s2", "locked", "other")) {
            store.volume(name).attach(() -> {
                synchronized (asked) {
                    asked.add(name + " " + store.volume("#" + idOf(name)).exists());
                }
            });
        }
    }

    private long idOf(String name) {
        return List.of("disk", "other", "s1", "s2", "locked").indexOf(name) + 1L;
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void send(String text) {
        assertThat(store.send(text)).startsWith("ok");
    }

    /** They lost their connections to volumes that stayed as they were. */
    @Test
    void shouldSendNobodyAwayForAMessageThatIsRefused() {
        for (BiFunction<Store, String, String> way : WAYS) {
            for (String text : REFUSED) {
                assertThat(way.apply(store, text)).as(text).startsWith("error");
                assertThat(asked).as(text).isEmpty();
            }
        }
    }

    @Test
    void shouldSendNobodyAwayForARequestThatWasDoneBefore() {
        send("delete s2 force=true request=again");
        assertThat(asked).containsExactly("s2 true");
        send("delete s2 force=true request=again");
        assertThat(asked).hasSize(1);
    }

    @Test
    void shouldAskThoseOfEachVolumeThatItTakesOnceAndBeforeIt() {
        send("merge s1 force=true; delete s2 force=true; rename other to=another");
        assertThat(asked).containsExactlyInAnyOrder("disk true", "s1 true", "s2 true");
        assertThatThrownBy(() -> store.volume("s1")).isInstanceOf(StoreException.class);
        send("merge locked into=disk force=true");
        assertThat(asked).hasSize(4);
    }

    @Test
    void shouldAskThemWithoutWaitingWhenItIsSentAsynchronously() {
        assertThat(WAYS.get(1).apply(store, "delete disk force=true")).startsWith("ok");
        assertThat(asked).containsExactly("disk true");
    }

    /** A client that goes at once is waited for no longer than it takes. */
    @Test
    void shouldGoOnAsSoonAsTheyHaveGone() {
        send("create quick size=1M");
        List<Volume.Attachment> mine = new ArrayList<>();
        Thread sender = Thread.currentThread();
        mine.add(store.volume("quick").attach(() -> {
            Thread closer = new Thread(() -> {
                Awaitility.await().until(() -> sender.getState() == Thread.State.TIMED_WAITING);
                assertThat(store.volume("quick").exists()).isTrue();
                mine.get(0).close();
            });
            closer.start();
        }));
        send("delete quick force=true");
    }
}
