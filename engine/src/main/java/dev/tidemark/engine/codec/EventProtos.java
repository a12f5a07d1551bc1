package dev.tidemark.engine.codec;

import static dev.tidemark.engine.codec.Checks.natural;
import static dev.tidemark.engine.codec.Checks.positive;
import static dev.tidemark.engine.codec.Checks.present;

import dev.tidemark.engine.state.BlocksUnmapped;
import dev.tidemark.engine.state.BlocksWritten;
import dev.tidemark.engine.state.CatalogueChanged;
import dev.tidemark.engine.state.Event;
import dev.tidemark.engine.state.RangeZeroed;
import dev.tidemark.engine.state.RequestRecord;
import dev.tidemark.proto.Request;

/** Typed events to generated classes, and back. */
final class EventProtos {
    private EventProtos() {}

    static dev.tidemark.proto.Event toProto(Event event) {
        dev.tidemark.proto.Event.Builder out =
                dev.tidemark.proto.Event.newBuilder().setTimeMs(event.timeMs());
        if (event instanceof BlocksWritten written) {
            out.setBlocksWritten(toProto(written));
        } else if (event instanceof BlocksUnmapped unmapped) {
            out.setBlocksUnmapped(toProto(unmapped));
        } else if (event instanceof RangeZeroed zeroed) {
            out.setRangeZeroed(toProto(zeroed));
        } else if (event instanceof Event.JobStepped stepped) {
            out.getJobSteppedBuilder().setJobId(stepped.jobId()).setMaxEntries(stepped.maxEntries());
        } else if (event instanceof Event.JobCompleted completed) {
            out.getJobCompletedBuilder().setJobId(completed.jobId());
        } else if (event instanceof Event.SpaceLow low) {
            out.getSpaceLowBuilder().setLevelPercent(low.levelPercent()).setFreeBytes(low.freeBytes());
        } else if (event instanceof CatalogueChanged changed) {
            out.setCatalogueChanged(toProto(changed));
        }
        return out.build();
    }

    private static dev.tidemark.proto.BlocksWritten toProto(BlocksWritten event) {
        dev.tidemark.proto.BlocksWritten.Builder out = dev.tidemark.proto.BlocksWritten.newBuilder()
                .setVolumeId(event.volumeId())
                .setFirstBlock(event.firstBlock());
        for (int run = 0; run < event.runs(); run++) {
            out.addRunStarts(event.runStart(run)).addRunLengths(event.runLength(run));
        }
        for (int i = 0; i < event.blocks(); i++) {
            out.addChecksums(event.checksum(i));
        }
        return out.build();
    }

    private static dev.tidemark.proto.BlocksUnmapped toProto(BlocksUnmapped event) {
        return dev.tidemark.proto.BlocksUnmapped.newBuilder()
                .setVolumeId(event.volumeId())
                .setFirstBlock(event.firstBlock())
                .setBlockCount(event.blocks())
                .setJobId(event.jobId())
                .build();
    }

    private static dev.tidemark.proto.RangeZeroed toProto(RangeZeroed event) {
        dev.tidemark.proto.RangeZeroed.Builder out = dev.tidemark.proto.RangeZeroed.newBuilder();
        if (event.head().blocks() > 0) {
            out.setHead(toProto(event.head()));
        }
        if (event.middle().blocks() > 0) {
            out.setMiddle(toProto(event.middle()));
        }
        if (event.tail().blocks() > 0) {
            out.setTail(toProto(event.tail()));
        }
        return out.build();
    }

    private static dev.tidemark.proto.CatalogueChanged toProto(CatalogueChanged event) {
        dev.tidemark.proto.CatalogueChanged.Builder out =
                dev.tidemark.proto.CatalogueChanged.newBuilder().setActor(event.actor());
        if (event.request() != null) {
            out.setRequest(toProto(event.request()));
        }
        event.changes().forEach(change -> out.addChanges(ChangeProtos.toProto(change)));
        return out.build();
    }

    static Request toProto(RequestRecord request) {
        return Request.newBuilder()
                .setId(request.id())
                .setTextDigest(request.textDigest())
                .setReply(request.reply())
                .build();
    }

