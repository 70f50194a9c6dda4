/**
 * The library's door: {@link dev.varve.Engine} opens a store and hands out its snapshots and images by scope.
 */
@NullMarked
package dev.varve;

import org.jspecify.annotations.NullMarked;
