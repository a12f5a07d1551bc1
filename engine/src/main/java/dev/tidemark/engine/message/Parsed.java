package dev.tidemark.engine.message;

/** What a text turned out to be: a {@link Message}, or a {@link Refusal} that says why it is none. */
public sealed interface Parsed permits Message, Refusal {}
