/**
 * Chunks: the content of one block, its name, and the frame it is stored in.
 */
@NullMarked
package dev.varve.chunk;

import org.jspecify.annotations.NullMarked;
