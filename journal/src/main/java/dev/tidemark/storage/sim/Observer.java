package dev.tidemark.storage.sim;

/** Is told of every operation before it begins, while the device stands still. */
@FunctionalInterface
public interface Observer {
    /**
     * An operation is about to begin. Whatever the power could cut between the operation before and the end of this one
     * (but for the operation's own effect, which is undecided only at the next call) can be had from
     * {@link SimStorage#afterPowerCut} here, so that one run of a workload yields the crash states of all its
     * operations.
     * An observer must not call the storage's file methods.
     *
     * @param storage the device
     * @param number the operation's number
     */
    void beforeOperation(SimStorage storage, long number, Operation kind, String name);
}
