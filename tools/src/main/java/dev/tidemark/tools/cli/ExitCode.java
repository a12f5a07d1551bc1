package dev.tidemark.tools.cli;

/** What the program tells its caller when it ends. Scripts rely on these numbers: do not change them. */
public enum ExitCode {
    /** All went well. */
    OK(0),
    /** The store answered with an error, or a check has findings. */
    REFUSED(1),
    /** The command line makes no sense. */
    USAGE(2),
    /** The store can't be reached or opened: missing, not a store, in use, or of a newer format. */
    UNREACHABLE(3),
    /** The store is damaged. */
    DAMAGED(4),
    /** The store stopped at its first failure; the next open recovers it. */
    FAIL_STOP(5);

    private final int number;

    ExitCode(int number) {
        this.number = number;
    }

    /** Returns the process's exit status. */
    public int number() {
        return number;
    }
}
