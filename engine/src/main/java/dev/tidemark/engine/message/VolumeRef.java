package dev.tidemark.engine.message;

/** How a message names a volume: by name, or by id ({@code #7}, or {@code id:7}). */
public sealed interface VolumeRef {

    /** A volume by its present name. */
    record ByName(String name) implements VolumeRef {
        /** Throws {@link BadCommandException} for what can't be a name. */
        public ByName {
            Rules.name(name);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** A volume by its id, from 1. */
    record ById(long id) implements VolumeRef {
        /** Throws {@link BadCommandException} for an id below 1. */
        public ById {
            if (id < 1) {
                throw new BadCommandException("ids of volumes begin with 1: there is no #" + id);
            }
        }

        @Override
        public String toString() {
            return "#" + id;
        }
    }

    /** Reads {@code NAME}, {@code #ID} or {@code id:ID}. Throws {@link BadCommandException}. */
    static VolumeRef parse(String text) {
        String digits = text.startsWith("#") ? text.substring(1) : text.startsWith("id:") ? text.substring(3) : null;
        if (digits == null) {
            return new ByName(text);
        }
        long id = Numbers.parse(digits);
        if (id < 0) {
            throw new BadCommandException(
                    Rules.shown(text) + " is no volume: write its name, or #7 or id:7 for its id");
        }
        return new ById(id);
    }
}
