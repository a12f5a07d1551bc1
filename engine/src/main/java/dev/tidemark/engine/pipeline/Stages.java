package dev.tidemark.engine.pipeline;

/** Both stages, put together from their parts. */
final class Stages {
    /** Sixteen times what a frame carries: PLACE may be that far ahead before JOURNAL has to force the data instead. */
    static final int STAGING_BYTES = 4 << 20;
    /** Rings of stores with segments that no option allows: tests open thousands of them. */
    private static final int SMALL_RING_BYTES = 1 << 20;

    private static final int LEAST_SEGMENT_BYTES = 4 << 20;

    private final PlaceStage place;
    private final JournalStage journal;
    private final Checkpointer checkpoints;
    private final SpaceAhead ahead;
    private final PagePace pagePace = new PagePace();

    /**
     * Both stages, and their helpers if they run on threads.
     *
     * @param threads whether there may be threads: not in crash tests, whose operations repeat
     */
    Stages(PipelineParts parts, boolean threads) {
        boolean small = parts.journalSegmentBytes() < LEAST_SEGMENT_BYTES;
        StagingRing staging = new StagingRing(small ? SMALL_RING_BYTES : STAGING_BYTES);
        EventRing events = new EventRing(small ? SMALL_RING_BYTES : EventRing.DEFAULT_CAPACITY_BYTES);
        ahead = threads
                ? new SpaceAhead(parts.exceptions(), parts.allocator().capacityBlocks(), parts.failStop())
                : null;
        SpaceKeeper space = new SpaceKeeper(
                parts.state(),
                parts.state().trees(),
                parts.allocator(),
                parts.epochs(),
                parts.progress(),
                parts.sabotage(),
                ahead);
        DurableEvents durable = new DurableEvents(parts.listener());
        checkpoints = new Checkpointer(parts);
        EventSink sink = new EventSink(
                events, parts.log().maxPayloadBytes(), parts.state(), space, parts.progress(), durable, checkpoints);
        JournalRoom room = new JournalRoom(parts.log(), parts.policy().inlineBytes(), parts.nanoClock());
        JobFeeder jobs =
                new JobFeeder(parts.state(), sink, space, room, parts.progress(), parts.clock(), parts.nanoClock());
        place = new PlaceStage(parts, sink, space, staging, room, jobs, checkpoints, pagePace);
        journal = new JournalStage(events, staging, durable, room, checkpoints, parts);
    }

    PlaceStage place() {
        return place;
    }

    JournalStage journal() {
        return journal;
    }

    /** Who brings in pages for large writes. */
    PagePace pagePace() {
        return pagePace;
    }

    Checkpointer checkpoints() {
        return checkpoints;
    }

    /** Ends the helpers, after the stages' last acts. */
    void close() {
        if (ahead != null) {
            ahead.close();
        }
    }
}
