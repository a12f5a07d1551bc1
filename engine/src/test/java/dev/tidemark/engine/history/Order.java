package dev.tidemark.engine.history;

import dev.tidemark.engine.recovery.FrameEvents;
import dev.tidemark.engine.state.Applier;
import dev.tidemark.engine.state.BlocksUnmapped;
import dev.tidemark.engine.state.BlocksWritten;
import dev.tidemark.engine.state.CatalogueChanged;
import dev.tidemark.engine.state.Event;
import dev.tidemark.engine.state.RangeZeroed;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.state.StateDigest;
import dev.tidemark.journal.Journal;
import dev.tidemark.journal.JournalConfig;
import dev.tidemark.journal.JournalRecovery;
import dev.tidemark.storage.SubStorage;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Says in which order requests took effect, by the journal of the finished history: from there the model gives the
 * content after each event. Only which request an event is about is taken from the journal; what it did is the model's
 * word.
 *
 * <p>Requests take effect in the order of submission, but for writes and zeroes that waited for
 * space.
 */
public final class Order {
    private final Model model;
    private final List<Request> requests;
    private final List<Request> parked = new ArrayList<>();
    private final List<Model> pictures = new ArrayList<>();
    private final long firstSeq;
    private final Map<Long, String> digests = new HashMap<>();
    private final Map<String, Integer> seen = new TreeMap<>();
    private int next;
    /** When the latest request was sent that has its event: what was answered before has its own, or none. */
    private long sent;

    private Order(Model start, long startSeq, List<Request> requests) {
        this.model = start.copy();
        this.requests = requests;
        this.firstSeq = startSeq;
        pictures.add(model.copy());
    }

    /**
     * Orders the requests of a run that is over.
     *
     * @param start what the store held at {@code startSeq}
     * @throws AssertionError when no order of the requests explains the journal and the answers
     */
    public static Order of(SimStorage device, Model start, long startSeq, Runner run) throws IOException {
        return of(device, start, startSeq, run, false, false);
    }

    /** The same, with the digest of the state after each event. */
    public static Order withDigests(SimStorage device, Model start, long startSeq, Runner run) throws IOException {
        return of(device, start, startSeq, run, false, true);
    }

    /** The same for a run that a failure ended: what was not promised to be durable may be missing from its end. */
    public static Order ofFailed(SimStorage device, Model start, long startSeq, Runner run) throws IOException {
        return of(device, start, startSeq, run, true, false);
    }

    private static Order of(
            SimStorage device, Model start, long startSeq, Runner run, boolean lossy, boolean everyDigest)
            throws IOException {
        Order order = new Order(start, startSeq, run.requests);
        List<Sketch> sketches = order.sketches(device, startSeq, start.blockSize(), everyDigest);
        for (Sketch sketch : sketches) {
            order.event(sketch);
            order.pictures.add(order.model.copy());
        }
        if (lossy) {
            order.checkPromises();
            return order;
        }
        while (order.next < order.requests.size()) {
            order.skip(order.requests.get(order.next++));
        }
        for (Request left : order.parked) {
            // zeroes that waited may have found nothing left to do at their turn
            boolean done = left.isOk() && left.kind == Request.Kind.WRITE;
            require(!done, left, "it was answered ok, but there is no event of it");
        }
        order.checkTime();
        order.checkReads(run);
        order.checkDigests(run);
        order.count("close with requests in flight", run.closedInFlight > 0);
        return order;
    }

    /** What came about, and in how many requests: whether histories cover what they should. */
    public Map<String, Integer> seen() {
        return seen;
    }

    private void count(String what, boolean happened) {
        if (happened) {
            seen.merge(what, 1, Integer::sum);
        }
    }

    /** The digest of a fresh replay up to that seq (G11), or null where none was made. */
    public String digest(long seq) {
        return digests.get(seq);
    }

    /** The seq of the last event. */
    public long lastSeq() {
        return firstSeq + pictures.size() - 1;
    }

    /** What the store holds after the event of that seq. */
    public List<ModelVolume> picture(long seq) {
        return modelAt(seq).picture();
    }

    /** The model as of that seq; it must not be changed. */
    public Model modelAt(long seq) {
        return pictures.get((int) (seq - firstSeq));
    }

