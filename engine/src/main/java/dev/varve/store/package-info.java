/**
 * The store: chunks in packs, their index and all records in RocksDB, and the commits that join them.
 */
@NullMarked
package dev.varve.store;

import org.jspecify.annotations.NullMarked;
