package dev.tidemark.engine.pipeline;

import dev.tidemark.engine.state.Event;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns, with an event and a log line, when free space falls below a level; once until it has risen above again. */
final class SpaceWatch {
    private static final Logger LOG = LoggerFactory.getLogger(SpaceWatch.class);

    private final int[] percents;
    private final SpaceKeeper space;
    private final int blockSizeBytes;
    private int below;
    private boolean first = true;

    SpaceWatch(List<Integer> percentsDescending, SpaceKeeper space, int blockSizeBytes) {
        this.percents = percentsDescending.stream().mapToInt(Integer::intValue).toArray();
        this.space = space;
        this.blockSizeBytes = blockSizeBytes;
    }

    /** Looks whether a level was passed. */
    void check(long timeMs, EventSink sink) {
        long free = space.freeBlocks() + space.waitingBlocks();
        int now = 0;
        while (now < percents.length && free * 100 < space.capacityBlocks() * percents[now]) {
            now++;
        }
        if (now > below && !first) {
            if (!sink.hasRoom()) {
                return; // at the next look
            }
            int percent = percents[now - 1];
            LOG.warn(
                    "less than {}% of the store is free: {} bytes. Delete a volume, or discard what is not needed.",
                    percent, free * blockSizeBytes);
            sink.apply(new Event.SpaceLow(timeMs, percent, free * blockSizeBytes));
        }
        below = now;
        first = false; // what recovery found was said before
    }
}
