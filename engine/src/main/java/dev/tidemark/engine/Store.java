package dev.tidemark.engine;

import dev.tidemark.engine.checkpoint.Superblock;
import dev.tidemark.engine.checkpoint.SuperblockFile;
import dev.tidemark.engine.exception.ExceptionStore;
import dev.tidemark.engine.mapping.MappingReader;
import dev.tidemark.engine.mapping.PageUnreadableException;
import dev.tidemark.engine.message.BadCommandException;
import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.engine.message.Parsed;
import dev.tidemark.engine.message.Refusal;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.engine.message.VolumeRef;
import dev.tidemark.engine.pipeline.Progress;
import dev.tidemark.engine.pipeline.Request;
import dev.tidemark.engine.pipeline.WriteBuffers;
import dev.tidemark.engine.read.BlockReader;
import dev.tidemark.engine.read.EpochTable;
import dev.tidemark.engine.recovery.Recovered;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.volume.LiveVolume;
import dev.tidemark.storage.Storage;
import dev.tidemark.storage.StorageLock;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open store. All methods may be called from any thread; blocking ones not from a callback.
 *
 * <pre>{@code
 * StoreConfig config = StoreConfig.at(Path.of("store")).build();
 * Store.init(config);
 * try (Store store = Store.open(config)) {
 *     store.send("create disk size=10G");
 *     Volume disk = store.volume("disk");
 *     disk.write(0, ByteBuffer.wrap(bytes));
 *     disk.flush();
 *     store.send("create before origin=disk");
 * }
 * }</pre>
 */
