package dev.tidemark.tools.nbd;

import static dev.tidemark.tools.nbd.NbdProtocol.CONTEXT_ALLOCATION;
import static dev.tidemark.tools.nbd.NbdProtocol.CONTEXT_ALLOCATION_ID;
import static dev.tidemark.tools.nbd.NbdProtocol.HANDSHAKE_FIXED_NEWSTYLE;
import static dev.tidemark.tools.nbd.NbdProtocol.HANDSHAKE_NO_ZEROES;
import static dev.tidemark.tools.nbd.NbdProtocol.MAX_STRING_BYTES;
import static dev.tidemark.tools.nbd.NbdProtocol.OPTION_BYTES;
import static dev.tidemark.tools.nbd.NbdProtocol.OPTION_REPLY_BYTES;
import static dev.tidemark.tools.nbd.NbdProtocol.OPT_ABORT;
import static dev.tidemark.tools.nbd.NbdProtocol.OPT_EXPORT_NAME;
import static dev.tidemark.tools.nbd.NbdProtocol.OPT_GO;
import static dev.tidemark.tools.nbd.NbdProtocol.OPT_INFO;
import static dev.tidemark.tools.nbd.NbdProtocol.OPT_LIST;
import static dev.tidemark.tools.nbd.NbdProtocol.OPT_LIST_META_CONTEXT;
import static dev.tidemark.tools.nbd.NbdProtocol.OPT_SET_META_CONTEXT;
import static dev.tidemark.tools.nbd.NbdProtocol.OPT_STARTTLS;
import static dev.tidemark.tools.nbd.NbdProtocol.OPT_STRUCTURED_REPLY;
import static dev.tidemark.tools.nbd.NbdProtocol.REP_ACK;
import static dev.tidemark.tools.nbd.NbdProtocol.REP_ERR_INVALID;
import static dev.tidemark.tools.nbd.NbdProtocol.REP_ERR_POLICY;
import static dev.tidemark.tools.nbd.NbdProtocol.REP_ERR_SHUTDOWN;
import static dev.tidemark.tools.nbd.NbdProtocol.REP_ERR_TOO_BIG;
import static dev.tidemark.tools.nbd.NbdProtocol.REP_ERR_UNKNOWN;
import static dev.tidemark.tools.nbd.NbdProtocol.REP_ERR_UNSUP;
import static dev.tidemark.tools.nbd.NbdProtocol.REP_INFO;
import static dev.tidemark.tools.nbd.NbdProtocol.REP_META_CONTEXT;
import static dev.tidemark.tools.nbd.NbdProtocol.REP_SERVER;
import static dev.tidemark.tools.nbd.NbdProtocol.RESERVED_ZEROES_BYTES;

import dev.tidemark.engine.StoreException;
import dev.tidemark.engine.Volume;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The handshake of one connection: greeting, client flags, then one option after the other until one of them begins
 * the transmission or the peer leaves. Every step has a deadline; an option's data is looked at only when all of it is
 * there and it fits the receive buffer.
 */
final class Handshake {
    /** More than the protocol's strings can fill with a reasonable number of queries. */
    static final int MAX_OPTION_BYTES = 64 << 10;

    /** Data of options that are too big is read and thrown away up to here; beyond, the connection is closed. */
    static final int MAX_SKIPPED_BYTES = 1 << 20;

    private static final int KNOWN_CLIENT_FLAGS = HANDSHAKE_FIXED_NEWSTYLE | HANDSHAKE_NO_ZEROES;

    private final Wire wire;
    private final Received received;
    private final Replies replies;
    private final ExportSource exports;
    private final NbdMetrics metrics;
    private final NbdConfig config;
    private final Ending ending;

    private long deadlineNanos;
    private boolean fixedNewstyle;
    private boolean noZeroes;
    private boolean structured;
    /** The export for which the client has selected base:allocation, or null. */
    private String allocationExport;

    private boolean over;
    private Session session;

    Handshake(
            Wire wire,
            Received received,
            Replies replies,
            ExportSource exports,
            NbdMetrics metrics,
            NbdConfig config,
            Ending ending) {
        this.wire = wire;
        this.received = received;
        this.replies = replies;
        this.exports = exports;
        this.metrics = metrics;
        this.config = config;
        this.ending = ending;
    }

