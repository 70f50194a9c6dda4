package dev.varve.cli;

/** A command that the process which was given it carries out, although another has the store open. */
interface StaysHere {}
