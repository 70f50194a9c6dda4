/**
 * Interleavings of the lock-free words, tried out with jcstress until what must not be seen has had every chance.
 */
@NullMarked
package dev.varve.bench.jcstress;

import org.jspecify.annotations.NullMarked;
