/**
 * Typed events, commands and checkpoints to bytes, and back. The only importer of protobuf classes.
 *
 * <ul>
 *   <li>Enters: typed values, or the bytes of a journal's payload or of a checkpoint.
 *   <li>Leaves: bytes that {@code dev.tidemark.proto} can read, or typed values; damage and too new a version are told
 *       apart.
 *   <li>Never: a protobuf class in a signature, a decision, a default that hides a missing field.
 * </ul>
 */
package dev.tidemark.engine.codec;
