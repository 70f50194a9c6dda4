package dev.varve.store;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.FrameCodec;
import dev.varve.chunk.FrameHeader;
import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A collection of a {@link PackStore}.
 *
 * <p><b>Condemned</b> is an entry, or a node, that carries the time in place of a lease. The change is not synced: what is
 * lost of it is condemned again. Each entry is looked at once more when nobody else can change it.
 *
 * <p><b>Moving.</b> Frames are appended and synced, then entries point to the copies, one by one, each unless it was changed
 * meanwhile; then it is looked through the whole index for entries that still point to the old files; then these are
 * forgotten, in a synced batch that has all before it in the log; then they are deleted. Whoever has looked up the old place
 * and finds it gone looks again.
 */
final class PackCollection implements GarbageCollection {
    private static final Logger LOG = LoggerFactory.getLogger(PackCollection.class);

    /** So many files are copied together, in the order of their ranks. */
    private static final int TOGETHER = 8;

    /** What an entry of the index takes, about. */
    private static final int ENTRY_BYTES = 64;

    /** So much is copied from one sync to the next. */
    private static final long MOVE_BYTES = 16L << 20;

    private final PackStore store;
    private final Leases leases;
    private final RocksIndex index;
    private final Flights flights;
    private final Packs packs;
    private final MarkedNames names;
    private boolean closed;

    PackCollection(PackStore store, MarkedNames names) {
        this.store = store;
        this.names = names;
        leases = store.leases();
        flights = store.flights();
        index = store.files().index();
        packs = store.files().packs();
    }

    @Override
    public void records(String prefix, RecordVisitor visitor) throws IOException {
        index.recordsAtOnce(prefix, visitor);
    }

    @Override
    public boolean markNode(ChunkKey name) {
        return names.markNode(name);
    }

    @Override
    public boolean markChunk(ChunkKey key) {
        return names.mark(key);
    }

    @Override
    public Sweep sweep(Instant now, Duration grace, boolean dryRun, Pace pace) throws IOException {
        Verdicts verdicts = new Verdicts(
                names, leases, now.getEpochSecond(), now.minus(grace).getEpochSecond());
        Tally tally = new Tally();
        index.chunks((key, location) -> {
            pace.spent(ENTRY_BYTES);
            Verdict verdict = verdicts.of(key, location.lease());
            if (verdict.changes() && !dryRun) {
                leases.alone(key.id(), () -> {
                    Location found = index.chunk(key);
                    if (found != null) {
                        Verdict last = verdicts.of(key, found.lease());
                        change(key, found, last, verdicts.now());
                        tally.chunk(last, found.lengthBytes());
                    }
                });
            } else {
                tally.chunk(verdict, location.lengthBytes());
            }
        });
        index.nodes((id, stored) -> {
            pace.spent(stored.length);
            Verdict verdict = verdicts.of(ChunkKey.plain(id), leaseOf(stored));
            if (verdict.changes() && !dryRun) {
                leases.alone(id, () -> {
                    byte[] found = index.node(id);
                    if (found != null) {
                        Verdict last = verdicts.of(ChunkKey.plain(id), leaseOf(found));
                        change(id, found, last, verdicts.now());
                        tally.node(last, found.length - Long.BYTES);
                    }
                });
            } else {
                tally.node(verdict, stored.length - Long.BYTES);
            }
        });
        if (tally.broughtBack() > 0) {
            store.alarms().addAndGet(tally.broughtBack());
            LOG.error("{} chunks and nodes were condemned and are needed: they are kept", tally.broughtBack());
        }
        return tally.sweep();
    }

    private static long leaseOf(byte[] stored) {
        return ByteBuffer.wrap(stored).getLong();
    }

    private void change(ChunkKey key, Location found, Verdict verdict, long now) throws IOException {
        if (verdict == Verdict.DROPPED) {
            flights.drop(key, found);
        } else if (verdict.changes()) {
            try (IndexBatch batch = index.batch()) {
                index.write(batch.chunk(key, found.with(verdict == Verdict.CONDEMNED ? -now : 0)), false);
            }
        }
    }

