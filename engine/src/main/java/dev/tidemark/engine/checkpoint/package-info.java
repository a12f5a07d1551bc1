/**
 * The state as of one seq, on stable storage: freezes by page generation beside the running pipeline, writes only what
 * is dirty, then both copies of the superblock.
 *
 * <ul>
 *   <li>Enters: dirty pages at a frame boundary, and the durable position.
 *   <li>Leaves: a superblock from which recovery starts; the floor of the journal; slots that may be used again.
 *   <li>Never: a page written over one that the last checkpoint needs; a release before both superblocks are forced.
 * </ul>
 *
 * <p>What is on disk stands in {@code METADATA.md}. Of it: the superblock ({@code SuperblockFile}), the file of slots
 * ({@code MetadataFile}), which of them are in use ({@code SlotMap}), what a checkpoint says itself ({@code
 * RootStreamWriter}, {@code RootStreamReader}), the check of all that ({@code MetadataCheck}),
 * and a file that is made anew for the whole journal ({@code FreshMetadata}).
 */
package dev.tidemark.engine.checkpoint;
