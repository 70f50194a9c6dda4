package dev.varve.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/** Counts without an atomic add, and so about: threads that share a stripe may lose a count to each other. */
final class HitCount {
    private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] counts = Stripes.make();

    void add() {
        int own = Stripes.own(counts);
        COUNT.setOpaque(counts, own, (long) COUNT.getOpaque(counts, own) + 1);
    }

    long sum() {
        return Arrays.stream(counts).sum();
    }
}
