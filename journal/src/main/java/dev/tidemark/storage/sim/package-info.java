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
 *
 * <p>A device in ten lines:
 *
 * <pre>{@code
 * SimStorage device = new SimStorage(seed);
 * device.plan(Fault.ioError().in(Operation.FORCE).on("journal/").nth(3)); // perhaps
 * device.cutPowerAt(17);                                                  // or: device.observe(...), see below
 * try { workload(device); } catch (PowerCutException expected) { }
 * for (long survival = 0; survival < 10; survival++) {
 *     recoverAndCheck(device.afterPowerCut(survival));                     // any number of outcomes of that one moment
 * }
 * }</pre>
 *
 * <ul>
 *   <li>{@link dev.tidemark.storage.sim.SimStorage#observe} yields the crash states of every operation from one run of
 *       the workload; {@link dev.tidemark.storage.sim.SimStorage#allPowerCuts} yields all outcomes of one moment where
 *       there are few enough.
 *   <li>A power cut loses what was not forced. The death of the process
 *       ({@link dev.tidemark.storage.sim.SimStorage#afterProcessDeath}) loses nothing, and makes nothing durable: a
 *       recovery that trusts what it reads is found out by a cut that follows.
 *   <li>A failing test prints the seed, the cut and the survival, and
 *       {@link dev.tidemark.storage.sim.SimStorage#log}; the same three bring it back.
 *   <li>What the model is stricter about than most file systems: creations, renames and deletions in one directory
 *       survive each on its own, not in their order; a write in a sector survives without an earlier one in the same
 *       sector; a size can be durable without its data, and names without their content.
 *   <li>Unforced writes are kept in memory one by one, until they are forced.
 * </ul>
 */
package dev.tidemark.storage.sim;
