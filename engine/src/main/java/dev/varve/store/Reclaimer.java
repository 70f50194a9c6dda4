package dev.varve.store;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.FrameHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drops what dead leases left: their index entries, their nodes, and the ends of packs in which nothing else lies.
 * Runs while there is no writer.
 *
 * <p>No frame of a lease lies before the place where the pack stood when the lease began, so only what follows is read.
 * First the names go, in a synced batch, then the bytes; a crash in between, or before, leaves work for the next run and
 * no more.
 */
final class Reclaimer {
    private static final Logger LOG = LoggerFactory.getLogger(Reclaimer.class);
    private static final int BATCH = 4096;

    private final StoreFiles files;
    private final RocksIndex index;
    private final Packs packs;
    private final StoreProperties properties;

    Reclaimer(StoreFiles files, StoreProperties properties) {
        this.files = files;
        this.index = files.index();
        this.packs = files.packs();
        this.properties = properties;
    }

    /**
     * What is left.
     *
     * @param packs state of every pack
     * @param tailPack the pack to append to
     * @param tailEndBytes where
     */
    record Result(Collection<PackState> packs, int tailPack, long tailEndBytes) {}

    /** Buries dead leases, of which there may be none, and brings the pack files to the length that the index knows. */
    Result reclaim(List<LeaseRecord> dead, List<PackState> states) throws IOException {
        TreeMap<Integer, PackState> left = new TreeMap<>();
        states.forEach(state -> left.put(state.number(), state));
        TreeMap<Integer, Long> lengths = packs.lengths();
        lengths.forEach((pack, length) -> {
            PackState state = left.get(pack);
            if (state != null && length < state.publishedBytes()) {
                LOG.warn("{} has {} bytes, expected {}", packs.path(pack), length, state.publishedBytes());
            }
        });
        cutUnpublished(left, lengths); // first of all: on a full disk the index needs the room
        if (!dead.isEmpty()) {
            drop(dead, left, lengths);
            cutUnpublished(left, lengths);
        }
        return tail(left, lengths);
    }

    private void cutUnpublished(TreeMap<Integer, PackState> left, TreeMap<Integer, Long> lengths) {
        for (Map.Entry<Integer, Long> file : List.copyOf(lengths.entrySet())) {
            PackState state = left.get(file.getKey());
            long keep = state == null ? 0 : state.publishedBytes();
            if (file.getValue() > keep) {
                cut(file.getKey(), keep);
                lengths.put(file.getKey(), keep);
            }
        }
    }

    /** What could not be cut is cut at the next opening; no entry points there. */
    private void cut(int pack, long endBytes) {
        try {
            packs.cut(pack, endBytes);
        } catch (IOException e) {
            LOG.warn("{} could not be cut: {}", packs.path(pack), e.getMessage());
        }
    }

    private Result tail(TreeMap<Integer, PackState> left, TreeMap<Integer, Long> lengths) throws IOException {
        if (left.isEmpty()) {
            return new Result(left.values(), 0, Packs.FULL_BYTES);
        }
        PackState lastPack = left.lastEntry().getValue();
        boolean whole = lengths.getOrDefault(lastPack.number(), 0L) >= lastPack.publishedBytes()
                && packs.headerProblem(lastPack.number()).isEmpty();
        return new Result(left.values(), lastPack.number(), whole ? lastPack.publishedBytes() : Packs.FULL_BYTES);
    }

    private void drop(List<LeaseRecord> dead, TreeMap<Integer, PackState> left, TreeMap<Integer, Long> lengths)
            throws IOException {
        Set<Long> numbers = new HashSet<>();
        int firstPack = Integer.MAX_VALUE;
        long firstOffset = 0;
        for (LeaseRecord lease : dead) {
            LOG.info("dropping what a dead write left: {}", lease.purpose());
            numbers.add(lease.number());
            dropNodes(lease.number());
            if (lease.startPack() < firstPack
                    || (lease.startPack() == firstPack && lease.startOffsetBytes() < firstOffset)) {
                firstPack = lease.startPack();
                firstOffset = lease.startOffsetBytes();
            }
        }
        TreeMap<Integer, Long> uncertain = new TreeMap<>();
        try (Forgetting names = new Forgetting(left)) {
            for (PackState state : List.copyOf(left.tailMap(firstPack).values())) {
                long from = state.number() == firstPack ? Math.max(firstOffset, PackHeader.BYTES) : PackHeader.BYTES;
                long to = Math.min(state.publishedBytes(), lengths.getOrDefault(state.number(), 0L));
                boolean isCertain = to >= state.publishedBytes();
                if (from < to) {
                    Survey survey = new Survey(state.number(), numbers, from, names);
                    new FrameScanner(properties.chunkSizeBytes()).scan(packs.file(state.number()), from, to, survey);
                    isCertain &= survey.certain;
                    left.put(state.number(), survey.left(left.getOrDefault(state.number(), state)));
                }
                if (!isCertain) {
                    uncertain.put(state.number(), from);
                }
            }
            if (!uncertain.isEmpty()) {
                names.flush();
                askIndex(numbers, uncertain, names);
            }
        }
        uncertain.forEach((pack, end) -> left.computeIfPresent(
                pack,
                (number, state) -> new PackState(number, Math.min(end, state.publishedBytes()), state.liveBytes())));
        end(dead, left);
    }