    /**
     * Talks until the transmission begins.
     *
     * @return what was agreed on, with the volume attached, or null when the connection is to be closed
     * @throws PeerException when the peer breaks the protocol or takes too long
     */
    Session negotiate() throws IOException {
        nextDeadline();
        replies.putLong(NbdProtocol.GREETING_MAGIC);
        replies.putLong(NbdProtocol.OPTION_MAGIC);
        replies.putShort(HANDSHAKE_FIXED_NEWSTYLE | HANDSHAKE_NO_ZEROES);
        flush();
        if (!need(Integer.BYTES)) {
            return null;
        }
        int flags = received.intAt(0);
        received.skip(Integer.BYTES);
        if ((flags & ~KNOWN_CLIENT_FLAGS) != 0) {
            throw new PeerException("unknown client flags 0x" + Integer.toHexString(flags));
        }
        fixedNewstyle = (flags & HANDSHAKE_FIXED_NEWSTYLE) != 0;
        noZeroes = (flags & HANDSHAKE_NO_ZEROES) != 0;
        try {
            while (!over) {
                nextDeadline();
                if (!need(OPTION_BYTES)) {
                    return null;
                }
                takeOption();
                flush();
            }
        } catch (IOException | RuntimeException e) {
            if (session != null) {
                session.close();
            }
            throw e;
        }
        return session;
    }

    private void takeOption() throws IOException {
        long magic = received.longAt(0);
        int option = received.intAt(8);
        long length = received.intAt(12) & 0xFFFFFFFFL;
        received.skip(OPTION_BYTES);
        if (magic != NbdProtocol.OPTION_MAGIC) {
            throw new PeerException("no option where one must be: 0x" + Long.toHexString(magic));
        }
        if (option == OPT_EXPORT_NAME) {
            if (length > MAX_STRING_BYTES) {
                throw new PeerException("an export name of " + length + " bytes");
            }
            if (needData((int) length)) {
                exportName(received.stringAt(0, (int) length));
                received.skip((int) length);
            }
            return;
        }
        if (!fixedNewstyle) {
            throw new PeerException("option " + option + " without fixed newstyle");
        }
        if (length > MAX_OPTION_BYTES) {
            tooBig(option, length);
            return;
        }
        if (needData((int) length)) {
            if (ending.isRequested() && option != OPT_ABORT) {
                replyError(option, REP_ERR_SHUTDOWN, "the server is shutting down");
                over = true;
            } else {
                dispatch(option, (int) length);
            }
            received.skip((int) length);
        }
    }

    private void dispatch(int option, int length) throws IOException {
        switch (option) {
            case OPT_ABORT -> {
                ack(option);
                over = true;
            }
            case OPT_LIST -> list(length);
            case OPT_STARTTLS -> replyError(option, REP_ERR_POLICY, "this server does not encrypt");
            case OPT_INFO, OPT_GO -> info(option, length);
            case OPT_STRUCTURED_REPLY -> {
                if (length != 0) {
                    replyError(option, REP_ERR_INVALID, "structured replies take no data");
                } else {
                    structured = true;
                    ack(option);
                }
            }
            case OPT_LIST_META_CONTEXT, OPT_SET_META_CONTEXT -> metaContext(option, length);
            default ->
                replyError(
                        option, REP_ERR_UNSUP, "this server does not know option " + Integer.toUnsignedString(option));
        }
    }

    private void tooBig(int option, long length) throws IOException {
        replyError(option, REP_ERR_TOO_BIG, "the option's data may have " + MAX_OPTION_BYTES + " bytes");
        if (length > MAX_SKIPPED_BYTES) {
            flush();
            throw new PeerException("an option of " + length + " bytes");
        }
        long left = length;
        while (left > 0) {
            int part = (int) Math.min(left, MAX_OPTION_BYTES);
            if (!needData(part)) {
                return;
            }
            received.skip(part);
            left -= part;
        }
    }

    private void exportName(String name) throws IOException {
        Volume volume;
        try {
            volume = exports.find(name);
            begin(name, volume);
        } catch (StoreException e) {
            // The option has no error reply: the protocol wants the connection closed.
            over = true;
            return;
        }
        reserve(Long.BYTES + Short.BYTES + RESERVED_ZEROES_BYTES);
        replies.putLong(volume.sizeBytes());
        replies.putShort(transmissionFlags(volume));
        if (!noZeroes) {
            replies.zeros(RESERVED_ZEROES_BYTES);
        }
    }