    private void change(ChunkId id, byte[] found, Verdict verdict, long now) throws IOException {
        if (verdict.changes()) {
            try (IndexBatch batch = index.batch()) {
                if (verdict == Verdict.DROPPED) {
                    batch.deleteNode(id);
                } else {
                    byte[] node = new byte[found.length - Long.BYTES];
                    ByteBuffer.wrap(found).position(Long.BYTES).get(node);
                    batch.node(id, node, verdict == Verdict.CONDEMNED ? -now : 0);
                }
                index.write(batch, false);
            }
        }
    }

    @Override
    public Compaction compact(double maxDeadShare, ToLongFunction<ChunkId> rank, Pace pace) throws IOException {
        List<PackState> all = flights.packStates();
        long live = all.stream().mapToLong(PackState::liveBytes).sum();
        long dead = all.stream().mapToLong(PackCollection::deadBytes).sum();
        Set<Integer> worst = new HashSet<>();
        for (PackState state : all.stream()
                .sorted(Comparator.comparingDouble(PackCollection::liveShare))
                .toList()) {
            if (state.liveBytes() > 0 && dead <= maxDeadShare * live) {
                break;
            }
            worst.add(state.number());
            dead -= deadBytes(state);
        }
        return evacuate(worst, rank, pace);
    }

    private static long deadBytes(PackState state) {
        return state.publishedBytes() - PackHeader.BYTES - state.liveBytes();
    }

    private static double liveShare(PackState state) {
        return (double) state.liveBytes() / state.publishedBytes();
    }

    @Override
    public Compaction evacuate(Set<Integer> numbers, ToLongFunction<ChunkId> rank, Pace pace) throws IOException {
        endMarking();
        List<PackState> worst = flights.packStates().stream()
                .filter(state -> numbers.contains(state.number()))
                .sorted(Comparator.comparingLong(PackState::liveBytes))
                .toList();
        worst.forEach(state -> packs.leave(state.number()));
        int end = Math.min(packs.tail().pack(), leases.firstPackInUse());
        Set<Integer> flying = flights.flyingPacks();
        List<PackState> closed = worst.stream()
                .filter(state -> state.number() < end && !flying.contains(state.number()))
                .toList();
        int dead = (int) closed.stream().filter(state -> state.liveBytes() == 0).count(); // they come first
        Compaction total = compact(closed.subList(0, dead), rank, pace);
        for (int i = dead; i < closed.size(); i += TOGETHER) {
            Compaction some = compact(closed.subList(i, Math.min(closed.size(), i + TOGETHER)), rank, pace);
            total = new Compaction(
                    total.packs() + some.packs(),
                    total.packBytes() + some.packBytes(),
                    total.movedBytes() + some.movedBytes());
        }
        return total;
    }

    @Override
    public void endMarking() {
        leases.endMarking();
        names.forget();
    }

    /** A chunk, where it lies, and its turn to be copied. */
    private record Placed(ChunkKey key, Location location, long rank) {}