    /** What the store holds at the end. */
    public Model model() {
        return model;
    }

    // ---- the journal

    private enum Sort {
        WRITE,
        DISCARD,
        ZEROES,
        MESSAGE,
        /** A job's step, a warning. */
        OWN
    }

    /** What is needed of an event to know whose it is; of zeroes, the blocks are those that were unmapped. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Sketch(long seq, Sort sort, long volume, long firstBlock, long blocks, int[] crc) {}

    /** Replays the whole journal from its first event. */
    private List<Sketch> sketches(SimStorage device, long afterSeq, int blockSize, boolean everyDigest)
            throws IOException {
        List<Sketch> sketches = new ArrayList<>();
        SubStorage folder = new SubStorage(device, Setup.STORE);
        JournalConfig config = JournalConfig.builder()
                .segmentBytes(Setup.SEGMENT_BYTES)
                .maxPayloadBytes(Setup.SEGMENT_BYTES / 2)
                .stagingBytes(Setup.SEGMENT_BYTES)
                .helperThread(false)
                .build();
        try (State state = new State(blockSize);
                JournalRecovery journal = Journal.recover(folder, config, JournalRecovery.oldest(folder, config))) {
            Applier applier = new Applier(state);
            FrameEvents events = new FrameEvents(blockSize);
            journal.replay(
                    journal.startOffset(),
                    frame -> events.forEach(frame, (event, seq, data, index) -> {
                        if (everyDigest && seq == afterSeq + 1) {
                            digests.put(afterSeq, StateDigest.of(state));
                        }
                        applier.apply(event);
                        state.space().freed().clear();
                        if (seq > afterSeq) {
                            sketches.add(sketch(event, seq));
                            if (everyDigest) {
                                digests.put(seq, StateDigest.of(state));
                            }
                        }
                    }));
            digests.put(state.seq(), StateDigest.of(state));
        }
        return sketches;
    }

    private static Sketch sketch(Event event, long seq) {
        if (event instanceof BlocksWritten w) {
            int[] crc = Arrays.copyOf(w.checksums(), w.blocks());
            return new Sketch(seq, Sort.WRITE, w.volumeId(), w.firstBlock(), w.blocks(), crc);
        } else if (event instanceof BlocksUnmapped u) {
            return new Sketch(seq, Sort.DISCARD, u.volumeId(), u.firstBlock(), u.blocks(), null);
        } else if (event instanceof RangeZeroed z) {
            BlocksUnmapped middle = z.middle();
            long volume = z.head().blocks() > 0
                    ? z.head().volumeId()
                    : middle.blocks() > 0 ? middle.volumeId() : z.tail().volumeId();
            return new Sketch(seq, Sort.ZEROES, volume, middle.firstBlock(), middle.blocks(), null);
        }
        Sort sort = event instanceof CatalogueChanged ? Sort.MESSAGE : Sort.OWN;
        return new Sketch(seq, sort, 0, 0, 0, null);
    }

    // ---- matching

    private void event(Sketch event) {
        if (event.sort == Sort.OWN) {
            return;
        }
        while (next < requests.size()) {
            Request request = requests.get(next);
            if (isAbout(event, request)) {
                next++;
                apply(request, event);
                return;
            }
            if (takeParked(event)) {
                return;
            }
            next++;
            skip(request);
        }
        if (!takeParked(event)) {
            throw new AssertionError("there is an event that nobody asked for: " + event);
        }
    }

    private boolean takeParked(Sketch event) {
        for (Request request : parked) {
            if (isAbout(event, request)) {
                parked.remove(request);
                apply(request, event);
                return true;
            }
        }
        return false;
    }

    private boolean isAbout(Sketch event, Request request) {
        if (event.seq > request.untilSeq || request.answered < sent) {
            return false;
        }
        return switch (request.kind) {
            case MESSAGE -> event.sort == Sort.MESSAGE && isAboutMessage(event, request);
            case WRITE -> event.sort == Sort.WRITE && isAboutWrite(event, request);
            case DISCARD -> event.sort == Sort.DISCARD && isAboutRange(event, request);
            case ZEROES ->
                event.sort == Sort.ZEROES
                        && isAboutRange(event, request)
                        && model.zeroes(request.volume, request.offset, request.length);
            case FLUSH -> false;
        };
    }

