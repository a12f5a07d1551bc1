package dev.tidemark.engine.history;

import dev.tidemark.engine.Hooks;
import dev.tidemark.engine.Store;
import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.StoreOpenException;
import dev.tidemark.engine.Volume;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Carries steps out on a stepped store and keeps what was asked, in which order, and what was answered. */
public final class Runner {
    private static final int LONGEST_BYTES = 100 << 10;

    /** What a read returned, to be compared once the history's order is known. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record ReadBack(long seq, long volume, long offset, byte[] bytes, String error) {}

    /** The digest of the running store's state at a seq. */
    record Live(long seq, String digest) {}

    final List<Request> requests = new ArrayList<>();
    final List<ReadBack> reads = new ArrayList<>();
    final List<Live> lives = new ArrayList<>();
    /** How often the store was closed with requests in flight. */
    int closedInFlight;

    private final Clients clients = new Clients();
    private final SimStorage device;
    private final Setup setup;
    private final Model ahead;
    private final Consumer<Request> onAnswer;
    private Consumer<Store> onOpen = opened -> {};
    private Consumer<Store> beforeClose = closing -> {};
    private long moment;
    private int queued;
    private Store store;
    private boolean ended;

    /**
     * @param start what the store holds before
     * @param onAnswer told of each answer, in order
     */
    public Runner(SimStorage device, Setup setup, Model start, Consumer<Request> onAnswer) {
        this.device = device;
        this.setup = setup;
        this.ahead = start.copy();
        this.onAnswer = onAnswer;
    }

    /** The store while it is open. */
    public Store store() {
        return store;
    }

    /** Has somebody look at the store whenever it was opened. */
    public void onOpen(Consumer<Store> observer) {
        onOpen = observer;
    }

    /** Has somebody look at the store whenever it will be closed. */
    public void beforeClose(Consumer<Store> observer) {
        beforeClose = observer;
    }

    /** Opens the store, carries the steps out, closes it. A device that dies on the way ends it early. */
    public void run(List<Step> steps) {
        open();
        for (int i = 0; i < steps.size() && !ended; i++) {
            carryOut(steps.get(i), i);
        }
        if (!ended) {
            close(steps.size() % 2 == 0);
        }
    }

    private void open() {
        try {
            store = Store.open(setup.on(device));
            for (Request early : requests) {
                early.untilSeq = Math.min(early.untilSeq, store.status().appliedSeq());
            }
            onOpen.accept(store);
        } catch (StoreOpenException e) {
            ended = true;
            if (!device.isDead()) {
                throw new AssertionError("the store does not open: " + e.getMessage(), e);
            }
        }
    }

    private void close(boolean inFlight) {
        if (!inFlight) {
            pump();
        }
        if (queued > 0) {
            closedInFlight++;
        }
        if (store.failure() == null) {
            lives.add(new Live(store.status().appliedSeq(), Hooks.digest(store)));
        }
        beforeClose.accept(store);
        boolean thrown = false;
        try {
            store.close();
        } catch (StoreException e) {
            thrown = true;
        }
        if (thrown != (store.failure() != null)) {
            throw new AssertionError("a close that " + (thrown ? "throws" : "doesn't throw") + ": " + store.failure());
        }
        queued = 0;
        clients.clear();
    }

    private void pump() {
        while (queued > 0) {
            take(Integer.MAX_VALUE);
        }
    }

    private void take(int most) {
        store.step(most);
        queued = Math.max(0, queued - most);
    }

    private void carryOut(Step step, int number) {
        if (step instanceof Step.Write write) {
            write(write);
        } else if (step instanceof Step.Discard discard) {
            range(Request.Kind.DISCARD, discard.volume(), discard.place(), discard.length(), discard.fua());
        } else if (step instanceof Step.Zeroes zeroes) {
            range(Request.Kind.ZEROES, zeroes.volume(), zeroes.place(), zeroes.length(), zeroes.fua());
        } else if (step instanceof Step.Flush) {
            flush();
        } else if (step instanceof Step.Say say) {
            say(say, number);
        } else if (step instanceof Step.Run run) {
            take(run.requests());
        } else if (step instanceof Step.Place place) {
            store.stepPlace(place.requests());
            queued = Math.max(0, queued - place.requests());
        } else if (step instanceof Step.Idle idle) {
            setup.pass(idle.millis());
            store.tick();
        } else if (step instanceof Step.Read read) {
            read(read);
        } else if (step instanceof Step.Again again) {
            Message first = ahead.pickRemembered(again.message());
            if (first != null) {
                send(first);
            }
        } else if (step instanceof Step.Attach attach) {
            pump(); // so that a message finds the clients that were there when it was sent
            ModelVolume picked = ahead.pick(attach.volume());
            Volume volume = picked == null ? null : visible(picked, 0);
            if (volume != null) {
                clients.attach(volume, attach.stubborn());
            }
        } else if (step instanceof Step.Detach detach) {
            pump();
            clients.detach(detach.client());
        } else if (step instanceof Step.Reopen reopen) {
            close(reopen.inFlight());
            if (device.isDead() || store.failure() != null) {
                ended = true;
            } else {
                open();
            }
        }
    }

