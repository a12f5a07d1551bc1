/**
 * The crash harness: shows that a crash at any point loses nothing that was promised.
 *
 * <ul>
 *   <li>Enters: a seeded workload, and cut points on the simulated device or kills of the real process.
 *   <li>Leaves: the number of distinct crash states that were checked, and for each violation the command that
 *       reproduces it.
 *   <li>Never: a state that can't be made again from its seed and cut point; a promise checked against the store's own
 *       word instead of the harness's model.
 * </ul>
 */
package dev.tidemark.tools.crash;
