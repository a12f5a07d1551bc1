/**
 * The benchmarks: workloads with latency percentiles, beside other stores on the same machine in the same run.
 *
 * <ul>
 *   <li>Enters: a workload, a folder, a number of rounds.
 *   <li>Leaves: medians and percentiles of each contender.
 *   <li>Never: other libraries' classes outside this package (it alone sees RocksDB, MVStore and JMH), a comparison on
 *       unequal durability, a use of the network.
 * </ul>
 */
package dev.tidemark.tools.bench;