    /** A message that failed may be an event, or not. */
    private boolean isAboutMessage(Sketch event, Request request) {
        if (request.isOk()) {
            return saysSeq(request.text, event.seq);
        }
        Model.Said said = model.copy().say(request.message);
        boolean open = request.outcome == null || request.outcome.equals("failed");
        return open && said.error() == null && said.event();
    }

    private static boolean saysSeq(String reply, long seq) {
        String text = "seq=" + seq;
        return reply.contains(text + " ") || reply.contains(text + "\n") || reply.endsWith(text);
    }

    private boolean isAboutRange(Sketch event, Request request) {
        ModelVolume volume = model.volume(request.volume);
        if (volume == null || event.volume != request.volume) {
            return false;
        }
        long[] whole = volume.whole(request.offset, request.length, model.blockSize());
        return whole[0] < whole[1]
                ? event.firstBlock == whole[0] && event.blocks == whole[1] - whole[0]
                : event.blocks == 0;
    }

    private boolean isAboutWrite(Sketch event, Request request) {
        int size = model.blockSize();
        long first = request.offset / size;
        long blocks = (request.offset + request.length + size - 1) / size - first;
        if (event.volume != request.volume || event.firstBlock != first || event.blocks != blocks) {
            return false;
        }
        ModelVolume volume = model.volume(request.volume);
        if (volume == null) {
            return false;
        }
        ModelVolume written = volume.written(request.offset, request.bytes(), size);
        for (int i = 0; i < blocks; i++) {
            CRC32C crc = new CRC32C();
            crc.update(written.blocks().get(first + i));
            if ((int) crc.getValue() != event.crc[i]) {
                return false;
            }
        }
        return true;
    }

    private void apply(Request request, Sketch event) {
        request.seq = event.seq;
        sent = Math.max(sent, request.submitted);
        require(
                request.isOk() || request.outcome == null || request.outcome.equals("failed"),
                request,
                "it has an event");
        if (request.kind == Request.Kind.MESSAGE) {
            Model before = model.copy();
            Model.Said said = model.say(request.message);
            require(said.error() == null, request, "the model says " + said.error());
            require(said.event(), request, "the model says that it is no event");
            told(request, event.seq, before);
            return;
        }
        String refusal = model.refusal(request.volume, request.offset, request.length);
        require(refusal == null, request, "the model says " + refusal);
        switch (request.kind) {
            case WRITE -> model.write(request.volume, request.offset, request.bytes());
            case DISCARD -> model.discard(request.volume, request.offset, request.length);
            default -> model.zero(request.volume, request.offset, request.length);
        }
    }

    /** A message took effect. */
    private void told(Request request, long seq, Model before) {
        Message message = request.message;
        if (message.parts().stream().anyMatch(part -> part.kind().changes())) {
            model.changedAt(seq);
        }
        if (message.request() != null && request.isOk()) {
            model.replied(message.request(), request.text);
        }
        count("condition that held", message.ifSeq() != Message.NO_IF);
        count("several commands in one message", message.parts().size() > 1);
        count("clients sent away", message.forces() && !message.open().isEmpty());
        for (Message.Part part : message.parts()) {
            ModelVolume volume = before.volume(part.volume());
            count("label", part.kind() == Step.Kind.LABEL);
            count(
                    "shrink inside a mapped block",
                    part.kind() == Step.Kind.RESIZE
                            && volume != null
                            && part.size() < volume.size()
                            && part.size() % model.blockSize() != 0
                            && volume.blocks().containsKey(part.size() / model.blockSize()));
        }
    }

    /** A message is no event: a refusal, an answer, or a repeated one, which gets its first answer again. */
    private void answered(Request request) {
        Model.Remembered first = model.remembered(request.message.request());
        if (request.isOk() && first != null) {
            require(
                    first.reply() == null || first.reply().equals(request.text),
                    request,
                    "its first answer was " + first.reply());
            count("request repeated", true);
        }
        count("busy", "busy".equals(request.outcome));
        count("condition that did not hold", "changed".equals(request.outcome));
    }

