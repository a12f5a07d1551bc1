package dev.tidemark.engine.mapping;

/** Where one block is: filled by {@link MappingReader#lookup}, reusable, for one thread. */
public final class MappingEntry {
    private long physical;
    private int checksum;
    private int flags;

    /** The physical block, 0 when the block is unmapped (it reads as zeros). */
    public long physical() {
        return physical;
    }

    /** CRC32C of the block's content; 0 when unmapped. */
    public int checksum() {
        return checksum;
    }

    /** 16 spare bits that the write gave; 0 so far. */
    public int flags() {
        return flags;
    }

    public boolean isMapped() {
        return physical != 0;
    }

    void set(long place, int newChecksum) {
        physical = MappingPage.physical(place);
        flags = MappingPage.flags(place);
        checksum = newChecksum;
    }

    @Override
    public String toString() {
        return isMapped() ? "physical=" + physical + " checksum=" + Integer.toHexString(checksum) : "unmapped";
    }
}