    // ---- I/O

    private long place(ModelVolume volume, int choice) {
        long offset = (choice >>> 3) % volume.size();
        return switch (choice & 7) {
            case 0, 1, 2, 3 -> offset / ahead.blockSize() * ahead.blockSize();
            case 4, 5 -> offset / 512 * 512;
            default -> offset;
        };
    }

    private int length(ModelVolume volume, long offset, int choice) {
        int number = choice >>> 5;
        int wanted = switch (choice & 7) {
            case 0, 1, 2 -> ahead.blockSize() * (1 + number % 3);
            case 3 -> ahead.blockSize() * (1 + number % 8);
            case 4, 5, 6 -> 1 + number % 9000;
            default -> 1 + number % LONGEST_BYTES;
        };
        boolean beyond = number % 61 == 0;
        return beyond ? wanted + LONGEST_BYTES : (int) Math.min(wanted, volume.size() - offset);
    }

    /** The volume as the engine shows it now, after what is queued if that matters for the range; null for none. */
    private Volume visible(ModelVolume picked, long end) {
        for (int tries = 0; ; tries++) {
            try {
                Volume volume = store.volume("#" + picked.id());
                if (tries == 1 || end <= volume.sizeBytes()) {
                    return volume;
                }
            } catch (StoreException e) {
                if (tries == 1) {
                    return null;
                }
            }
            pump();
        }
    }

    private void write(Step.Write step) {
        ModelVolume picked = ahead.pick(step.volume());
        if (picked == null) {
            return;
        }
        long offset = place(picked, step.place());
        int length = length(picked, offset, step.length());
        Volume volume = visible(picked, offset + length);
        if (volume == null) {
            return;
        }
        Request request = new Request(
                requests.size(), Request.Kind.WRITE, picked.id(), offset, length, step.content(), step.fua(), moment++);
        requests.add(request);
        Volume.WriteBuffer buffer = volume.claim(length);
        buffer.bytes().put(0, request.bytes());
        queued++;
        volume.submitWrite(offset, buffer, step.fua(), (cookie, failure) -> answered(request, failure), 0);
    }

    private void range(Request.Kind kind, int choice, int place, int lengthChoice, boolean fua) {
        ModelVolume picked = ahead.pick(choice);
        if (picked == null) {
            return;
        }
        long offset = place(picked, place);
        int length = length(picked, offset, lengthChoice);
        if ((lengthChoice & 24) == 24) {
            length = (int) (picked.size() - offset); // to the very end, where the last block may be a part
        }
        Volume volume = visible(picked, offset + length);
        if (volume == null) {
            return;
        }
        Request request = new Request(requests.size(), kind, picked.id(), offset, length, 0, fua, moment++);
        requests.add(request);
        queued++;
        Volume.Completion completion = (cookie, failure) -> answered(request, failure);
        if (kind == Request.Kind.DISCARD) {
            volume.submitDiscard(offset, length, fua, completion, 0);
        } else {
            volume.submitZeroes(offset, length, fua, completion, 0);
        }
    }

    private void flush() {
        if (store.volumes().isEmpty()) {
            return;
        }
        Request request = new Request(requests.size(), Request.Kind.FLUSH, 0, 0, 0, 0, true, moment++);
        requests.add(request);
        queued++;
        store.volumes().get(0).submitFlush((cookie, failure) -> answered(request, failure), 0);
    }