    static RequestRecord fromProto(Request request) {
        return new RequestRecord(
                present("request.id", request.getId()),
                request.getTextDigest(),
                present("request.reply", request.getReply()));
    }

    /** The event; those of I/O in the given decoder's flyweights. */
    static Event fromProto(dev.tidemark.proto.Event event, WriteEventDecoder flyweights) {
        long timeMs = event.getTimeMs();
        return switch (event.getKindCase()) {
            case BLOCKS_WRITTEN -> written(flyweights.written(), timeMs, event.getBlocksWritten());
            case BLOCKS_UNMAPPED -> unmapped(flyweights.unmapped(), timeMs, event.getBlocksUnmapped());
            case RANGE_ZEROED -> zeroed(flyweights.zeroed(), timeMs, event.getRangeZeroed());
            case JOB_STEPPED ->
                new Event.JobStepped(
                        timeMs, positive("job_id", event.getJobStepped().getJobId()), (int)
                                positive("max_entries", event.getJobStepped().getMaxEntries()));
            case JOB_COMPLETED ->
                new Event.JobCompleted(
                        timeMs, positive("job_id", event.getJobCompleted().getJobId()));
            case SPACE_LOW ->
                new Event.SpaceLow(
                        timeMs,
                        (int) natural("level_percent", event.getSpaceLow().getLevelPercent()),
                        natural("free_bytes", event.getSpaceLow().getFreeBytes()));
            case CATALOGUE_CHANGED -> changed(timeMs, event.getCatalogueChanged());
            case KIND_NOT_SET -> throw new MalformedException("an event without a kind");
        };
    }

    private static CatalogueChanged changed(long timeMs, dev.tidemark.proto.CatalogueChanged event) {
        return new CatalogueChanged(
                timeMs,
                event.getActor(),
                event.hasRequest() ? fromProto(event.getRequest()) : null,
                event.getChangesList().stream().map(ChangeProtos::fromProto).toList());
    }

    private static BlocksWritten written(BlocksWritten out, long timeMs, dev.tidemark.proto.BlocksWritten event) {
        int runs = event.getRunStartsCount();
        if (runs != event.getRunLengthsCount() || event.getChecksumsCount() > BlocksWritten.MAX_BLOCKS) {
            throw new MalformedException(runs + " starts, " + event.getRunLengthsCount() + " lengths, "
                    + event.getChecksumsCount() + " checksums of written blocks");
        }
        out.reset(timeMs, event.getVolumeId(), event.getFirstBlock());
        for (int run = 0; run < runs; run++) {
            long start = event.getRunStarts(run);
            int length = event.getRunLengths(run);
            if (start < 1
                    || start > Checks.MAX_PHYSICAL
                    || length < 1
                    || length > event.getChecksumsCount() - out.blocks()) {
                throw new MalformedException("a run of " + length + " written blocks at " + start);
            }
            out.addRun(start, length);
        }
        if (out.blocks() != event.getChecksumsCount() || !Checks.isValid(out)) {
            throw new MalformedException(out + " with " + event.getChecksumsCount() + " checksums");
        }
        for (int i = 0; i < out.blocks(); i++) {
            out.checksum(i, event.getChecksums(i));
        }
        return out;
    }

    private static BlocksUnmapped unmapped(BlocksUnmapped out, long timeMs, dev.tidemark.proto.BlocksUnmapped event) {
        out.set(timeMs, event.getVolumeId(), event.getFirstBlock(), event.getBlockCount(), event.getJobId());
        if (!Checks.isValid(out)) {
            throw new MalformedException(out.toString());
        }
        return out;
    }

    private static RangeZeroed zeroed(RangeZeroed out, long timeMs, dev.tidemark.proto.RangeZeroed event) {
        out.reset(timeMs);
        if (event.hasHead()) {
            written(out.head(), timeMs, event.getHead());
        }
        if (event.hasMiddle()) {
            unmapped(out.middle(), timeMs, event.getMiddle());
        }
        if (event.hasTail()) {
            written(out.tail(), timeMs, event.getTail());
        }
        if (!Checks.isValid(out)) {
            throw new MalformedException(out.toString());
        }
        return out;
    }
}
