/** Measurements that chose RocksDB's settings for the index: decision 0003 of the engine has their results. */
@NullMarked
package dev.varve.bench.index;

import org.jspecify.annotations.NullMarked;
