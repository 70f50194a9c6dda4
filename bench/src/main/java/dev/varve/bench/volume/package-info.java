/**
 * What volumes cost: {@link dev.varve.bench.Trial Trials} of reading, writing, launching and snapshots, each with its
 * baseline in the same process.
 */
@NullMarked
package dev.varve.bench.volume;

import org.jspecify.annotations.NullMarked;
