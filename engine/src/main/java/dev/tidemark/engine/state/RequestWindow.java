package dev.tidemark.engine.state;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The last idempotent requests and their answers, oldest first. Part of the state: it is filled by events alone, so it
 * survives crashes. Bounded by number, and by characters for the sake of messages with very many commands. One thread.
 */
public final class RequestWindow {
    /** How many requests are remembered. */
    public static final int MAX_REQUESTS = 100_000;
    /**
     * How many characters of ids and replies are remembered at most, about 670 for each of {@link #MAX_REQUESTS}; a
     * usual one
     * takes 60. The newest request is remembered whatever its size.
     */
    public static final long MAX_CHARACTERS = 64L << 20;

    private final int maxRequests;
    private final long maxCharacters;
    // Insertion order is the order of events; a request that is still remembered is never put again.
    private final Map<String, RequestRecord> requests = new LinkedHashMap<>();
    private long characters;
    private long utf8Bytes;

    /** An empty window of the usual bounds. */
    public RequestWindow() {
        this(MAX_REQUESTS, MAX_CHARACTERS);
    }

    RequestWindow(int maxRequests, long maxCharacters) {
        this.maxRequests = maxRequests;
        this.maxCharacters = maxCharacters;
    }

    /** The remembered request with that id, or null. */
    public RequestRecord find(String id) {
        return requests.get(id);
    }

    /** Remembers a request, and forgets the oldest ones beyond the bounds. */
    public void add(RequestRecord request) {
        RequestRecord old = requests.remove(request.id());
        if (old != null) {
            count(old, -1);
        }
        requests.put(request.id(), request);
        count(request, 1);
        Iterator<RequestRecord> oldest = requests.values().iterator();
        while (requests.size() > maxRequests || (characters > maxCharacters && requests.size() > 1)) {
            count(oldest.next(), -1);
            oldest.remove();
        }
    }

    /** How many requests are remembered. */
    public int size() {
        return requests.size();
    }

    /** All of them, oldest first: a list of its own. */
    public List<RequestRecord> all() {
        return List.copyOf(requests.values());
    }

    /** What ids and replies take in UTF-8. */
    public long utf8Bytes() {
        return utf8Bytes;
    }

    /** Hands out all of them, oldest first. */
    public void forEach(Consumer<RequestRecord> sink) {
        requests.values().forEach(sink);
    }

    /** The first eight bytes, big-endian, of SHA-256 over a message's canonical text in UTF-8. */
    public static long textDigest(String canonicalText) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(canonicalText.getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(hash).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private void count(RequestRecord request, int sign) {
        characters += sign * weight(request);
        utf8Bytes += sign * (utf8Bytes(request.id()) + utf8Bytes(request.reply()));
    }

    private static long utf8Bytes(String text) {
        long bytes = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x80) { // a pair of surrogates takes four bytes
                bytes += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
            }
        }
        return bytes;
    }

    /** Ids and replies are of characters that the JVM keeps in one byte each, but for foreign labels. */
    private static long weight(RequestRecord request) {
        return (long) request.id().length() + request.reply().length();
    }
}