    /** A request that is no event, or none yet. */
    private void skip(Request request) {
        String outcome = request.outcome;
        if (outcome == null || outcome.equals("failed")) {
            if (request.kind == Request.Kind.WRITE || request.kind == Request.Kind.ZEROES) {
                parked.add(request);
            }
            return;
        }
        switch (request.kind) {
            case FLUSH -> require(request.isOk(), request, "a flush is not refused");
            case MESSAGE -> {
                Model.Said said = model.copy().say(request.message);
                String expected = said.error() == null ? "ok" : said.error();
                // the model does not know what is full: the store, or the file system under the journal
                boolean full = outcome.equals("out-of-space");
                require(full || (expected.equals(outcome) && !said.event()), request, "the model says " + said);
                answered(request);
            }
            default -> skipRange(request);
        }
    }

    private void skipRange(Request request) {
        if (!request.isOk()) {
            requireRefusal(request);
            return;
        }
        boolean event = switch (request.kind) {
            case WRITE -> request.length > 0;
            case DISCARD -> model.discards(request.volume, request.offset, request.length);
            default -> model.zeroes(request.volume, request.offset, request.length);
        };
        if (event) {
            require(request.kind != Request.Kind.DISCARD, request, "there is no event of it");
            parked.add(request);
        }
    }

    private void requireRefusal(Request request) {
        String refusal = model.refusal(request.volume, request.offset, request.length);
        boolean space = request.isRefusedForSpace();
        ModelVolume volume = model.volume(request.volume);
        // in flight while its volume became smaller and read-only: which of both is told is not promised
        boolean readOnly = volume != null && volume.readonly() && request.outcome.equals("read-only");
        // what waited for space is decided again at its later turn
        require(
                space
                        || readOnly
                        || request.outcome.equals(refusal)
                        || (request.kind != Request.Kind.DISCARD && refusal == null),
                request,
                "the model says " + refusal);
    }

    /** What was flushed, and what messages were answered, is there (G1, G2). */
    private void checkPromises() {
        long last = lastSeq();
        for (Request flush : requests) {
            boolean promises = flush.isOk() && (flush.fua || flush.kind == Request.Kind.FLUSH);
            if (!promises) {
                continue;
            }
            String seq = flush.text.replaceAll("(?s).*\\bseq=(\\d+).*", "$1");
            boolean said = flush.kind == Request.Kind.MESSAGE && !seq.equals(flush.text);
            require(!said || Long.parseLong(seq) <= last, flush, "it was answered, and history ends at seq " + last);
            for (Request early : requests.subList(0, flush.index + 1)) {
                boolean before = early == flush || early.answered < flush.submitted;
                boolean writes = early.kind == Request.Kind.WRITE && early.length > 0;
                require(
                        !(before && writes && early.isOk()) || early.seq != 0,
                        early,
                        "it is lost, though it was durable with " + flush);
            }
        }
    }

    /** What was answered before another was sent comes before it. */
    private void checkTime() {
        for (Request late : requests) {
            for (Request early : requests) {
                if (late.seq != 0 && early.seq > late.seq && early.answered < late.submitted) {
                    throw new AssertionError(early + " was answered before this was sent: " + late);
                }
            }
        }
    }

    /** The running store's state was what a fresh replay of its journal makes (G11). */
    private void checkDigests(Runner run) {
        for (Runner.Live live : run.lives) {
            String fresh = digests.get(live.seq());
            if (fresh != null && !fresh.equals(live.digest())) {
                throw new AssertionError("the state at seq " + live.seq() + " is not what a fresh replay makes");
            }
        }
    }

    private void checkReads(Runner run) {
        for (Runner.ReadBack read : run.reads) {
            ModelVolume volume = picture(read.seq()).stream()
                    .filter(v -> v.id() == read.volume())
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("read of a volume that should be gone: " + read));
            if (read.error() != null) {
                throw new AssertionError("a read at seq " + read.seq() + " of " + volume + " failed: " + read.error());
            }
            byte[] expected = volume.read(read.offset(), read.bytes().length, model.blockSize());
            int at = Arrays.mismatch(expected, read.bytes());
            if (at >= 0) {
                throw new AssertionError("a read at seq " + read.seq() + " of " + volume + " from " + read.offset()
                        + " differs at byte " + (read.offset() + at));
            }
        }
    }

    private static void require(boolean holds, Request request, String text) {
        if (!holds) {
            throw new AssertionError(request + ": " + request.text + ": " + text);
        }
    }
}
