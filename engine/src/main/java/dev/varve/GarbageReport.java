package dev.varve;

import dev.varve.maintenance.Collector;
import dev.varve.store.GarbageCollection;

/**
 * What a collection did, or a dry run would have done. Bytes are those of chunks as they are stored.
 *
 * @param forgotten deleted things that can't be restored any more
 * @param roots distinct contents of snapshots and volumes that were looked at
 * @param needed what they need
 * @param kept what is not needed yet: writers are at work with it, or have died
 * @param condemned not needed by anything, and condemned now
 * @param waiting condemned before, whose time of grace is not over
 * @param dropped condemned before, and gone now
 * @param broughtBack condemned before, and needed all the same: a sign that something is wrong; it is kept
 * @param packs files that were deleted
 * @param packBytes bytes that they had
 * @param movedBytes bytes that were copied for that
 */
public record GarbageReport(
        long forgotten,
        long roots,
        Amount needed,
        Amount kept,
        Amount condemned,
        Amount waiting,
        Amount dropped,
        Amount broughtBack,
        long packs,
        long packBytes,
        long movedBytes) {
    /**
     * How much.
     *
     * @param chunks blocks of data
     * @param chunkBytes their bytes
     * @param nodes parts of manifests
     * @param nodeBytes their bytes
     */
    public record Amount(long chunks, long chunkBytes, long nodes, long nodeBytes) {
        private Amount plus(Amount other) {
            return new Amount(
                    chunks + other.chunks,
                    chunkBytes + other.chunkBytes,
                    nodes + other.nodes,
                    nodeBytes + other.nodeBytes);
        }

        private static Amount of(GarbageCollection.Count count) {
            return new Amount(count.chunks(), count.chunkBytes(), count.nodes(), count.nodeBytes());
        }
    }

    /**
     * This and a later one as one.
     *
     * @param later of the next collection
     * @return what both have done, and what was needed and kept at last
     */
    public GarbageReport then(GarbageReport later) {
        return new GarbageReport(
                forgotten + later.forgotten,
                later.roots,
                later.needed,
                later.kept,
                condemned.plus(later.condemned),
                later.waiting,
                dropped.plus(later.dropped),
                broughtBack.plus(later.broughtBack),
                packs + later.packs,
                packBytes + later.packBytes,
                movedBytes + later.movedBytes);
    }

    static GarbageReport of(Collector.Run run) {
        GarbageCollection.Sweep sweep = run.sweep();
        return new GarbageReport(
                run.forgotten(),
                run.roots(),
                Amount.of(sweep.marked()),
                Amount.of(sweep.kept()),
                Amount.of(sweep.condemned()),
                Amount.of(sweep.waiting()),
                Amount.of(sweep.dropped()),
                Amount.of(sweep.broughtBack()),
                run.compaction().packs(),
                run.compaction().packBytes(),
                run.compaction().movedBytes());
    }
}
