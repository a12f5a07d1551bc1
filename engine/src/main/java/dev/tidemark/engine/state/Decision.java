package dev.tidemark.engine.state;

import dev.tidemark.engine.message.Command;
import dev.tidemark.engine.message.Refusal;
import dev.tidemark.engine.message.Reply;
import java.util.ArrayList;
import java.util.List;

/** What the decider made of a message. Immutable. */
public sealed interface Decision {

    /**
     * The message becomes an event. It must be applied as the next event, before anything else is.
     *
     * @param event what to journal and apply, once {@code boundaries} are filled in
     * @param reply the answer, to be given when the event is durable
     * @param boundaries blocks that have to be rewritten first; empty but for a shrink inside a mapped block
     * @param forced ids of volumes that clients may have open, and that go or change their content with
     *     {@code force=true}: their clients are to be told to close
     * @param checkpoint whether the message asks for a checkpoint, too
     */
    record Apply(
            CatalogueChanged event, Reply.Ok reply, List<Boundary> boundaries, List<Long> forced, boolean checkpoint)
            implements Decision {
        /** Copies the lists. */
        public Apply {
            boundaries = List.copyOf(boundaries);
            forced = List.copyOf(forced);
        }

        /**
         * The same with one boundary block filled in.
         *
         * @param boundary one of {@link #boundaries}
         * @param physical where its new content was written
         * @param checksum that content's CRC32C
         */
        public Apply fulfil(Boundary boundary, long physical, int checksum) {
            List<Change> changes = new ArrayList<>(event.changes());
            Change.VolumeResized resized = (Change.VolumeResized) changes.get(boundary.change());
            changes.set(
                    boundary.change(),
                    new Change.VolumeResized(
                            resized.volumeId(), resized.sizeBytes(), resized.jobId(), physical, checksum));
            List<Boundary> left = new ArrayList<>(boundaries);
            left.remove(boundary);
            CatalogueChanged filled = new CatalogueChanged(event.timeMs(), event.actor(), event.request(), changes);
            return new Apply(filled, reply, left, forced, checkpoint);
        }
    }

    /**
     * A block that a shrink cuts through. Its new content is the old one's first {@code keepBytes}, then zeros to the
     * end
     * of the block.
     *
     * @param change the index of the change in the event
     * @param baseVolumeId the volume that holds the old content, in the state before the event
     * @param block the logical block in that volume; it is mapped there
     * @param keepBytes from 1 to the block size - 1
     */
    record Boundary(int change, long baseVolumeId, long block, int keepBytes) {}

    /** Nothing to apply: a {@code flush} or a {@code checkpoint}. Answered when everything before it is durable. */
    record Answer(Reply.Ok reply, boolean checkpoint) implements Decision {}

    /** No; the state is as it was. */
    record Refused(Refusal refusal) implements Decision {}

    /** The same request was done before: its first answer. */
    record Repeat(Reply.Ok reply) implements Decision {}

    /** The message only reads: {@link Views} answers it. */
    record Query(Command command) implements Decision {}
}
