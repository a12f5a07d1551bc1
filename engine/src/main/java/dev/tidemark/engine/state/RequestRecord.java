package dev.tidemark.engine.state;

/**
 * An idempotent request and its first answer.
 *
 * @param id what the message's {@code request=} says
 * @param textDigest of the message's canonical text, see {@link RequestWindow#textDigest}
 * @param reply the {@code ok} reply, as printed
 */
public record RequestRecord(String id, long textDigest, String reply) {}
