/**
 * Disks that read through the shared cache, and fill it on first touch: snapshots opened as they are, and volumes, which
 * are written to.
 */
@NullMarked
package dev.varve.volume;

import org.jspecify.annotations.NullMarked;
