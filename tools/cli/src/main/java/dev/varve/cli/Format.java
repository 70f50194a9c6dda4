package dev.varve.cli;

/** Image formats as people name them. */
enum Format {
    raw
}
