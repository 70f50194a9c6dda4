package dev.varve.maintenance;

import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.store.Mending;
import dev.varve.store.Pace;
import dev.varve.store.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Mends a store: reads all data, looks for what is lost elsewhere, by its name, and stores it anew.
 *
 * <p><b>Course.</b> Manifest nodes come first, from the top down, since only they tell what else is lost; then chunks, source by
 * source; what is lost and named by nothing is forgotten; last, what is left in files with damage is copied, and they go.
 *
 * <p><b>Memory</b> is bounded by {@link Lost} and {@link Damage}.
 */
public final class Repair {
    /** A tree's levels, and one more that finds nothing new. */
    private static final int MAX_PASSES = 6;

    private final Scrubber scrubber;
    private final Collector collector;
    private final Collector.Ranks ranks;
    private final Store store;
    private final List<? extends Finder> finders;
    private final boolean dryRun;
    private final ChunkHasher hasher = new ChunkHasher();
    private final Map<String, Found> found = new LinkedHashMap<>();
    private final List<String> failures = new ArrayList<>();
    private final Set<ChunkKey> foundChunks = new HashSet<>();
    private final Set<ChunkId> foundNodes = new HashSet<>();
    private @Nullable Mending mending;

    /**
     * What came from one source.
     *
     * @param chunks how many
     * @param nodes how many
     */
    public record Found(long chunks, long nodes) {}

    /**
     * What a repair did, or would have done.
     *
     * @param lostChunks chunks that manifests name and could not be read
     * @param lostNodes manifest nodes likewise
     * @param found what was found of them and mended, by source
     * @param failures what could not be read of sources
     * @param left what is wrong still
     */
    public record Result(
            long lostChunks, long lostNodes, Map<String, Found> found, List<String> failures, Findings left) {}

    /**
     * A repair, to be run once.
     *
     * @param scrubber of the store
     * @param collector of the store
     * @param ranks order in which chunks are copied
     * @param store to be mended
     * @param finders where to look, in this order
     * @param dryRun whether nothing is to be changed
     */
    public Repair(
            Scrubber scrubber,
            Collector collector,
            Collector.Ranks ranks,
            Store store,
            List<? extends Finder> finders,
            boolean dryRun) {
        this.scrubber = scrubber;
        this.collector = collector;
        this.ranks = ranks;
        this.store = store;
        this.finders = List.copyOf(finders);
        this.dryRun = dryRun;
    }

    /**
     * Repairs.
     *
     * @param progress is told how far it is; the data and all sources together are what there is to be read
     * @return what it did
     * @throws IOException when it could not go on: what it has mended until then is
     */
    public Result run(Scrubber.Progress progress) throws IOException {
        return scrubber.readAlone(() -> runAlone(progress));
    }

    private Result runAlone(Scrubber.Progress progress) throws IOException {
        long sources = finders.stream().mapToLong(Finder::sizeBytes).sum();
        Damage damage = new Damage();
        DataReading reading = new DataReading(store, damage, (done, total) -> progress.progress(done, total + sources));
        long bytes = reading.run();
        Set<ChunkId> lostNodes = new LinkedHashSet<>();
        Set<ChunkKey> damaged = damage.chunks().keySet();
        Lost lost;
        long lostChunks;
        try (Mending mine = dryRun ? null : store.mend(reading.unsound())) {
            mending = mine;
            lost = findNodes(damage, lostNodes);
            lostChunks = lost.chunks().size();
            findChunks(lost.chunks(), (done, total) -> progress.progress(bytes + done, bytes + sources));
            if (mine != null) {
                end(mine, damaged, lost, lostNodes);
            }
        }
        Findings left;
        if (dryRun) {
            damage.isFound(foundChunks);
            left = scrubber.check(damage, Pace.FULL, bytes);
        } else {
            left = left(reading, damaged, bytes);
        }
        return new Result(lostChunks, lostNodes.size(), found, failures, left);
    }

