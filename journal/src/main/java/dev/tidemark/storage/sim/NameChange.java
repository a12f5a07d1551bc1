package dev.tidemark.storage.sim;

/**
 * A creation, rename or deletion whose directories were not all synced yet. Immutable.
 *
 * @param operation its number
 * @param node what got the name {@code to}, or lost the name {@code from}
 * @param fromDirectory the directory of the old name, -1 for a creation
 * @param from the old name
 * @param toDirectory the directory of the new name, -1 for a deletion
 * @param to the new name
 * @param fromSynced whether the old name's directory was synced since (or there is none)
 * @param toSynced whether the new name's directory was synced since (or there is none)
 */
record NameChange(
        long operation,
        int node,
        int fromDirectory,
        String from,
        int toDirectory,
        String to,
        boolean fromSynced,
        boolean toSynced) {

    static final int NO_DIRECTORY = -1;

    static NameChange creation(long operation, int node, int directory, String name) {
        return new NameChange(operation, node, NO_DIRECTORY, null, directory, name, true, false);
    }

    static NameChange deletion(long operation, int node, int directory, String name) {
        return new NameChange(operation, node, directory, name, NO_DIRECTORY, null, false, true);
    }

    static NameChange rename(long operation, int node, int fromDirectory, String from, int toDirectory, String to) {
        return new NameChange(operation, node, fromDirectory, from, toDirectory, to, false, false);
    }

    boolean touches(int directory) {
        return fromDirectory == directory || toDirectory == directory;
    }

    NameChange synced(int directory) {
        return new NameChange(
                operation,
                node,
                fromDirectory,
                from,
                toDirectory,
                to,
                fromSynced || fromDirectory == directory,
                toSynced || toDirectory == directory);
    }

    boolean durable() {
        return fromSynced && toSynced;
    }
}
