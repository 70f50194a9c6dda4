/**
 * What Varve costs, as ratios to what its work costs at the least: JMH benchmarks, each with its baseline in the same run,
 * and {@link dev.varve.bench.Main}, which runs them and prints the table of bars. {@code bench/run}, {@code
 * bench/peers} and {@code bench/serve} are the commands.
 */
@NullMarked
package dev.varve.bench;

import org.jspecify.annotations.NullMarked;
