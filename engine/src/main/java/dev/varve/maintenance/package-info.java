/**
 * What keeps a store in order: collection of what nothing names any more, and search for damage.
 *
 * <p>{@link dev.varve.maintenance.Collector} decides what is named; {@link dev.varve.store.GarbageCollection} drops the rest.
 * {@link dev.varve.maintenance.Scrubber} has {@link dev.varve.store.Verification} read the data, and finds whom damage hits.
 */
@NullMarked
package dev.varve.maintenance;

import org.jspecify.annotations.NullMarked;