public final class Store implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Store.class);
    /** How long a message waits for connections that are just closing before it is {@code busy}. */
    private static final long BUSY_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Who sends messages when nobody says. */
    private static final String DEFAULT_ACTOR = "embedded";

    private final StoreConfig config;
    private final Superblock superblock;
    private final StorageLock lock;
    private final StoreParts parts;
    private final Attachments attachments = new Attachments();
    private final Listeners listeners = new Listeners(attachments);
    private final Object closing = new Object();
    private volatile boolean closed;

    /** What a message's answer goes to. */
    private interface ReplyCallback {
        void replied(Answer answer);
    }

    /** The reply; null when the clients of these volumes have to go first. */
    private record Answer(Reply reply, List<Long> forced) {}

    private Store(StoreConfig config, Superblock superblock, StorageLock lock) {
        this.config = config;
        this.superblock = superblock;
        this.lock = lock;
        this.parts = new StoreParts();
    }

    /**
     * Makes an empty store. It is there whole or not at all, also after a crash.
     *
     * @throws StoreOpenException {@code EXISTS} or {@code UNREACHABLE}
     */
    public static void init(StoreConfig config) throws StoreOpenException {
        StoreFolder.init(config);
    }

    /** Whether there is something of that name. */
    public static boolean exists(StoreConfig config) throws StoreOpenException {
        try {
            return config.parent().exists(config.directory());
        } catch (IOException e) {
            throw StoreFolder.describe(config, "look for", e);
        }
    }

    /**
     * Opens a store for writing, after recovering it. Takes the store's lock.
     *
     * @throws StoreOpenException see its kinds
     */
    public static Store open(StoreConfig config) throws StoreOpenException {
        Storage folder = StoreFolder.find(config);
        StorageLock lock = null;
        Store store = null;
        boolean opened = false;
        try {
            lock = StoreFolder.lock(config, folder);
            Superblock superblock = superblock(config, folder);
            store = new Store(config, superblock, lock);
            store.parts.open(store, folder);
            opened = true;
            return store;
        } catch (IOException e) {
            throw StoreFolder.describe(config, "open", e);
        } catch (PageUnreadableException e) {
            throw StoreFolder.describe(config, "open", e);
        } finally {
            if (!opened) {
                closeQuietly(store == null ? null : store.parts);
                closeQuietly(lock);
            }
        }
    }

    private static void closeQuietly(AutoCloseable thing) {
        try {
            if (thing != null) {
                thing.close();
            }
        } catch (Exception e) {
            LOG.warn("while giving up opening the store: {}", e.toString());
        }
    }

    /** Reads the superblock, mends a damaged copy, and stores options that are given anew. */
    private static Superblock superblock(StoreConfig config, Storage folder) throws IOException {
        SuperblockFile.Found found = SuperblockFile.read(folder);
        Superblock superblock = found.superblock();
        if (!found.whole()) {
            LOG.warn("one copy of the superblock of {} is damaged or old; it is written anew", config.displayName());
        }
        StoreOptions options = StoreOptions.DEFAULT.with(superblock.options()).with(config.options());
        if (!options.toMap().equals(superblock.options())) {
            superblock = superblock.withOptions(options.toMap());
        }
        // always: what was read may be in the page cache only, and what it does not refer to is going to be released
        SuperblockFile.renew(folder, found, superblock);
        return superblock;
    }

    // ---- messages

    /**
     * One string in, one string out: carries a message out and answers in the grammar of messages; several lines are
     * separated by newlines, the last one has none. Never throws for anything that the text says.
     */
    public String send(String text) {
        return send(text, DEFAULT_ACTOR);
    }

    /** The same for a named sender, which goes into history. */
    public String send(String text, String actor) {
        Parsed parsed = MessageParser.parse(text);
        if (parsed instanceof Refusal refusal) {
            return refusal.toString();
        }
        return send((Message) parsed, actor).toString();
    }

    /** Carries a typed message out. */
    public Reply send(Message message, String actor) {
        checkMayBlock();
        long deadline = System.nanoTime() + BUSY_WAIT_NANOS;
        boolean mayWait = !config.stepped();
        while (true) {
            long closings = attachments.closings();
            CompletableFuture<Answer> answered = new CompletableFuture<>();
            Request request = request(message, actor, answered);
            parts.pipeline.submitAndWait(mayWait ? request.waitForClients() : request);
            runUntil(answered::isDone);
            Answer answer = answered.join();
            Reply reply = answer.reply();
            if (reply == null) { // nothing else is in its way: its clients are asked to go, and it goes on without them
                answer.forced().forEach(attachments::requestClose);
                attachments.awaitClosed(answer.forced(), deadline);
                mayWait = false;
            } else if (!isBusy(reply) || config.stepped() || !attachments.awaitClosing(closings, deadline)) {
                return reply;
            }
        }
    }

    /**
     * Carries a typed message out; {@code busy} is answered at once, and clients of volumes that it takes by force are
     * asked to go, and not waited for.
     */
    public CompletionStage<Reply> sendAsync(Message message, String actor) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        parts.pipeline.submit(request(message, actor, answer));
        return answer.thenApply(Answer::reply);
    }

    private Request request(Message message, String actor, CompletableFuture<Answer> answer) {
        ReplyCallback callback = answer::complete;
        return parts.pipeline.acquire().message(message, actor).callback(callback, 0);
    }

    private static boolean isBusy(Reply reply) {
        return reply instanceof Reply.Refused refused && refused.refusal().code() == ErrorCode.BUSY;
    }

    // ---- volumes

    /**
     * A volume by its name, {@code #ID} or {@code id:ID}.
     *
     * @throws StoreException {@code no-such-volume}, or {@code bad-message} for a reference that can't be one
     */
    public Volume volume(String reference) {
        LiveVolume volume;
        try {
            volume = parts.state.catalogue().find(VolumeRef.parse(reference));
        } catch (BadCommandException e) {
            throw new StoreException(e.code().text(), e.getMessage());
        }
        if (volume == null) {
            throw new StoreException(StoreException.NO_SUCH_VOLUME, "there is no volume " + reference);
        }
        return new StoreVolume(this, parts.pipeline, volume);
    }

    /** All volumes, by id. */
    public List<Volume> volumes() {
        List<Volume> volumes = new ArrayList<>();
        for (LiveVolume volume : parts.state.catalogue().volumes()) {
            volumes.add(new StoreVolume(this, parts.pipeline, volume));
        }
        return volumes;
    }

    /** The origin, when there is exactly one; else null. */
    public Volume onlyOrigin() {
        LiveVolume only = null;
        if (parts.state.catalogue().origins() == 1) {
            for (LiveVolume volume : parts.state.catalogue().volumes()) {
                if (volume.kind() == dev.tidemark.engine.volume.VolumeKind.ORIGIN) {
                    only = volume;
                }
            }
        }
        return only == null ? null : new StoreVolume(this, parts.pipeline, only);
    }

    // ---- the store itself

    /** The block size in bytes. */
    public int blockSizeBytes() {
        return superblock.blockSizeBytes();
    }

    /** The store's options. */
    public StoreOptions options() {
        return StoreOptions.DEFAULT.with(superblock.options());
    }

    /** How the store is. */
    public StoreStatus status() {
        Progress progress = parts.progress;
        State state = parts.state;
        return new StoreStatus(
                progress.appliedSeq(),
                progress.durableSeq(),
                state.catalogue().size(),
                superblock.capacityBytes(),
                state.space().usedBlocks() * blockSizeBytes(),
                progress.waitingDataBytes(),
                parts.pipeline.buffers().inFlightBytes(),
                progress.forces(),
                progress.frames(),
                progress.forcesByEvents(),
                progress.forcesByWaiting(),
                parts.recovered.journal().sizeBytes(),
                parts.recovered.journal().roomBytes(),
                parts.reader.checksumErrors(),
                parts.recovered.events(),
                parts.recoveryMs,
                parts.failStop.failed());
    }

    /** What opening the store had to do, as one line for a human. */
    public String recoveryText() {
        Recovered recovered = parts.recovered;
        return recovered.events() + " events in " + parts.recoveryMs + " ms, " + recovered.rewrittenBlocks()
                + " blocks brought home, " + recovered.tornBytes() + " torn bytes cut";
    }

    /** Learns of events once they are durable, on a thread of the store: it must not block, nor close the store. */
    public void addListener(Consumer<StoreEvent> listener) {
        listeners.add(listener);
    }

    /**
     * Learns once of the failure that stops the store, on the thread that failed, which may be one of the store's: it
     * must not block, nor close the store. If the store has stopped already, it is told at once, on the calling thread.
     */
    public void addFailureListener(Consumer<Throwable> listener) {
        listeners.add(listener, parts.failStop);
    }

    /** The failure after which the store has stopped, or null. */
    public Throwable failure() {
        return parts.failStop.cause();
    }

    /** In a stepped store: carries out up to {@code most} submitted requests as one batch; whether there were any. */
    public boolean step(int most) {
        return parts.pipeline.step(most);
    }

    /** In a stepped store: the first stage alone takes a batch, as if the second were busy. */
    public boolean stepPlace(int most) {
        return parts.pipeline.stepPlace(most);
    }

    /** In a stepped store: what its threads do when nothing has come for a while. */
    public void tick() {
        parts.pipeline.tick();
    }

    /**
     * Takes no more requests, answers what is in flight, makes everything durable, and gives the store free, in any
     * case. Closing again does nothing, but waits until it is done.
     *
     * @throws StoreException {@code failed} when the store has stopped after a failure, now or before ({@link #failure}
     *     says which): what was not acknowledged as durable may be lost; nothing else is, the next open recovers it
     * @throws IllegalStateException in a callback, on a thread of the store or from a walk over extents: it would wait
     *     for itself
     */
    @Override
    public void close() {
        checkMayBlock();
        if (parts.epochs.isPinnedHere()) {
            throw new IllegalStateException("a walk over extents can't close the store, which waits for its end");
        }
        synchronized (closing) {
            if (closed) {
                return;
            }
            closed = true;
            try {
                parts.pipeline.buffers().close();
                parts.close();
            } finally {
                closeQuietly(lock);
            }
        }
        Throwable failure = failure();
        if (failure != null) {
            throw new StoreException(
                    StoreException.FAILED,
                    "the store is closed, but stopped after a failure, so that what was not flushed may be lost; open"
                            + " it again to recover: " + failure.getMessage(),
                    failure);
        }
    }

    // ---- for the façade's other classes

    StoreConfig config() {
        return config;
    }

    Superblock superblock() {
        return superblock;
    }

    Attachments attachments() {
        return attachments;
    }

    BlockReader reader() {
        return parts.reader;
    }

    MappingReader mappings() {
        return parts.mappings;
    }

    EpochTable epochs() {
        return parts.epochs;
    }

    /** The state, for tests that check it. */
    State state() {
        return parts.state;
    }

    Progress progress() {
        return parts.progress;
    }

    ExceptionStore exceptions() {
        return parts.exceptions;
    }

    WriteBuffers buffers() {
        return parts.pipeline.buffers();
    }

    /** Throws when a call would wait for the very thread that it is made on. */
    void checkMayBlock() {
        if (!config.stepped() && parts.pipeline.isOwnThread()) {
            throw new IllegalStateException("this call blocks, and a callback on a thread of the store must not:"
                    + " use the asynchronous form, or another thread");
        }
    }

    void checkOpen() {
        if (closed) {
            throw new StoreException(StoreException.FAILED, "the store is closed");
        }
    }

    /** In a stepped store, carries requests out until the condition holds; else leaves that to the store's threads. */
    void runUntil(BooleanSupplier done) {
        if (!config.stepped()) {
            return;
        }
        while (!done.getAsBoolean()) {
            if (!parts.pipeline.step(Integer.MAX_VALUE)) {
                parts.pipeline.tick();
            }
        }
    }

    /** A request has ended: tells its caller. */
    void answer(Request request) {
        Object callback = request.callback();
        long cookie = request.cookie();
        if (callback == null) {
            return; // the pipeline's own
        }
        try {
            if (callback instanceof Volume.Completion completion) {
                StoreException failure = StoreVolume.failure(request);
                parts.pipeline.recycle(request);
                completion.completed(cookie, failure);
            } else {
                Reply reply = request.error() == null
                        ? request.reply()
                        : new Reply.Refused(Refusal.of(request.error(), request.errorText()));
                Answer answer = new Answer(reply, request.forced());
                parts.pipeline.recycle(request);
                ((ReplyCallback) callback).replied(answer);
            }
        } catch (RuntimeException | Error e) { // an Error must not have the pipeline answer it again
            LOG.error("a completion failed; the store goes on", e);
        }
    }

    Listeners listeners() {
        return listeners;
    }
}
