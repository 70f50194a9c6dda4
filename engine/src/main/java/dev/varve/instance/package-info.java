/**
 * Instances: what an image's devices become when it is launched, which volumes those are, and what goes when one ends.
 *
 * <p>{@link dev.varve.instance.Instances} has those of one scope. Whether an instance runs, and where, is for whoever runs
 * it to know: there are no states here.
 */
@NullMarked
package dev.varve.instance;

import org.jspecify.annotations.NullMarked;
