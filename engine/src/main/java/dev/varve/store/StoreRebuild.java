package dev.varve.store;

import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Makes the index of a store anew that nobody has open: for one that RocksDB can't open, or of which it can't read a part.
 *
 * <ul>
 *   <li><b>Chunks</b> come from the packs, see {@link PackSurvey}.
 *   <li><b>Records</b> come from one index, so that they stand together as they once did: the store's own, if it comes as far as
 *       was durable; else a copy's, if that comes at least as far as the own; else the own, which is older then. What that one
 *       can't read comes from the other, and nothing else does: what is not there was deleted.
 *   <li><b>Nodes</b> come from both, each proved by its hash.
 *   <li><b>Leases</b> are over: what dead writers left stays, until a collection finds that nothing needs it.
 * </ul>
 *
 * The new index takes the old one's place as {@link IndexSwap} says; stopped anywhere, the same again ends it.
 */
public final class StoreRebuild {
    private final StoreLayout layout;
    private final FileIo io;
    private final StoreOptions options;
    private final IndexSwap swap;
    private final List<String> notes = new ArrayList<>();

    /** Is told how much was read of the packs. */
    public interface Progress {
        /**
         * Some more was read.
         *
         * @param doneBytes how much by now
         * @param totalBytes how much there is
         */
        void progress(long doneBytes, long totalBytes);
    }

    /**
     * What was done.
     *
     * @param isResumed whether an earlier rebuild was ended, of which nothing else is known
     * @param source the copy that records come from; null for the store's own index
     * @param reached the change up to which that source comes
     * @param durable the change that was known to be durable
     * @param gaps parts of the source that could not be read
     * @param records how many there are now
     * @param filledRecords how many of them come from the other index
     * @param nodes of manifests, how many there are now
     * @param filledNodes how many of them come from the other index
     * @param chunks how many the packs hold
     * @param notes why something was not used
     * @param kept where the old index lies
     */
    public record Result(
            boolean isResumed,
            @Nullable Path source,
            long reached,
            long durable,
            int gaps,
            long records,
            long filledRecords,
            long nodes,
            long filledNodes,
            long chunks,
            List<String> notes,
            Path kept) {}

    private StoreRebuild(StoreLayout layout, StoreOptions options) {
        this.layout = layout;
        this.options = options;
        io = options.io();
        swap = new IndexSwap(layout, io);
    }

    /**
     * Rebuilds the index of a store.
     *
     * @param root folder of the store
     * @param copies folders of stores, of which those with the store's own id are copies of it: the first that can be read
     *     counts
     * @param acceptsLoss whether to go on where records are lost by that, or packs can't be read
     * @param options budgets
     * @param progress is told of what is read
     * @return what it did
     * @throws StoreInUseException when somebody has the store, or the copy, open
     * @throws StoreNotFoundException when one of the folders is no store
     * @throws IOException when it can't be done, or not without a copy: the store is as it was, or the same again ends it
     */
    public static Result run(Path root, List<Path> copies, boolean acceptsLoss, StoreOptions options, Progress progress)
            throws IOException {
        NativeLibraries.load(options.nativeFolder());
        StoreLayout layout = new StoreLayout(root);
        if (!Files.isDirectory(layout.packs())) {
            throw new StoreNotFoundException(root);
        }
        for (Path copy : copies) {
            if (Files.exists(copy) && Files.isSameFile(root, copy)) {
                throw new IOException(copy + " is the store itself: name a copy of it");
            }
        }
        return new StoreRebuild(layout, options).run(copies, acceptsLoss, progress);
    }

    private Result run(List<Path> copies, boolean acceptsLoss, Progress progress) throws IOException {
        if (swap.isBegun()) {
            return resumed();
        }
        StoreProperties own = FormatFile.readEither(layout.format());
        StoreProperties properties = own == null ? formatOf(copies) : own;
        List<Path> same = new ArrayList<>();
        for (Path copy : copies) {
            if (StoreFiles.properties(copy).id().equals(properties.id())) {
                same.add(copy);
            } else {
                notes.add(copy + " is another store, no copy of this one: nothing of its index counts here");
            }
        }
        IndexLock lock = IndexLock.take(layout, swap.locked());
        try (lock) {
            StoreFiles.own(layout);
            if (swap.isBegun()) { // by another process, a moment ago
                throw new IOException(layout.root() + ": another rebuild was at work; run this again");
            }
            Result result = build(same, acceptsLoss, properties, progress);
            swap.end();
            return result;
        }
    }

