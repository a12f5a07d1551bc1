package dev.tidemark.storage.sim;

import java.util.BitSet;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;

/**
 * Goes through all outcomes of a power cut: a walk over the tree of yes-and-no decisions, depth first. Which decisions
 * there are depends on those before (nobody asks for the content of a file whose creation was undone), so they are
 * counted as they come up.
 */
final class PowerCuts implements Iterator<SimStorage>, Survival {
    private final long limit;
    private final Granularity granularity;
    private final Function<Survival, SimStorage> outcomes;
    private final BitSet decisions = new BitSet();
    private final BitSet kept = new BitSet();
    private int decisionCount;
    private int asked;
    private long given;
    private boolean exhausted;

    PowerCuts(long limit, Granularity granularity, Function<Survival, SimStorage> outcomes) {
        this.limit = limit;
        this.granularity = granularity;
        this.outcomes = outcomes;
    }

    @Override
    public boolean hasNext() {
        return !exhausted;
    }

    @Override
    public SimStorage next() {
        if (exhausted) {
            throw new NoSuchElementException();
        }
        if (given == limit) {
            throw new IllegalStateException("more than " + limit + " outcomes of this power cut");
        }
        given++;
        asked = 0;
        SimStorage outcome = outcomes.apply(this);
        // The next leaf: the last decision that was no becomes yes, and those after it are forgotten.
        int lastNo = decisions.previousClearBit(decisionCount - 1);
        if (lastNo < 0) {
            exhausted = true;
        } else {
            decisions.set(lastNo);
            decisionCount = lastNo + 1;
        }
        return outcome;
    }

    private boolean decide() {
        if (asked == decisionCount) {
            decisions.clear(decisionCount++);
        }
        return decisions.get(asked++);
    }

    @Override
    public boolean keeps(NameChange change) {
        return decide();
    }

    @Override
    public void apply(Change change, PageMap image) {
        if (granularity == Granularity.WRITES || change.kind == Change.Kind.RESIZE) {
            if (decide()) {
                change.applyTo(image);
            }
            return;
        }
        kept.clear();
        for (int i = 0; i < change.sectors(); i++) {
            kept.set(i, decide());
        }
        change.applyTo(image, kept);
        if (change.extendsBeyond(image.size()) && decide()) {
            image.resize(change.end());
        }
    }
}
