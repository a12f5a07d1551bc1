/**
 * The protobuf messages of what is kept for good: events, commands, checkpoints.
 * All classes here are generated from {@code src/main/protobuf}; none is committed.
 *
 * <p>Field numbers and enum values are on disk. They never change their meaning and are never used again.
 *
 * <ul>
 *   <li>Enters: nothing; these are schemas.
 *   <li>Leaves: generated classes, for {@code dev.tidemark.engine.codec} alone.
 *   <li>Never: logic, and an import from any other package than the codec.
 * </ul>
 */
package dev.tidemark.proto;
