/**
 * The chunk cache that all volumes share: bounded, filled by positional write, read from memory without a lock.
 */
@NullMarked
package dev.varve.cache;

import org.jspecify.annotations.NullMarked;
