package dev.tidemark.engine.volume;

/** What a volume is. The text is what replies say. */
public enum VolumeKind {
    /** Made empty. */
    ORIGIN("origin"),
    /** Taken from another volume. */
    SNAPSHOT("snapshot");

    private final String text;

    VolumeKind(String text) {
        this.text = text;
    }

    /** The word in replies. */
    public String text() {
        return text;
    }

    @Override
    public String toString() {
        return text;
    }
}
