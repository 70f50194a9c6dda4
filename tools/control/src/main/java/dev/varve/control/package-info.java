/**
 * The socket by which a process that owns a store carries out the commands of others: the command's words go to it, and what
 * it does with streams, files and programs comes back as calls.
 */
@NullMarked
package dev.varve.control;

import org.jspecify.annotations.NullMarked;
