/**
 * Snapshots: points in time of a disk, how they come into being from blocks, and how they are read, compared, copied in
 * and copied out.
 *
 * <p>{@link dev.varve.snapshot.Snapshots} has those of one scope. A snapshot is begun ({@code pending}, durable as soon
 * as its id is known), written, and completed in one atomic step; what a dead process had begun is dropped when the
 * store is next opened.
 */
@NullMarked
package dev.varve.snapshot;

import org.jspecify.annotations.NullMarked;
