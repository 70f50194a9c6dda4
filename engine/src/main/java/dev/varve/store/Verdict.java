package dev.varve.store;

/** What a collection does with a chunk or a node. */
enum Verdict {
    MARKED,
    KEPT,
    CONDEMNED,
    WAITING,
    DROPPED,
    BROUGHT_BACK;

    boolean changes() {
        return this == CONDEMNED || this == DROPPED || this == BROUGHT_BACK;
    }
}