    private Compaction compact(List<PackState> worst, ToLongFunction<ChunkId> rank, Pace pace) throws IOException {
        if (worst.isEmpty()) {
            return new Compaction(0, 0, 0);
        }
        Set<Integer> gone = new HashSet<>();
        List<Placed> live = new ArrayList<>();
        for (PackState state : worst) {
            try {
                live.addAll(live(state, rank, pace));
                gone.add(state.number());
            } catch (IOException e) {
                LOG.warn("{} can't be read, and stays", packs.path(state.number()), e);
            }
        }
        live.sort(Comparator.comparingLong(Placed::rank)
                .thenComparingInt(placed -> placed.location.pack())
                .thenComparingLong(placed -> placed.location.offsetBytes()));
        long moved = 0;
        for (int i = 0; i < live.size(); ) {
            int end = i;
            for (long bytes = 0; end < live.size() && bytes < MOVE_BYTES; end++) {
                bytes += live.get(end).location.lengthBytes();
            }
            moved += move(live.subList(i, end), pace);
            i = end;
        }
        if (!gone.isEmpty()) {
            index.chunks((key, location) -> {
                pace.spent(ENTRY_BYTES);
                gone.remove(location.pack());
            });
        }
        long bytes = 0;
        if (!gone.isEmpty()) {
            flights.dropPacks(gone, leases);
        }
        for (int pack : gone) {
            try {
                long length = Files.exists(packs.path(pack)) ? Files.size(packs.path(pack)) : 0;
                flights.delete(pack);
                bytes += length;
            } catch (IOException e) {
                LOG.warn("{} is deleted when the store is next opened", packs.path(pack), e);
            }
        }
        return new Compaction(gone.size(), bytes, moved);
    }

    /** What the index needs of a pack, as far as it can be read. */
    private List<Placed> live(PackState state, ToLongFunction<ChunkId> rank, Pace pace) throws IOException {
        List<Placed> found = new ArrayList<>();
        if (state.liveBytes() == 0 || !Files.exists(packs.path(state.number()))) {
            return found;
        }
        PositionalFile file = packs.file(state.number());
        long end = Math.min(file.size(), state.publishedBytes());
        new FrameScanner(store.properties().chunkSizeBytes())
                .scan(file, Math.min(PackHeader.BYTES, end), end, new FrameScanner.Visitor() {
                    @Override
                    public void frame(FrameHeader header, long offsetBytes, ByteBuffer payload) throws IOException {
                        pace.spent(header.frameBytes());
                        Location place = new Location(state.number(), offsetBytes, header.frameBytes(), 0);
                        Location named = index.chunk(header.key());
                        if (named != null && named.samePlace(place)) {
                            found.add(new Placed(
                                    header.key(),
                                    named,
                                    rank.applyAsLong(header.key().id())));
                        }
                    }

                    @Override
                    public void gap(long fromBytes, long toBytes, String problem) {
                        // what lies there and is needed is found missing before the pack is deleted
                    }
                });
        return found;
    }

    /** Copies frames, and has their entries point to the copies; how many bytes. */
    private long move(List<Placed> some, Pace pace) throws IOException {
        FrameCodec codec = new FrameCodec(store.properties().chunkSizeBytes());
        List<Placed> copied = new ArrayList<>();
        List<Location> copies = new ArrayList<>();
        long bytes = 0;
        for (Placed placed : some) {
            pace.spent(2L * placed.location.lengthBytes());
            ByteBuffer frame = read(placed, codec);
            if (frame != null) {
                copied.add(placed);
                copies.add(packs.append(frame, placed.location.lease()));
                bytes += placed.location.lengthBytes();
            }
        }
        leases.syncPacks(copies.stream().map(Location::pack).toList());
        for (int i = 0; i < copies.size(); i++) {
            Placed placed = copied.get(i);
            Location copy = copies.get(i);
            leases.alone(placed.key.id(), () -> {
                Location now = index.chunk(placed.key);
                if (now != null && now.samePlace(placed.location)) {
                    flights.move(placed.key, now, copy.with(now.lease()));
                }
            });
        }
        return bytes;
    }

    /** A frame; null when it can't be read: its entry keeps its pack. */
    private @Nullable ByteBuffer read(Placed placed, FrameCodec codec) {
        try {
            ByteBuffer frame = codec.buffer(placed.location.lengthBytes());
            packs.read(placed.location, frame);
            if (codec.header(frame.flip()).key().equals(placed.key)) {
                return frame.position(0);
            }
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("chunk {} can't be copied, and its file stays", placed.key, e);
        }
        return null;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            leases.endCollection();
        }
    }
}