    private void list(int length) throws IOException {
        if (length != 0) {
            replyError(OPT_LIST, REP_ERR_INVALID, "a list takes no data");
            return;
        }
        for (String name : exports.names()) {
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            reserve(OPTION_REPLY_BYTES + Integer.BYTES + bytes.length);
            replies.option(OPT_LIST, REP_SERVER, Integer.BYTES + bytes.length);
            replies.putInt(bytes.length);
            replies.putBytes(bytes);
        }
        ack(OPT_LIST);
    }

    /** Data: 32 bits length of name, name, 16 bits number of information requests, 16 bits each. */
    private void info(int option, int length) throws IOException {
        long nameLength = length < 6 ? -1 : received.intAt(0) & 0xFFFFFFFFL;
        if (nameLength < 0 || nameLength > MAX_STRING_BYTES || 6 + nameLength > length) {
            replyError(option, REP_ERR_INVALID, "the name does not fit the option");
            return;
        }
        int requestsAt = 6 + (int) nameLength;
        int requests = received.unsignedShortAt(requestsAt - Short.BYTES);
        if (requestsAt + requests * Short.BYTES != length) {
            replyError(option, REP_ERR_INVALID, "the information requests do not fit the option");
            return;
        }
        String name = received.stringAt(Integer.BYTES, (int) nameLength);
        Volume volume;
        try {
            volume = exports.find(name);
            if (option == OPT_GO) {
                begin(name, volume);
            }
        } catch (StoreException e) {
            replyError(option, REP_ERR_UNKNOWN, e.getMessage());
            return;
        }
        reserve(OPTION_REPLY_BYTES + 12);
        replies.option(option, REP_INFO, 12);
        replies.putShort(NbdProtocol.INFO_EXPORT);
        replies.putLong(volume.sizeBytes());
        replies.putShort(transmissionFlags(volume));
        boolean[] sent = new boolean[NbdProtocol.INFO_BLOCK_SIZE + 1];
        for (int i = 0; i < requests; i++) {
            int type = received.unsignedShortAt(requestsAt + i * Short.BYTES);
            // Each kind once, however often it is asked for.
            if (type < sent.length && !sent[type]) {
                sent[type] = true;
                information(option, type, volume);
            }
        }
        ack(option);
    }

    private void information(int option, int type, Volume volume) throws IOException {
        switch (type) {
            case NbdProtocol.INFO_NAME -> information(option, type, volume.name());
            case NbdProtocol.INFO_DESCRIPTION -> information(option, type, "Tidemark volume " + volume.id());
            case NbdProtocol.INFO_BLOCK_SIZE -> {
                reserve(OPTION_REPLY_BYTES + 14);
                replies.option(option, REP_INFO, 14);
                replies.putShort(type);
                // Every length works; what is no whole block costs a read of the rest.
                replies.putInt(1);
                replies.putInt(volume.blockSizeBytes());
                replies.putInt(Volume.MAX_REQUEST_BYTES);
            }
            default -> {
                // INFO_EXPORT was sent already.
            }
        }
    }

    private void information(int option, int type, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        reserve(OPTION_REPLY_BYTES + Short.BYTES + bytes.length);
        replies.option(option, REP_INFO, Short.BYTES + bytes.length);
        replies.putShort(type);
        replies.putBytes(bytes);
    }

