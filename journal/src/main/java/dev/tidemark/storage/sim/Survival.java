package dev.tidemark.storage.sim;

/** Decides in a power cut, or when a force failed, what of the undecided reached the device. */
interface Survival {
    /** Whether a creation, rename or deletion survives. */
    boolean keeps(NameChange change);

    /** Applies what survives of a change to the device's image of the file. */
    void apply(Change change, PageMap image);
}
