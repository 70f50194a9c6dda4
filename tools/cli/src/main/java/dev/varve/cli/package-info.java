/**
 * The {@code varve} command: one class a subcommand, each a thin reading of arguments, a call of the engine, and words
 * for people or JSON for programs.
 */
@NullMarked
package dev.varve.cli;

import org.jspecify.annotations.NullMarked;