    /** Finds nodes, pass by pass, and what is lost at last. */
    private Lost findNodes(Damage damage, Set<ChunkId> lostNodes) throws IOException {
        Lost lost = new Lost();
        for (int pass = 0; pass < MAX_PASSES; pass++) {
            lost = scrubber.lost(damage);
            Set<ChunkId> wanted = new LinkedHashSet<>(lost.nodes());
            wanted.removeAll(lostNodes);
            lostNodes.addAll(wanted);
            boolean isMended = false;
            for (ChunkId id : wanted) {
                isMended |= findNode(id);
            }
            if (!isMended || dryRun) {
                break;
            }
        }
        return lost;
    }

    private boolean findNode(ChunkId id) throws IOException {
        for (Finder finder : finders) {
            byte[] node = null;
            try {
                node = finder.node(id);
            } catch (IOException e) {
                failed(finder.name() + ": " + e.getMessage());
            }
            if (node != null && hasher.hash(ByteBuffer.wrap(node)).equals(id)) {
                if (mending != null) {
                    mending.node(ChunkKey.plain(id), node);
                }
                foundNodes.add(id);
                count(finder, 0, 1);
                return true;
            }
        }
        return false;
    }

    private void findChunks(Set<ChunkKey> wanted, Scrubber.Progress progress) throws IOException {
        long before = 0;
        for (Finder finder : finders) {
            long start = before;
            if (!wanted.isEmpty()) {
                try {
                    finder.find(
                            wanted,
                            new Taking(finder, wanted),
                            (done, total) -> progress.progress(start + done, total));
                } catch (UncheckedIOException e) {
                    throw e.getCause() == null ? new IOException(e) : e.getCause();
                } catch (IOException e) {
                    failed(finder.name() + ": " + e.getMessage());
                }
            }
            before += finder.sizeBytes();
        }
    }

    /** Takes what is wanted. */
    private final class Taking implements Finder.Taker {
        private final Finder finder;
        private final Set<ChunkKey> wanted;

        Taking(Finder finder, Set<ChunkKey> wanted) {
            this.finder = finder;
            this.wanted = wanted;
        }

        @Override
        public int chunkSizeBytes() {
            return store.properties().chunkSizeBytes();
        }

        @Override
        public void offer(ByteBuffer plain) {
            ChunkKey key = ChunkKey.plain(hasher.hash(plain));
            if (plain.remaining() != chunkSizeBytes() || !wanted.remove(key)) {
                return;
            }
            try {
                if (mending != null) {
                    mending.chunk(key, plain);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            foundChunks.add(key);
            count(finder, 1, 0);
        }
    }

    private void failed(String why) {
        if (failures.size() < Findings.MAX_PROBLEMS) {
            failures.add(why);
        }
    }

    private void count(Finder finder, long chunks, long nodes) {
        found.merge(
                finder.name(), new Found(chunks, nodes), (a, b) -> new Found(a.chunks + b.chunks, a.nodes + b.nodes));
    }

    /** Makes durable what was found, and forgets what is lost and named by nothing. */
    private void end(Mending mine, Set<ChunkKey> damaged, Lost lost, Set<ChunkId> lostNodes) throws IOException {
        mine.publish();
        boolean allIsKnown = lost.isAll() && foundNodes.containsAll(lostNodes);
        for (ChunkKey key : damaged) {
            if (allIsKnown && !lost.chunks().contains(key) && !foundChunks.contains(key)) {
                mine.drop(key);
            }
        }
        mine.commit();
    }

    /** Has files with damage go, and looks once more at all that was wrong. */
    private Findings left(DataReading reading, Set<ChunkKey> damaged, long bytes) throws IOException {
        if (!reading.unsound().isEmpty()) {
            try {
                collector.evacuate(reading.unsound(), ranks);
            } catch (IOException e) {
                failed("files with damage stay: " + e.getMessage());
            }
        }
        Damage left = scrubber.lookAgain(reading.unsound());
        if (damaged.size() >= Lost.MOST) {
            left.damage("there was more damage than one repair mends; repair again");
        }
        scrubber.verification().checkFiles(left);
        return scrubber.checkAndKeep(left, reading.unsound(), bytes);
    }
}
