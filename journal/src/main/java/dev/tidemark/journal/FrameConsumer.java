package dev.tidemark.journal;

import java.io.IOException;

/** Takes frames in the order of the history. */
@FunctionalInterface
public interface FrameConsumer {
    /**
     * Takes one frame.
     *
     * @param frame a flyweight that is valid until this call returns; what is to be kept must be copied
     * @throws IOException to end the run; it reaches the caller unchanged
     */
    void accept(Frame frame) throws IOException;
}
