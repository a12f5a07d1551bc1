package dev.tidemark.journal;

/**
 * Something that was durable is not there as it was written: damage, never the trace of a crash. Nothing was changed on
 * disk.
 */
public final class JournalCorruptException extends JournalException {
    private static final long serialVersionUID = 1L;

    private final String segment;
    private final long offset;
    private final RecoveryRow row;

    public JournalCorruptException(String segment, long offset, RecoveryRow row, String detail) {
        super("journal damaged in segment " + segment + " at offset " + offset + ": " + detail + " (row " + row.number()
                + " of the recovery table)");
        this.segment = segment;
        this.offset = offset;
        this.row = row;
    }

    /** The segment's file name, in the storage that the journal lies in. */
    public String segment() {
        return segment;
    }

    /** The offset in the journal of the first damaged place, in bytes. */
    public long offset() {
        return offset;
    }

    /** The row of the recovery decision table that led to the verdict. */
    public RecoveryRow row() {
        return row;
    }
}
