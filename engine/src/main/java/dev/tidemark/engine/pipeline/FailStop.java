package dev.tidemark.engine.pipeline;

import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The first failure is final (G9): it is kept as the cause of every later refusal, and nothing is written or
 * acknowledged after it. Any thread may report and ask.
 */
public final class FailStop {
    private static final Logger LOG = LoggerFactory.getLogger(FailStop.class);

    private final AtomicReference<Throwable> first = new AtomicReference<>();
    private volatile Runnable onFailure = () -> {};

    /** Called once, on the thread that failed. */
    public void onFailure(Runnable action) {
        onFailure = action;
    }

    /** Keeps {@code cause} if it is the first. */
    public void fail(Throwable cause) {
        if (first.compareAndSet(null, cause)) {
            LOG.error(
                    "the store stops: {}. Nothing is written or acknowledged any more; reads go on. Restart it to"
                            + " recover.",
                    cause.toString(),
                    cause);
            try {
                onFailure.run();
            } catch (RuntimeException | Error e) { // whoever failed still has its requests to answer
                LOG.error("a listener to the store's failure failed itself", e);
            }
        }
    }

    /** The first failure, or null. */
    public Throwable cause() {
        return first.get();
    }

    public boolean failed() {
        return first.get() != null;
    }
}
