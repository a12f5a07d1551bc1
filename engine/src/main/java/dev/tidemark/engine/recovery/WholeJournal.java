package dev.tidemark.engine.recovery;

import dev.tidemark.journal.Journal;
import dev.tidemark.journal.JournalConfig;
import dev.tidemark.journal.JournalRecovery;
import dev.tidemark.journal.Known;
import dev.tidemark.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/**
 * What is known of a journal that is to be replayed from its first event.
 *
 * @param store that it belongs to, or null for whichever it says
 * @param durableOffset up to where something says that it was durable: a journal that ends before is damaged
 */
public record WholeJournal(UUID store, long durableOffset) {
    /** What each segment of the journal keeps of the store: enough, with the events, to make the rest anew. */
    public record Identity(UUID store, int blockSizeBytes, long capacityBytes) {
        /** Bytes of the form that segments keep. */
        private static final int BYTES = Integer.BYTES + Long.BYTES;

        /** The form that segments keep. */
        public static byte[] bytes(int blockSizeBytes, long capacityBytes) {
            return ByteBuffer.allocate(BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(blockSizeBytes)
                    .putLong(capacityBytes)
                    .array();
        }
    }

    /** Nothing is known but what the journal says. */
    public static final WholeJournal ANY = new WholeJournal(null, 0);

    Known known() {
        return new Known(0, 0, durableOffset, store);
    }

    /**
     * Which store the journal is of.
     *
     * @throws HistoryIncompleteException when it does not reach back to the first event
     * @throws dev.tidemark.journal.JournalException when it is damaged or too new
     */
    public Identity identity(Storage storage, JournalConfig config) throws IOException {
        requireWhole(storage, config);
        try (JournalRecovery journal = Journal.recover(storage, config, known())) {
            byte[] header = journal.callerHeader();
            if (header.length != Identity.BYTES) {
                throw new HistoryException(false, "the journal does not say what store it is of", null);
            }
            ByteBuffer bytes = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
            return new Identity(journal.store(), bytes.getInt(), bytes.getLong());
        }
    }

    void requireWhole(Storage storage, JournalConfig config) throws IOException {
        long oldest = JournalRecovery.oldest(storage, config).floorOffset();
        if (oldest != 0) {
            throw new HistoryIncompleteException(
                    "the journal does not reach back to the first event: what is left of it" + " begins at offset "
                            + oldest + "; only a store with retention=all keeps all of it");
        }
    }
}
