package dev.tidemark.engine.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.codec.EventDecoder;
import dev.tidemark.engine.codec.EventEncoder;
import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.mapping.MappingEntry;
import dev.tidemark.engine.mapping.MappingReader;
import dev.tidemark.engine.mapping.TouchRecorder;
import dev.tidemark.engine.message.Line;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.engine.state.PlainModel.Content;
import dev.tidemark.engine.volume.LiveVolume;
import dev.tidemark.engine.volume.VolumeKind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One history, done by the state and by the {@link PlainModel} side by side. A second state follows through the
 * bytes of the events.
 */
final class ModelRun implements AutoCloseable {
    private static final long START_MS = 1_767_225_600_000L;

    final State state = new State(PlainModel.BLOCK);
    private final Applier applier = new Applier(state);
    private final EventPages pages = new EventPages(state);
    private final TouchRecorder touches = new TouchRecorder(state.pages());
    private final State follower = new State(PlainModel.BLOCK);
    private final Applier followersApplier = new Applier(follower);
    private final EventEncoder encoder = new EventEncoder();
    private final EventDecoder decoder = new EventDecoder();
    private final List<byte[]> journal = new ArrayList<>();
    // Every seventh volume is open, so that busy is met.
    private final PlainModel model = new PlainModel(id -> id % 7 == 3 ? 2 : 0);
    private final Map<String, Message> requests = new HashMap<>();
    private final Map<String, String> answers = new HashMap<>();
    private final Deque<Long> free = new ArrayDeque<>();
    private long nextPhysical = 1;
    private int writes;

    /** The name of one of the volumes that exist; a name that may be free when there is none. */
    String pick(int number) {
        List<PlainModel.Volume> volumes = List.copyOf(model.volumes.values());
        return volumes.isEmpty() ? "n0" : volumes.get(number % volumes.size()).name;
    }

    /** The right command for a snapshot of one of the volumes that exist. */
    String snapshotOf(int number, String name) {
        String source = pick(number);
        PlainModel.Volume volume = model.byName(source);
        return volume != null && volume.snapshot
                ? "clone " + name + " source=" + source
                : "create " + name + " origin=" + source;
    }

    /** Sends a text to both, and compares the answers. */
    void send(String text) {
        Message message = (Message) MessageParser.parse(text);
        Decision decision =
                Decider.decide(state, message, new DecisionContext(nextMs(), "test", id -> id % 7 == 3 ? 2 : 0));
        String request = message.request();
        if (request != null && requests.containsKey(request)) {
            if (requests.get(request).equals(message)) {
                assertThat(((Decision.Repeat) decision).reply()).hasToString(answers.get(request));
            } else {
                assertThat(((Decision.Refused) decision).refusal().code()).hasToString("bad-message");
            }
            return;
        }
        PlainModel.Outcome expected = model.send(message);
        if (decision instanceof Decision.Refused refused) {
            assertThat(refused.refusal().code().text() + " " + refused.refusal().command())
                    .as(text)
                    .isEqualTo(expected.code() + " " + expected.command());
            return;
        }
        assertThat(expected.code()).as(text).isNull();
        if (decision instanceof Decision.Answer answer) {
            compareLines(answer.reply(), expected);
            return;
        }
        Decision.Apply apply = (Decision.Apply) decision;
        compareLines(apply.reply(), expected);
        for (Decision.Boundary boundary : apply.boundaries()) {
            apply = apply.fulfil(
                    boundary, takeBlock(), boundaryContent(boundary).checksum());
        }
        apply(apply.event());
        if (request != null) {
            requests.put(request, message);
            answers.put(request, apply.reply().toString());
        }
    }

    private void compareLines(Reply.Ok reply, PlainModel.Outcome expected) {
        List<String> lines = reply.lines().stream()
                .map(line -> line.fields().entrySet().stream()
                        .filter(field ->
                                !field.getKey().equals("job") && !field.getKey().equals("seq"))
                        .map(field -> field.getKey() + "=" + field.getValue())
                        .collect(Collectors.joining(" ")))
                .toList();
        assertThat(lines).isEqualTo(expected.lines());
        for (Line line : reply.lines()) {
            assertThat(line.number("seq")).isEqualTo(model.seq);
        }
    }

    /** The old content, looked up by its checksum: what the pipeline does by reading the block. */
    private Content boundaryContent(Decision.Boundary boundary) {
        MappingEntry entry = new MappingEntry();
        LiveVolume base = state.catalogue().byId(boundary.baseVolumeId());
        assertThat(new MappingReader(state.pages()).lookup(base.root(), boundary.block(), entry))
                .isTrue();
        return contents.get(entry.checksum()).cut(boundary.keepBytes());
    }

    // Every content there ever was, by checksum.
    private final Map<Integer, Content> contents = new HashMap<>();

    private Content newContent() {
        Content content = new Content(++writes, PlainModel.BLOCK);
        for (int sector = 1; sector <= 8; sector++) {
            Content cut = content.cut(sector * 512);
            assertThat(contents.put(cut.checksum(), cut)).isNull();
        }
        return content;
    }

    /** Writes blocks of a volume of both, in runs that the bits of {@code pattern} tell; the volume may not exist. */
    void write(String name, long firstBlock, int blocks, int pattern) {
        PlainModel.Volume volume = model.byName(name);
        if (volume == null) {
            return;
        }
        long first = firstBlock % volume.blockCount();
        apply(written(
                new BlocksWritten(), volume, first, (int) Math.min(blocks, volume.blockCount() - first), pattern));
    }

