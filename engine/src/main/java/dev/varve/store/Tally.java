package dev.varve.store;

import dev.varve.store.GarbageCollection.Count;
import dev.varve.store.GarbageCollection.Sweep;
import java.util.EnumMap;
import java.util.Map;

/** Counts chunks and nodes by verdict. For one thread. */
final class Tally {
    private final Map<Verdict, Sum> sums = new EnumMap<>(Verdict.class);

    private static final class Sum {
        private long chunks;
        private long chunkBytes;
        private long nodes;
        private long nodeBytes;
    }

    private Sum sum(Verdict verdict) {
        return sums.computeIfAbsent(verdict, unused -> new Sum());
    }

    void chunk(Verdict verdict, long bytes) {
        Sum sum = sum(verdict);
        sum.chunks++;
        sum.chunkBytes += bytes;
    }

    void node(Verdict verdict, long bytes) {
        Sum sum = sum(verdict);
        sum.nodes++;
        sum.nodeBytes += bytes;
    }

    long broughtBack() {
        Count count = count(Verdict.BROUGHT_BACK);
        return count.chunks() + count.nodes();
    }

    Sweep sweep() {
        return new Sweep(
                count(Verdict.MARKED),
                count(Verdict.KEPT),
                count(Verdict.CONDEMNED),
                count(Verdict.WAITING),
                count(Verdict.DROPPED),
                count(Verdict.BROUGHT_BACK));
    }

    private Count count(Verdict verdict) {
        Sum sum = sum(verdict);
        return new Count(sum.chunks, sum.chunkBytes, sum.nodes, sum.nodeBytes);
    }
}
