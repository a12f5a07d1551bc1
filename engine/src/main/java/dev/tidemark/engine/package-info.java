/**
 * The store as an embedding program sees it: open it, send messages, read and write volumes, close it.
 *
 * <ul>
 *   <li>Enters: a folder and a validated configuration; messages as text or as typed commands; reads, writes, flushes,
 *       discards on volumes, from any thread.
 *   <li>Leaves: replies, bytes whose checksum was verified, and failures of few kinds. A reply waits until the state
 *       it was decided on is durable.
 *   <li>Never: an internal type of a lower package in a public signature that an embedder would have to know, and no
 *       use of this package by any lower one.
 * </ul>
 */
package dev.tidemark.engine;
