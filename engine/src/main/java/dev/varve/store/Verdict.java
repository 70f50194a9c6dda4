package dev.varve.store;

import java.util.function.BooleanSupplier;

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

    /**
     * The rule.
     *
     * @param isMarked whether something names it
     * @param isKept whether a writer needs it, or may
     * @param condemned when it was, in seconds since 1970; 0 when it was not
     * @param dropBefore what was condemned by then is dropped
     */
    static Verdict of(boolean isMarked, BooleanSupplier isKept, long condemned, long dropBefore) {
        if (isMarked) {
            return condemned > 0 ? BROUGHT_BACK : MARKED;
        }
        if (isKept.getAsBoolean()) {
            return KEPT;
        }
        if (condemned == 0) {
            return CONDEMNED;
        }
        return condemned <= dropBefore ? DROPPED : WAITING;
    }
}
