/**
 * Files read and written by position: they survive an interrupted caller, and are synced on threads nobody interrupts.
 */
@NullMarked
package dev.varve.file;

import org.jspecify.annotations.NullMarked;
