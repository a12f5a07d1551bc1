package dev.tidemark.engine.recovery;

import dev.tidemark.engine.checkpoint.Superblock;
import dev.tidemark.journal.Journal;
import dev.tidemark.journal.JournalConfig;
import dev.tidemark.journal.JournalRecovery;
import dev.tidemark.journal.Known;
import dev.tidemark.storage.Storage;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The first phase of a recovery: the walk over the journal that gives the verdict, and changes nothing. It needs
 * nothing of the checkpoint but what the superblock says of it, so a thread of its own can make it while the
 * checkpoint is loaded.
 *
 * <p>Used by one thread; whoever begins one closes it.
 */
public final class JournalLook implements AutoCloseable {
    private final FutureTask<JournalRecovery> walk;
    private boolean begun;

    private JournalLook(FutureTask<JournalRecovery> walk) {
        this.walk = walk;
    }

    /** The walk is made when its result is asked for, by the thread that asks: for stepped stores. */
    public static JournalLook later(Storage storage, JournalConfig config, Superblock superblock) {
        Known known = Recovery.known(superblock.store(), superblock.checkpoint());
        return new JournalLook(new FutureTask<>(() -> Journal.recover(storage, config, known)));
    }

    /** A thread of its own begins at once. */
    public static JournalLook now(Storage storage, JournalConfig config, Superblock superblock) {
        JournalLook look = later(storage, config, superblock);
        Thread thread = new Thread(look.walk, "tidemark-journal-look");
        thread.setDaemon(true);
        thread.start();
        look.begun = true;
        return look;
    }

    /**
     * What it found.
     *
     * @throws dev.tidemark.journal.JournalException when the journal is damaged or too new
     * @throws IOException when something could not be read
     */
    JournalRecovery result() throws IOException {
        begun = true;
        walk.run(); // does nothing when it is a thread's already
        try {
            return await();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof IOException failure) {
                throw failure;
            } else if (cause instanceof RuntimeException failure) {
                throw failure;
            } else if (cause instanceof Error failure) {
                throw failure;
            }
            throw new IllegalStateException("looking at the journal failed", cause);
        }
    }

    private JournalRecovery await() throws ExecutionException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return walk.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Waits for the walk if a thread makes it, so that nobody reads the store's files any more. */
    @Override
    public void close() {
        if (!begun) {
            return;
        }
        try {
            await().close();
        } catch (ExecutionException e) {
            // who asked for the result was told; who did not gives up for another reason
        }
    }
}
