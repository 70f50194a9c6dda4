/**
 * What keeps a store in order: collection of what nothing names any more.
 *
 * <p>{@link dev.varve.maintenance.Collector} decides what is named; {@link dev.varve.store.GarbageCollection} drops the rest.
 */
@NullMarked
package dev.varve.maintenance;

import org.jspecify.annotations.NullMarked;
