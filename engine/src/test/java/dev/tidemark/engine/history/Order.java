package dev.tidemark.engine.history;

import dev.tidemark.engine.recovery.FrameEvents;
import dev.tidemark.engine.state.BlocksUnmapped;
import dev.tidemark.engine.state.BlocksWritten;
import dev.tidemark.engine.state.CatalogueChanged;
import dev.tidemark.engine.state.Event;
import dev.tidemark.engine.state.RangeZeroed;
import dev.tidemark.journal.Journal;
import dev.tidemark.journal.JournalConfig;
import dev.tidemark.journal.JournalRecovery;
import dev.tidemark.journal.Known;
import dev.tidemark.storage.SubStorage;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Says in which order requests took effect, by the journal of the finished history: from there the model gives the content
 * after each event. Only which request an event is about is taken from the journal; what it did is the model's word.
 *
 * <p>Requests take effect in the order of submission, but for writes that waited for space.
 */
public final class Order {
    private final Model model;
    private final List<Request> requests;
    private final List<Request> parked = new ArrayList<>();
    private final List<Model> pictures = new ArrayList<>();
    private final long firstSeq;
    private int next;

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
        Order order = new Order(start, startSeq, run.requests);
        List<Sketch> sketches = sketches(device, startSeq, start.blockSize());
        for (Sketch sketch : sketches) {
            order.event(sketch);
            order.pictures.add(order.model.copy());
        }
        while (order.next < order.requests.size()) {
            order.skip(order.requests.get(order.next++));
        }
        for (Request left : order.parked) {
            require(!left.isOk(), left, "it was answered ok, but there is no event of it");
        }
        order.checkTime();
        order.checkReads(run);
        return order;
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

    /** What is needed of an event: whose it is. */
    private record Sketch(long seq, boolean message, boolean write, long volume, long firstBlock, long blocks, int[] crc) {}

    private static List<Sketch> sketches(SimStorage device, long afterSeq, int blockSize) throws IOException {
        List<Sketch> sketches = new ArrayList<>();
        SubStorage folder = new SubStorage(device, Setup.STORE);
        JournalConfig config = JournalConfig.builder()
                .segmentBytes(Setup.SEGMENT_BYTES)
                .maxPayloadBytes(Setup.SEGMENT_BYTES / 2)
                .stagingBytes(Setup.SEGMENT_BYTES)
                .helperThread(false)
                .build();
        try (JournalRecovery journal =
                Journal.recover(folder, config, JournalRecovery.oldest(folder, config))) {
            FrameEvents events = new FrameEvents(blockSize);
            journal.replay(
                    journal.startOffset(),
                    frame -> events.forEach(frame, (event, seq, data, index) -> {
                        if (seq > afterSeq) {
                            sketches.add(sketch(event, seq));
                        }
                    }));
        }
        return sketches;
    }

    private static Sketch sketch(Event event, long seq) {
        if (event instanceof BlocksWritten w) {
            int[] crc = Arrays.copyOf(w.checksums(), w.blocks());
            return new Sketch(seq, false, true, w.volumeId(), w.firstBlock(), w.blocks(), crc);
        } else if (event instanceof BlocksUnmapped u) {
            return new Sketch(seq, false, false, u.volumeId(), u.firstBlock(), u.blocks(), null);
        } else if (event instanceof RangeZeroed z) {
            long volume = z.head().blocks() > 0
                    ? z.head().volumeId()
                    : z.middle().blocks() > 0 ? z.middle().volumeId() : z.tail().volumeId();
            return new Sketch(seq, false, false, volume, 0, 0, null);
        }
        return new Sketch(seq, event instanceof CatalogueChanged, false, 0, 0, 0, null);
    }

    // ---- matching

    private void event(Sketch event) {
        if (!event.message && event.volume == 0) {
            return; // the store's own: a job's step, a warning
        }
        while (next < requests.size()) {
            Request request = requests.get(next);
            if (isAbout(event, request)) {
                next++;
                apply(request, event);
                return;
            }
            if (event.write && takeParked(event)) {
                return;
            }
            next++;
            skip(request);
        }
        if (!event.write || !takeParked(event)) {
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
        return switch (request.kind) {
            case MESSAGE ->
                event.message
                        && request.isOk()
                        && (request.text.contains("seq=" + event.seq + " ")
                                || request.text.endsWith("seq=" + event.seq)
                                || request.text.contains("seq=" + event.seq + "\n"));
            case WRITE -> event.write && isAboutWrite(event, request);
            case DISCARD ->
                isRange(event, request) && model.discards(request.volume, request.offset, request.length);
            case ZEROES -> isRange(event, request) && model.zeroes(request.volume, request.offset, request.length);
            case FLUSH -> false;
        };
    }

    private static boolean isRange(Sketch event, Request request) {
        return !event.message && !event.write && event.volume == request.volume && request.isOk();
    }

    private boolean isAboutWrite(Sketch event, Request request) {
        int size = model.blockSize();
        long first = request.offset / size;
        long blocks = (request.offset + request.length + size - 1) / size - first;
        if (event.volume != request.volume || event.firstBlock != first || event.blocks != blocks) {
            return false;
        }
        byte[] bytes = request.bytes();
        for (int i = 0; i < blocks; i++) {
            long from = (first + i) * size - request.offset;
            if (from >= 0 && from + size <= bytes.length) {
                CRC32C crc = new CRC32C();
                crc.update(bytes, (int) from, size);
                if ((int) crc.getValue() != event.crc[i]) {
                    return false;
                }
            }
        }
        return true;
    }

    private void apply(Request request, Sketch event) {
        request.seq = event.seq;
        require(request.isOk() || request.outcome == null || request.outcome.equals("failed"), request, "it has an event");
        if (request.kind == Request.Kind.MESSAGE) {
            Model.Said said = model.say(request.message);
            require(said.error() == null, request, "the model says " + said.error());
            require(said.event(), request, "the model says that it is no event");
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

    /** A request that is no event, or none yet. */
    private void skip(Request request) {
        String outcome = request.outcome;
        if (outcome == null || outcome.equals("failed")) {
            if (request.kind == Request.Kind.WRITE) {
                parked.add(request);
            }
            return;
        }
        switch (request.kind) {
            case FLUSH -> require(request.isOk(), request, "a flush is not refused");
            case MESSAGE -> {
                Model.Said said = model.copy().say(request.message);
                String expected = said.error() == null ? "ok" : said.error();
                require(expected.equals(outcome) && !said.event(), request, "the model says " + said);
            }
            case WRITE -> skipWrite(request);
            default -> {
                if (request.isOk()) {
                    boolean event = request.kind == Request.Kind.DISCARD
                            ? model.discards(request.volume, request.offset, request.length)
                            : model.zeroes(request.volume, request.offset, request.length);
                    require(!event, request, "there is no event of it");
                } else {
                    requireRefusal(request);
                }
            }
        }
    }

    private void skipWrite(Request request) {
        if (!request.isOk()) {
            requireRefusal(request);
        } else if (request.length > 0) {
            parked.add(request);
        }
    }

    private void requireRefusal(Request request) {
        String refusal = model.refusal(request.volume, request.offset, request.length);
        boolean space = request.outcome.equals("out-of-space");
        // what waited for space is decided again at its later turn
        require(
                space || request.outcome.equals(refusal) || request.kind == Request.Kind.WRITE && refusal == null,
                request,
                "the model says " + refusal);
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
