package dev.tidemark.storage.sim;

/** Is told of every operation before it begins, while the device stands still. */
@FunctionalInterface
public interface Observer {
    /**
     * An operation is about to begin. What {@link SimStorage#afterPowerCut} yields here is what a cut during the
     * operation before, or since, can leave: all earlier operations have had their effect, undecided where it was not
     * forced. (A cut during a force leaves what a cut before it leaves.) So one run of a workload yields the crash
     * states of all its operations, if the end is looked at as well.
     *
     * <p>It is called under the device's monitor, and must not call the file methods of that device. It may end it all
     * with {@link SimStorage#cutPower} or {@link SimStorage#killProcess}: then the operation does not begin.
     *
     * @param storage the device
     * @param number the operation's number, from 0
     * @param kind what it is
     * @param name the file or directory; of a rename, the old name
     */
    void beforeOperation(SimStorage storage, long number, Operation kind, String name);
}
