/**
 * What the store knows, and the only code that changes it: the decider turns a command into events or a refusal, the
 * applier turns an event into state. Replay runs the very same applier. Pure.
 *
 * <ul>
 *   <li>Enters: typed commands with the present state; typed events in the order of the one history.
 *   <li>Leaves: events or a refusal; the next state.
 *   <li>Never: I/O, a clock, a thread, randomness, the journal, protobuf or the Disruptor; a failure of the applier; a
 *       step that depends on memory pressure or on luck.
 * </ul>
 */
package dev.tidemark.engine.state;
