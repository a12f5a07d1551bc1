package dev.tidemark.engine.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.Dialogue;
import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.mapping.MappingEntry;
import dev.tidemark.engine.mapping.MappingReader;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.engine.message.Parsed;
import dev.tidemark.engine.volume.LiveVolume;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A state to talk to, with blocks of 4 KiB. Beside messages it understands:
 *
 * <pre>
 * !write VOL BLOCK COUNT   writes blocks; the first write is A, the next B, and so on
 * !read VOL                what the blocks hold: A, or A:1024 for its first 1,024 bytes and zeros, or . for zeros
 * !unmap VOL BLOCK COUNT   discards blocks
 * !open VOL COUNT          how many clients have it open
 * !work                    does all jobs, one step each
 * !used                    how many physical blocks are in use
 * </pre>
 *
 * After every line the full check is made. The clock goes on by a second with each event.
 */
final class Conversation implements AutoCloseable {
    private static final long START_MS = 1_767_225_600_000L;

    final State state = new State(4096);
    private final Applier applier = new Applier(state);
    private final Map<Long, Integer> open = new HashMap<>();
    private final Map<Integer, String> contents = new HashMap<>();
    private long nextPhysical = 1;
    private char nextLetter = 'A';

    static void check(String script) {
        try (Conversation conversation = new Conversation()) {
            Dialogue.check(script, conversation::say);
        }
    }

    String say(String line) {
        String answer = line.startsWith("!") ? direct(List.of(line.split(" ", -1))) : send(line);
        assertThat(StateCheck.check(state)).as(line).isEmpty();
        return answer;
    }

    private String send(String text) {
        Parsed parsed = MessageParser.parse(text);
        if (!(parsed instanceof Message message)) {
            return parsed.toString();
        }
        DecisionContext context = new DecisionContext(nowMs(), "test", id -> open.getOrDefault(id, 0));
        Decision decision = Decider.decide(state, message, context);
        if (decision instanceof Decision.Refused refused) {
            return refused.refusal().toString();
        } else if (decision instanceof Decision.Repeat repeat) {
            return repeat.reply().toString();
        } else if (decision instanceof Decision.Answer answer) {
            return answer.reply().toString();
        } else if (decision instanceof Decision.Query query) {
            StoreFacts facts = new StoreFacts(state.seq(), Map.of("capacity", "64G"), List.of());
            // The memory of the pages is the machine's business.
            return new Views(state)
                    .answer(query.command(), facts)
                    .toString()
                    .replaceAll("page_bytes=[0-9]+", "page_bytes=…");
        }
        Decision.Apply apply = (Decision.Apply) decision;
        for (Decision.Boundary boundary : apply.boundaries()) {
            MappingEntry entry = new MappingEntry();
            LiveVolume base = state.catalogue().byId(boundary.baseVolumeId());
            new MappingReader(state.pages()).lookup(base.root(), boundary.block(), entry);
            String kept = contents.get(entry.checksum()).replaceAll(":.*", "") + ":" + boundary.keepBytes();
            apply = apply.fulfil(boundary, nextPhysical++, checksum(kept));
        }
        apply(apply.event());
        String forced = apply.forced().isEmpty() ? "" : "\n(closes " + apply.forced() + ")";
        return apply.reply() + forced + (apply.checkpoint() ? "\n(takes a checkpoint)" : "");
    }

    private String direct(List<String> words) {
        LiveVolume volume = words.size() > 1 ? state.catalogue().byName(words.get(1)) : null;
        switch (words.get(0)) {
            case "!write" -> {
                int blocks = Integer.parseInt(words.get(3));
                BlocksWritten event = new BlocksWritten().reset(nowMs(), volume.id(), Long.parseLong(words.get(2)));
                event.addRun(nextPhysical, blocks);
                nextPhysical += blocks;
                for (int i = 0; i < blocks; i++) {
                    event.checksum(i, checksum(String.valueOf(nextLetter)));
                }
                nextLetter++;
                apply(event);
            }
            case "!unmap" ->
                apply(Decider.unmap(
                        state,
                        volume,
                        nowMs(),
                        Long.parseLong(words.get(2)),
                        Long.parseLong(words.get(3)),
                        new BlocksUnmapped()));
            case "!open" -> open.put(volume.id(), Integer.parseInt(words.get(2)));
            case "!work" -> {
                for (ReclaimJob job : List.copyOf(state.jobs().all())) {
                    apply(Decider.nextStep(job, nowMs(), 1000));
                }
            }
            case "!used" -> {
                return Long.toString(state.space().usedBlocks());
            }
            default -> {
                return read(volume);
            }
        }
        return "";
    }

    private String read(LiveVolume volume) {
        StringBuilder out = new StringBuilder();
        MappingReader reader = new MappingReader(state.pages());
        MappingEntry entry = new MappingEntry();
        for (long block = 0; block < volume.blocks(4096); block++) {
            boolean mapped = reader.lookup(volume.root(), block, entry);
            out.append(out.isEmpty() ? "" : " ").append(mapped ? contents.get(entry.checksum()) : ".");
        }
        return out.toString();
    }

    private int checksum(String content) {
        contents.put(content.hashCode(), content);
        return content.hashCode();
    }

    private void apply(Event event) {
        applier.apply(event);
        state.space().freed().clear();
    }

    private long nowMs() {
        return START_MS + state.seq() * 1000;
    }

    @Override
    public void close() {
        state.close();
    }
}