    private BlocksWritten written(BlocksWritten out, PlainModel.Volume volume, long first, int blocks, int pattern) {
        out.reset(nextMs(), volume.id, first);
        for (int i = 0; i < blocks; i++) {
            long physical = (pattern >>> (i % 31) & 1) == 0 ? nextPhysical++ : takeBlock();
            Content content = newContent();
            out.checksum(out.addRun(physical, 1), content.checksum());
            volume.blocks.put(first + i, content);
        }
        return out;
    }

    /** Unmaps blocks, in the event or by a job. */
    void unmap(String name, long firstBlock, long blocks, boolean byJob) {
        PlainModel.Volume volume = model.byName(name);
        if (volume == null) {
            return;
        }
        long first = firstBlock % volume.blockCount();
        long count = Math.min(blocks, volume.blockCount() - first);
        BlocksUnmapped event =
                Decider.unmap(state, state.catalogue().byName(name), nextMs(), first, count, new BlocksUnmapped());
        if (byJob) {
            event.set(event.timeMs(), volume.id, first, count, state.jobs().nextJobId());
        }
        volume.blocks.subMap(first, first + count).clear();
        apply(event);
    }

    /** Zeroes a range whose ends lie inside blocks: they are written anew, and the middle is unmapped. */
    void zero(String name, long firstBlock, long blocks) {
        PlainModel.Volume volume = model.byName(name);
        if (volume == null || volume.blockCount() < 3) {
            return;
        }
        long first = firstBlock % (volume.blockCount() - 2);
        long middle = Math.min(blocks, volume.blockCount() - first - 2);
        RangeZeroed event = new RangeZeroed().reset(nextMs());
        written(event.head(), volume, first, 1, 1);
        event.middle().set(event.timeMs(), volume.id, first + 1, middle, 0);
        written(event.tail(), volume, first + 1 + middle, 1, 1);
        volume.blocks.subMap(first + 1, first + 1 + middle).clear();
        apply(event);
    }

    /** A step of one of the jobs, or its completion. */
    void step(int which, int maxEntries) {
        List<ReclaimJob> jobs = List.copyOf(state.jobs().all());
        if (!jobs.isEmpty()) {
            apply(Decider.nextStep(jobs.get(which % jobs.size()), nextMs(), maxEntries));
        }
    }

    private void apply(Event event) {
        byte[] bytes = new byte[encoder.length(event)];
        encoder.encode(event, new UnsafeBuffer(bytes), 0);
        journal.add(bytes);
        touches.check(() -> pages.bringIn(event), () -> applier.apply(event));
        if (!(event instanceof CatalogueChanged)) {
            model.seq++;
        }
        for (int run = 0; run < state.space().freed().runs(); run++) {
            for (long i = 0; i < state.space().freed().length(run); i++) {
                free.add(state.space().freed().start(run) + i);
            }
        }
        state.space().freed().clear();
        followersApplier.apply(decoder.decode(new UnsafeBuffer(bytes), 0, bytes.length));
        follower.space().freed().clear();
        assertThat(state.seq()).isEqualTo(model.seq);
    }

    private long takeBlock() {
        return free.isEmpty() ? nextPhysical++ : free.poll();
    }

    private long nextMs() {
        return START_MS + model.seq * 1000;
    }

    /** Compares everything: catalogue, every block, the full check. */
    void compare() {
        assertThat(StateCheck.check(state)).isEmpty();
        assertThat(state.catalogueSeq()).isEqualTo(model.catalogueSeq);
        assertThat(state.catalogue().volumes().stream().map(LiveVolume::id).toList())
                .isEqualTo(List.copyOf(model.volumes.keySet()));
        MappingReader reader = new MappingReader(state.pages());
        MappingEntry entry = new MappingEntry();
        for (PlainModel.Volume expected : model.volumes.values()) {
            LiveVolume actual = state.catalogue().byId(expected.id);
            assertThat(actual.name()).isEqualTo(expected.name);
            assertThat(actual.kind() == VolumeKind.SNAPSHOT).isEqualTo(expected.snapshot);
            assertThat(actual.sizeBytes()).isEqualTo(expected.size);
            assertThat(actual.readonly()).isEqualTo(expected.readonly);
            assertThat(actual.sourceId()).isEqualTo(expected.source);
            assertThat(actual.familyId()).isEqualTo(expected.family);
            assertThat(actual.labels()).isEqualTo(expected.labels);
            assertThat(actual.root().mappedBlocks()).isEqualTo(expected.blocks.size());
            expected.blocks.forEach((block, content) -> {
                assertThat(reader.lookup(actual.root(), block, entry)).isTrue();
                assertThat(entry.checksum()).isEqualTo(content.checksum());
            });
        }
        model.gone.forEach((id, how) ->
                assertThat(state.catalogue().dead(id).mergedInto() == 0).isEqualTo(how.equals("deleted")));
    }

    /** Finishes all jobs; then only what volumes show is in use, and replay gives the same state. */
    void finish() {
        while (state.jobs().size() > 0) {
            step(0, 50);
        }
        compare();
        long distinct = model.volumes.values().stream()
                .flatMap(volume -> volume.blocks.values().stream())
                .distinct()
                .count();
        assertThat(state.space().usedBlocks()).isGreaterThanOrEqualTo(distinct);
        assertThat(free.size() + state.space().usedBlocks()).isEqualTo(nextPhysical - 1);
        String digest = StateDigest.of(state);
        assertThat(StateDigest.of(follower)).as("followed by bytes").isEqualTo(digest);
        try (State replayed = new State(PlainModel.BLOCK)) {
            Applier again = new Applier(replayed);
            for (byte[] bytes : journal) {
                again.apply(decoder.decode(new UnsafeBuffer(bytes), 0, bytes.length));
                replayed.space().freed().clear();
            }
            assertThat(StateDigest.of(replayed)).as("replayed").isEqualTo(digest);
        }
    }

    @Override
    public void close() {
        state.close();
        follower.close();
    }
}