    /**
     * Does the same where frames can't be read, from the index, which takes longer: a write that failed leaves a hole.
     *
     * @param ends packs, and where what is needed of each ends at the least; at the end, where it does
     */
    private void askIndex(Set<Long> dead, TreeMap<Integer, Long> ends, Forgetting names) throws IOException {
        index.chunks((key, location) -> {
            if (dead.contains(location.lease())) {
                names.forget(key, location);
            } else {
                ends.computeIfPresent(location.pack(), (pack, end) -> Math.max(end, location.endBytes()));
            }
        });
    }

    private void dropNodes(long lease) throws IOException {
        try (IndexBatch batch = index.batch()) {
            for (ChunkId id : index.leaseNodes(lease)) {
                byte[] stored = index.node(id);
                if (stored != null && ByteBuffer.wrap(stored).getLong() == lease) {
                    batch.deleteNode(id);
                }
            }
            index.write(batch, false);
        }
    }

    /** Deletes index entries, a batch at a time, each with what it leaves alive in the packs. */
    private final class Forgetting implements AutoCloseable {
        private final TreeMap<Integer, PackState> left;
        private final Map<ChunkKey, Location> names = new HashMap<>();

        Forgetting(TreeMap<Integer, PackState> left) {
            this.left = left;
        }

        void forget(ChunkKey key, Location location) throws IOException {
            names.put(key, location);
            if (names.size() >= BATCH) {
                flush();
            }
        }

        @Override
        public void close() throws IOException {
            flush();
        }

        void flush() throws IOException {
            try (IndexBatch batch = index.batch()) {
                Set<Integer> changed = new HashSet<>();
                for (Map.Entry<ChunkKey, Location> name : names.entrySet()) {
                    batch.deleteChunk(name.getKey());
                    int dropped = name.getValue().lengthBytes();
                    int pack = name.getValue().pack();
                    left.computeIfPresent(
                            pack,
                            (number, state) ->
                                    new PackState(number, state.publishedBytes(), state.liveBytes() - dropped));
                    changed.add(pack);
                }
                for (int pack : changed) {
                    PackState state = left.get(pack);
                    if (state != null) {
                        batch.pack(state);
                    }
                }
                index.write(batch, false);
            }
            names.clear();
        }
    }

    private void end(List<LeaseRecord> dead, TreeMap<Integer, PackState> left) throws IOException {
        try (IndexBatch batch = index.batch()) {
            for (PackState state : List.copyOf(left.values())) {
                if (state.publishedBytes() <= PackHeader.BYTES) {
                    batch.deletePack(state.number());
                    left.remove(state.number());
                } else {
                    batch.pack(state);
                }
            }
            for (LeaseRecord lease : dead) {
                batch.endLease(lease.number());
            }
            files.head().advance(index.write(batch, true));
        }
    }

    /** Tells apart, frame by frame, what the index still needs and what dead leases alone put there. */
    private final class Survey implements FrameScanner.Visitor {
        private final int pack;
        private final Set<Long> dead;
        private final Forgetting names;
        private long liveEnd;
        private boolean certain = true;

        Survey(int pack, Set<Long> dead, long from, Forgetting names) {
            this.pack = pack;
            this.dead = dead;
            this.names = names;
            liveEnd = from;
        }

        @Override
        public void frame(FrameHeader header, long offsetBytes, ByteBuffer payload) throws IOException {
            Location found = index.chunk(header.key());
            if (found == null || found.pack() != pack || found.offsetBytes() != offsetBytes) {
                return;
            }
            if (dead.contains(found.lease())) {
                names.forget(header.key(), found);
            } else {
                liveEnd = offsetBytes + header.frameBytes();
            }
        }

        @Override
        public void gap(long fromBytes, long toBytes, String problem) {
            certain = false;
        }

        /** The pack afterwards: cut after its last live frame, unless damage hides which that is. */
        PackState left(PackState before) {
            long end = certain ? liveEnd : before.publishedBytes();
            return new PackState(pack, end, before.liveBytes());
        }
    }
}
