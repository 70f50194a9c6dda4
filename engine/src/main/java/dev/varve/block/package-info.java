/**
 * Disks seen from outside: {@link dev.varve.block.BlockDevice} and the sizes and ranges that describe one.
 */
@NullMarked
package dev.varve.block;

import org.jspecify.annotations.NullMarked;