    private void read(Step.Read step) {
        List<Volume> volumes = store.volumes();
        if (volumes.isEmpty()) {
            return;
        }
        Volume volume = volumes.get(step.volume() % volumes.size());
        long offset = (step.place() >>> 3) % volume.sizeBytes();
        int length = (int) Math.min(1 + step.length() % LONGEST_BYTES, volume.sizeBytes() - offset);
        ByteBuffer target = ByteBuffer.allocate(length);
        String error = null;
        try {
            volume.read(offset, target);
        } catch (StoreException e) {
            error = e.toString();
        }
        reads.add(new ReadBack(store.status().appliedSeq(), volume.id(), offset, target.array(), error));
    }

    private void answered(Request request, StoreException failure) {
        answered(request, failure == null ? "ok" : failure.code(), failure == null ? "" : failure.getMessage());
    }

    private void answered(Request request, String outcome, String text) {
        if (request.outcome != null) {
            throw new AssertionError("answered twice: " + request + " and " + outcome);
        }
        request.answered = moment++;
        request.outcome = outcome;
        request.text = text;
        onAnswer.accept(request);
    }

    // ---- messages

    private void say(Step.Say step, int number) {
        Model draft = ahead.copy();
        List<Message.Part> parts = new ArrayList<>();
        for (Step.Verb verb : step.verbs()) {
            Message.Part part = part(draft, verb, number);
            if (part != null) {
                parts.add(part);
                draft.say(new Message(List.of(part), null, Message.NO_IF, clients.open()));
            }
        }
        if (parts.isEmpty()) {
            return;
        }
        String id = step.request() == 0 ? null : "r" + step.request();
        send(new Message(parts, id, condition(step.condition()), Set.of()));
    }

    /** A seq for {@code if=}: of now, of the last change, before it, or one that has not come yet. */
    private long condition(int choice) {
        long changed = Hooks.catalogueSeq(store);
        ahead.changedAt(changed);
        return switch (choice) {
            case 0 -> Message.NO_IF;
            case 1 -> store.status().appliedSeq();
            case 2 -> changed;
            case 3 -> Math.max(0, changed - 1);
            default -> store.status().appliedSeq() + 5;
        };
    }

    private void send(Message message) {
        boolean asksToGo = message.forces() && !clients.isEmpty();
        CompletionStage<Reply> reply =
                store.sendAsync((dev.tidemark.engine.message.Message) MessageParser.parse(message.text()), "history");
        Message sent = message.withOpen(clients.open());
        ahead.say(sent);
        Request request = new Request(requests.size(), sent, moment++);
        requests.add(request);
        queued++;
        reply.thenAccept(answer -> answered(request, code(answer), answer.toString()));
        if (asksToGo) {
            pump(); // those behind it are to find the clients that stay
        }
    }

    private static String code(Reply reply) {
        return reply instanceof Reply.Refused refused ? refused.refusal().code().text() : "ok";
    }

    private Message.Part part(Model draft, Step.Verb verb, int number) {
        ModelVolume volume = draft.pick(verb.volume());
        ModelVolume other = draft.pick(verb.other());
        if (volume == null && verb.kind() != Step.Kind.CREATE && verb.kind().changes()) {
            return null;
        }
        long id = volume == null ? 0 : volume.id();
        long size = 512L * (1 + verb.number() % 200);
        boolean rare = verb.number() % 9 == 0;
        Step.Kind kind = verb.kind();
        if (kind == Step.Kind.SNAPSHOT || kind == Step.Kind.CLONE) {
            boolean fits = rare || volume.origin() == (kind == Step.Kind.SNAPSHOT);
            kind = fits ? kind : volume.origin() ? Step.Kind.SNAPSHOT : Step.Kind.CLONE;
        }
        String name = "v" + (rare ? verb.number() % 7 : number * 10L + verb.number() % 10);
        boolean force = verb.number() % 4 == 0;
        return switch (kind) {
            case CREATE -> new Message.Part(kind, 0, 0, name, size, rare, false);
            case DELETE -> new Message.Part(kind, id, 0, "", 0, false, force);
            case MERGE -> new Message.Part(kind, id, verb.flag() ? 0 : other.id(), "", 0, false, force);
            case READONLY -> new Message.Part(kind, id, 0, "", 0, rare || (verb.flag() && !volume.readonly()), false);
            case RESIZE -> new Message.Part(kind, id, 0, "", size, verb.flag() || size >= volume.size(), false);
            case FLUSH, CHECKPOINT -> new Message.Part(kind, 0, 0, "", 0, false, false);
            default -> new Message.Part(kind, id, 0, name, verb.number(), rare, false);
        };
    }
}
