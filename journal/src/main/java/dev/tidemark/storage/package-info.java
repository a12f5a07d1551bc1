/**
 * The one seam to files: everything in the project that reads or writes a file of a store does so through it.
 *
 * <ul>
 *   <li>Enters: reads, writes, forces, renames, deletions and directory syncs, on names within one folder.
 *   <li>Leaves: bytes, and errors that say whether they are fatal. A force that failed is never tried again:
 *       the kernel has marked the pages clean, and reports an error once per open file.
 *   <li>Never: a meaning of the bytes (frames and pages live above), a clock, a source of randomness, or an
 *       interrupt of a thread that is not ours.
 * </ul>
 */
package dev.tidemark.storage;
