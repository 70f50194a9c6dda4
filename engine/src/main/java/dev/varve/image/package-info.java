/**
 * Machine images: immutable manifests that name snapshots and how to boot from them.
 *
 * <p>{@link dev.varve.image.Images} has those of one scope.
 */
@NullMarked
package dev.varve.image;

import org.jspecify.annotations.NullMarked;
