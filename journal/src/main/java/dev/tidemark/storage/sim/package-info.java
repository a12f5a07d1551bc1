/**
 * A simulated device behind the storage seam: seeded, in memory, deterministic, and as hostile as real ones.
 *
 * <ul>
 *   <li>Enters: the same calls as a real disk's, a seed, and a plan of faults and of the power cut.
 *   <li>Leaves: the state of every file as it may be found after the cut, the number of operations so far, and
 *       complaints about a caller that breaks the contract of the seam.
 *   <li>Never: real files, real time, or randomness that is not from the seed. Only tests, the crash harness
 *       ({@code dev.tidemark.tools.crash}) and the benchmarks may import it.
 * </ul>
 */
package dev.tidemark.storage.sim;