    /** The new index is whole: nothing else is needed. */
    private Result resumed() throws IOException {
        IndexLock lock = IndexLock.take(layout, swap.locked());
        try (lock) {
            StoreFiles.own(layout);
            swap.end();
        }
        return new Result(true, null, 0, 0, 0, 0, 0, 0, 0, 0, List.of(), layout.damagedIndex());
    }

    /** What the store was made with, as a copy of it says: the heads of packs tell whether it is one. */
    private StoreProperties formatOf(List<Path> copies) throws IOException {
        for (Path copy : copies) {
            StoreProperties properties = StoreFiles.properties(copy);
            Packs packs = new Packs(layout, io, properties.id());
            try {
                for (int pack : packs.lengths().keySet()) {
                    if (packs.headerProblem(pack).isEmpty()) {
                        return properties;
                    }
                }
            } finally {
                packs.close();
            }
        }
        throw new StoreCorruptException(layout.format(), "neither it nor its copy in packs/ can be read");
    }

    private Result build(List<Path> copies, boolean acceptsLoss, StoreProperties properties, Progress progress)
            throws IOException {
        try (RebuildSources sources = new RebuildSources(layout, io, copies, acceptsLoss, notes)) {
            return build(sources, acceptsLoss, properties, progress);
        } catch (IOException | RuntimeException e) {
            try {
                swap.clear();
            } catch (IOException f) {
                e.addSuppressed(f);
            }
            throw e;
        }
    }

    private Result build(RebuildSources sources, boolean acceptsLoss, StoreProperties properties, Progress progress)
            throws IOException {
        RebuildSources.Source first = sources.first();
        RebuildSources.Source second = sources.second();
        if (first.reached() < sources.durableSequence() && first.folder() == null) {
            loss(
                    layout.index(),
                    "it comes to change " + first.reached() + ", but change " + sources.durableSequence()
                            + " was durable, and what came between is lost",
                    acceptsLoss);
        }
        IndexMerge merge;
        long chunks;
        AtomicLong records = new AtomicLong();
        AtomicLong nodes = new AtomicLong();
        try (RocksIndex made = RocksIndex.open(swap.clear(), options.indexCacheBytes(), true)) {
            merge = new IndexMerge(made, first.index(), second == null ? null : second.index());
            merge.run();
            if (merge.openGaps() > 0) {
                loss(
                        layout.index(),
                        "records in " + merge.openGaps() + " parts can be read nowhere, and are lost",
                        acceptsLoss);
            } else if (merge.recordGaps() > 0 && second != null && second.reached() < first.reached()) {
                notes.add("what was changed after the copy was made, in " + merge.recordGaps()
                        + " parts of the records that can't be read, is lost");
            }
            chunks = survey(made, properties, acceptsLoss, progress);
            finish(made, merge.lastLease());
            made.recordsAtOnce("", (key, value) -> records.incrementAndGet());
            made.nodes((id, stored) -> nodes.incrementAndGet());
        }
        StoreFiles.mendFormat(layout, io, properties);
        swap.begin();
        return new Result(
                false,
                first.folder(),
                first.reached(),
                sources.durableSequence(),
                merge.gaps(),
                records.get(),
                merge.filledRecords(),
                nodes.get(),
                merge.filledNodes(),
                chunks,
                List.copyOf(notes),
                layout.damagedIndex());
    }

    /** Something is lost, which is told, and refused unless it was accepted. */
    private void loss(Path where, String what, boolean isAccepted) throws RecordsLostException {
        if (!isAccepted) {
            throw new RecordsLostException(where, what);
        }
        notes.add(what);
    }

    /** Makes it durable, logs and tables: an old log that is torn would keep newer ones from being read. */
    private static void finish(RocksIndex made, long lastLease) throws IOException {
        try (IndexBatch last = made.batch()) {
            made.write(last.lastLease(lastLease), true);
        }
        made.flush();
    }

    private long survey(RocksIndex made, StoreProperties properties, boolean acceptsLoss, Progress progress)
            throws IOException {
        Packs packs = new Packs(layout, io, properties.id());
        try {
            PackSurvey survey = new PackSurvey(made, packs, properties.chunkSizeBytes(), progress);
            long chunks = survey.run();
            String unread = survey.unread();
            if (unread != null) {
                loss(layout.packs(), unread, acceptsLoss);
            }
            io.syncDirectory(layout.packs());
            return chunks;
        } finally {
            packs.close();
        }
    }
}
