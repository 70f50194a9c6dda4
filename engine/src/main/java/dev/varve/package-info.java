/**
 * The library's door: {@link dev.varve.Engine} opens a store and hands out all that is in it by scope.
 */
@NullMarked
package dev.varve;

import org.jspecify.annotations.NullMarked;
