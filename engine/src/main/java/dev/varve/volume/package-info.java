/**
 * Disks that read through the shared cache: a snapshot opens as one at once, and fills the cache on first touch.
 */
@NullMarked
package dev.varve.volume;

import org.jspecify.annotations.NullMarked;
