/**
 * What keeps a store in order: collection of what nothing names any more, search for damage and its repair, and who takes how
 * much.
 *
 * <p>{@link dev.varve.maintenance.Collector} decides what is named; {@link dev.varve.store.GarbageCollection} drops the rest.
 * {@link dev.varve.maintenance.Scrubber} has {@link dev.varve.store.Verification} read the data, and finds whom damage hits.
 * {@link dev.varve.maintenance.Repair} looks elsewhere for what is lost, and {@link dev.varve.store.Mending} puts it back.
 * {@link dev.varve.maintenance.SpaceCount} says what each disk takes, {@link dev.varve.maintenance.FreedCount} what goes with some.
 */
@NullMarked
package dev.varve.maintenance;

import org.jspecify.annotations.NullMarked;