    /** Data: 32 bits length of name, name, 32 bits number of queries, each a length and a string. */
    private void metaContext(int option, int length) throws IOException {
        if (option == OPT_SET_META_CONTEXT) {
            // Whatever comes of it, the former choice is gone.
            allocationExport = null;
        }
        if (!structured) {
            replyError(option, REP_ERR_INVALID, "metadata contexts need structured replies");
            return;
        }
        long nameLength = length < 8 ? -1 : received.intAt(0) & 0xFFFFFFFFL;
        if (nameLength < 0 || nameLength > MAX_STRING_BYTES || 8 + nameLength > length) {
            replyError(option, REP_ERR_INVALID, "the name does not fit the option");
            return;
        }
        String name = received.stringAt(Integer.BYTES, (int) nameLength);
        int at = 8 + (int) nameLength;
        long queries = received.intAt(at - Integer.BYTES) & 0xFFFFFFFFL;
        boolean selected = queries == 0 && option == OPT_LIST_META_CONTEXT;
        for (long i = 0; i < queries; i++) {
            long queryLength = at + Integer.BYTES > length ? -1 : received.intAt(at) & 0xFFFFFFFFL;
            if (queryLength < 0 || queryLength > MAX_STRING_BYTES || at + Integer.BYTES + queryLength > length) {
                replyError(option, REP_ERR_INVALID, "a query does not fit the option");
                return;
            }
            selected |= matches(option, received.stringAt(at + Integer.BYTES, (int) queryLength));
            at += Integer.BYTES + (int) queryLength;
        }
        if (at != length) {
            replyError(option, REP_ERR_INVALID, "the queries do not fill the option");
            return;
        }
        try {
            exports.find(name);
        } catch (StoreException e) {
            replyError(option, REP_ERR_UNKNOWN, e.getMessage());
            return;
        }
        if (selected) {
            byte[] context = CONTEXT_ALLOCATION.getBytes(StandardCharsets.UTF_8);
            reserve(OPTION_REPLY_BYTES + Integer.BYTES + context.length);
            replies.option(option, REP_META_CONTEXT, Integer.BYTES + context.length);
            replies.putInt(CONTEXT_ALLOCATION_ID);
            replies.putBytes(context);
            if (option == OPT_SET_META_CONTEXT) {
                allocationExport = name;
            }
        }
        ack(option);
    }

    private static boolean matches(int option, String query) {
        return query.equals(CONTEXT_ALLOCATION) || (option == OPT_LIST_META_CONTEXT && query.equals("base:"));
    }

    private void begin(String name, Volume volume) {
        Volume.Attachment attachment = volume.attach(ending::request);
        boolean allocation = structured && name.equals(allocationExport);
        session = new Session(volume, attachment, structured, allocation, replies, metrics, config.clock());
        over = true;
    }

    private int transmissionFlags(Volume volume) {
        int flags = NbdProtocol.FLAG_HAS_FLAGS
                | NbdProtocol.FLAG_SEND_FLUSH
                | NbdProtocol.FLAG_SEND_FUA
                | NbdProtocol.FLAG_CAN_MULTI_CONN
                | NbdProtocol.FLAG_SEND_CACHE;
        if (volume.readOnly()) {
            flags |= NbdProtocol.FLAG_READ_ONLY;
        } else {
            flags |= NbdProtocol.FLAG_SEND_TRIM | NbdProtocol.FLAG_SEND_WRITE_ZEROES | NbdProtocol.FLAG_SEND_FAST_ZERO;
        }
        return structured ? flags | NbdProtocol.FLAG_SEND_DF : flags;
    }

    private void ack(int option) throws IOException {
        reserve(OPTION_REPLY_BYTES);
        replies.option(option, REP_ACK, 0);
    }

    private void replyError(int option, int type, String message) throws IOException {
        reserve(Replies.ERROR_ROOM);
        replies.optionError(option, type, message);
    }

    private void reserve(int bytes) throws IOException {
        if (!replies.reserve(bytes)) {
            flush();
            if (!replies.reserve(bytes)) {
                throw new IllegalStateException("a reply of " + bytes + " bytes can never be sent");
            }
        }
    }

    private void nextDeadline() {
        deadlineNanos = config.clock().getAsLong() + config.handshakeIdleNanos();
    }

    private long timeLeft() throws PeerException {
        long left = deadlineNanos - config.clock().getAsLong();
        if (left <= 0) {
            throw new PeerException("a handshake that does not go on");
        }
        return left;
    }

    private void flush() throws IOException {
        while (!replies.isEmpty()) {
            if (replies.send(wire)) {
                nextDeadline();
            } else {
                wire.await(false, true, timeLeft());
            }
        }
    }

    /** As {@link #need}; the connection is over when it says no. */
    private boolean needData(int bytes) throws IOException {
        if (need(bytes)) {
            return true;
        }
        over = true;
        return false;
    }

    /** Waits until that many bytes are there; returns false when the peer has gone or the server wants to end. */
    private boolean need(int bytes) throws IOException {
        while (received.available() < bytes) {
            int count = received.receive(wire, received.capacity());
            if (count < 0) {
                return false;
            }
            if (count == 0) {
                if (ending.isRequested()) {
                    return false;
                }
                wire.await(true, false, timeLeft());
            }
        }
        return true;
    }
}
