package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import org.agrona.collections.LongHashSet;

/** Records what is brought in ahead of a change, and refuses what the change touches without that. */
public final class TouchRecorder {
    private final PageStore pages;
    private final LongHashSet contents = new LongHashSet();
    private final LongHashSet references = new LongHashSet();
    private long lastId;
    private boolean watching;
    private long missed;

    public TouchRecorder(PageStore pages) {
        this.pages = pages;
    }

    /** Does both, in this order; a page that existed before and that the change touches must have been brought in. */
    public void check(Runnable ahead, Runnable change) {
        contents.clear();
        references.clear();
        missed = 0;
        lastId = pages.lastId();
        pages.probe(this::page); // anew, so that no address is remembered
        watching = true;
        try {
            ahead.run();
            change.run();
        } finally {
            watching = false;
        }
        assertThat(missed).as("a page that was touched and not brought in").isZero();
    }

    /** How many pages were brought in before the last change. */
    public int contents() {
        return contents.size();
    }

    private void page(long id, boolean content, boolean ahead) {
        if (!watching || id > lastId) {
            return;
        }
        if (ahead) {
            references.add(id);
            if (content) {
                contents.add(id);
            }
        } else if (!(content ? contents : references).contains(id)) {
            missed = id;
        }
    }
}
