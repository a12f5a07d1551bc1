package dev.tidemark.engine.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tidemark.engine.checkpoint.Superblock;
import dev.tidemark.journal.Journal;
import dev.tidemark.journal.JournalConfig;
import dev.tidemark.journal.JournalCorruptException;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The look at the journal beside the load of a checkpoint: what it finds, what it throws, and when it has ended. */
@Tag("quick")
class JournalLookTest {
    private static final JournalConfig CONFIG = JournalConfig.builder().build();
    private static final UUID STORE = new UUID(1, 2);
    private static final Superblock SUPERBLOCK = new Superblock(1, STORE, 4096, 1 << 20, 0, Map.of());

    @Test
    void bothWaysFindTheSame() throws Exception {
        SimStorage storage = new SimStorage(1);
        Journal.create(storage, CONFIG, STORE, new byte[0]).close();
        try (JournalLook later = JournalLook.later(storage, CONFIG, SUPERBLOCK);
                JournalLook now = JournalLook.now(storage, CONFIG, SUPERBLOCK)) {
            assertThat(now.result().endOffset()).isEqualTo(later.result().endOffset());
            assertThat(now.result()).isSameAs(now.result());
            assertThat(later.result()).isSameAs(later.result());
        }
    }

    @Test
    void bothWaysThrowWhatTheJournalThrows() throws Exception {
        SimStorage storage = new SimStorage(1);
        storage.createDirectory(CONFIG.directory());
        try (JournalLook later = JournalLook.later(storage, CONFIG, SUPERBLOCK);
                JournalLook now = JournalLook.now(storage, CONFIG, SUPERBLOCK)) {
            assertThatThrownBy(later::result).isInstanceOf(JournalCorruptException.class);
            assertThatThrownBy(now::result).isInstanceOf(JournalCorruptException.class);
        }
        RuntimeException odd = new IllegalStateException("odd");
        Storage broken = storage(() -> {
            throw odd;
        });
        try (JournalLook later = JournalLook.later(broken, CONFIG, SUPERBLOCK);
                JournalLook now = JournalLook.now(broken, CONFIG, SUPERBLOCK)) {
            assertThatThrownBy(later::result).isSameAs(odd);
            assertThatThrownBy(now::result).isSameAs(odd);
        }
    }

    @Test
    void aLookThatNobodyAskedForIsNotMade() {
        AtomicBoolean touched = new AtomicBoolean();
        JournalLook.later(
                        storage(() -> {
                            touched.set(true);
                            return null;
                        }),
                        CONFIG,
                        SUPERBLOCK)
                .close();
        assertThat(touched).isFalse();
    }

    @Test
    void closingWaitsUntilNobodyReadsAnyMore() {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch mayGoOn = new CountDownLatch(1);
        AtomicBoolean left = new AtomicBoolean();
        Storage slow = storage(() -> {
            entered.countDown();
            awaitQuietly(mayGoOn);
            left.set(true);
            throw new IOException("the device is gone");
        });
        JournalLook look = JournalLook.now(slow, CONFIG, SUPERBLOCK);
        AtomicBoolean leftWhenClosed = new AtomicBoolean();
        Thread closer = new Thread(() -> {
            look.close();
            leftWhenClosed.set(left.get());
        });
        awaitQuietly(entered);
        closer.start();
        await().until(() -> closer.getState() == Thread.State.WAITING);
        mayGoOn.countDown();
        await().until(() -> !closer.isAlive());
        assertThat(leftWhenClosed).isTrue();
    }

    private interface Answer {
        Object get() throws IOException;
    }

    /** One whose every method does that. */
    private static Storage storage(Answer answer) {
        return (Storage) Proxy.newProxyInstance(
                Storage.class.getClassLoader(), new Class<?>[] {Storage.class}, (proxy, method, args) -> answer.get());
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
