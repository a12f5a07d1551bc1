/**
 * The write-ahead journal: an append-only sequence of checksummed frames in segments, and what recovery makes of it.
 *
 * <ul>
 *   <li>Enters: opaque payloads in order, and force requests; at open, what the caller knows: the floor below which
 *       segments are no longer needed, and its own evidence of what was durable.
 *   <li>Leaves: the durable position, which is the end of the longest prefix of frames that are forced; and on replay
 *       exactly a prefix of what was appended, which holds everything that was ever reported as durable.
 *   <li>Never: a look into a payload (no protobuf here), an append after the first failure, a write to bytes that were
 *       forced, or a cut of anything below the evidence: that is damage, and it is refused, not repaired.
 * </ul>
 *
 * A tour, in the order of the data flow:
 *
 * <ul>
 *   <li>format ({@code FORMAT.md}): {@code FrameDescriptor}, {@code SegmentDescriptor}, {@code FrameChecksum}, {@code
 *       SegmentHeader}, {@code SegmentName};
 *   <li>write: {@code JournalWriter} over two {@code Staging} buffers, {@code SegmentPreparer} ahead of it, {@code
 *       SegmentCatalog} behind it, {@code StickyFailure} over all;
 *   <li>read: {@code FrameParser} (is this a whole frame?) and {@code FrameWalk} (is it the next one?) over a {@code
 *       FileWindow}; {@code JournalReader} follows a live journal;
 *   <li>repair: {@code JournalScan} walks, looks for evidence and decides by {@code RecoveryRow}; {@code JournalRepair}
 *       makes it so.
 * </ul>
 *
 * In jshell, with {@code --add-opens java.base/jdk.internal.misc=ALL-UNNAMED} for the JVM that runs it:
 *
 * <pre>{@code
 * var storage = new DiskStorage(folder);
 * var hello = new UnsafeBuffer("hello".getBytes());
 * try (var journal = Journal.create(storage, JournalConfig.defaults(), UUID.randomUUID(), new byte[0])) {
 *     journal.append(1, journal.lastSeq() + 1, 1, 0, hello, 0, hello.capacity());
 *     journal.force();
 * }
 * var recovery = Journal.recover(storage, JournalConfig.defaults(), Known.NOTHING);
 * recovery.replay(0, frame -> System.out.println(frame.firstSeq() + ": " + frame.payloadLength()));
 * }</pre>
 *
 * To go on writing, the recovery's {@code begin()} gives the journal again, under a new epoch.
 */
package dev.tidemark.journal;
