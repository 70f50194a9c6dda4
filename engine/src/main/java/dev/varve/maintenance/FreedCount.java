package dev.varve.maintenance;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestVisitor;
import dev.varve.manifest.Manifests;
import dev.varve.manifest.NodeKind;
import dev.varve.manifest.Subtree;
import dev.varve.store.Store;
import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Counts what nobody would need any more without some disks, within bounds that keep a deletion quick: it reads the manifests of
 * those disks, then of all others, what they share once, and of the index only what is left. If the others have too many nodes,
 * what they have left by then is the most that can become free. What is damaged is passed over. What
 * the disks name must not be dropped meanwhile, as for a {@link SpaceCount}.
 */
public final class FreedCount {
    /** Nodes that are read of either, at most: those of 128 GiB of disks with chunks of 64 KiB that share nothing. */
    public static final int MAX_NODES = 4096;

    /** Entries of the index that are looked up: of more chunks, some stand for all. */
    private static final int MAX_LOOKED_UP = 1 << 14;

    private final Store store;
    private final Manifests manifests;
    private final NamesLeft names = new NamesLeft();

    /**
     * A count, to be used once.
     *
     * @param store what is counted
     * @param manifests of the store
     */
    public FreedCount(Store store, Manifests manifests) {
        this.store = store;
        this.manifests = manifests;
    }

    /**
     * What becomes free when disks go.
     *
     * @param bytes as they are stored
     * @param isEstimate whether a part of the chunks stood for all of them
     * @param isUpperBound whether not all others were read, who may need some of it
     */
    public record Freed(long bytes, boolean isEstimate, boolean isUpperBound) {}

    /** Is told of chunks that a disk names. */
    private interface Named {
        void chunk(ChunkKey key) throws IOException;
    }

    /** There are more nodes than are to be read. */
    private static final class TooManyNodesException extends IOException {
        private static final long serialVersionUID = 1;

        TooManyNodesException() {
            super("more than " + MAX_NODES + " nodes");
        }
    }

    /**
     * Counts.
     *
     * @param disks that go
     * @param others all that stay, first those that have most in common with the disks
     * @return what becomes free; nothing when the disks that go have too many nodes
     * @throws IOException when the index can't be read
     */
    public Optional<Freed> count(Collection<Manifest> disks, Collection<Manifest> others) throws IOException {
        Map<Content, Manifest> going = Content.distinct(disks);
        Map<Content, Manifest> staying = Content.distinct(others);
        going.keySet().removeAll(staying.keySet());
        if (!walk(going.values(), names::add)) {
            return Optional.empty();
        }
        boolean isBound = names.size() > 0 && !walk(staying.values(), names::remove);
        int left = names.size();
        long skipped = left <= MAX_LOOKED_UP ? 0 : 2L * Integer.highestOneBit(left / MAX_LOOKED_UP) - 1;
        long[] counted = new long[2];
        boolean unused = walk(going.values(), key -> {
            if ((key.id().fingerprint() & skipped) == 0 && names.remove(key)) {
                counted[0]++;
                counted[1] += store.storedBytes(key);
            }
        });
        double share = counted[0] == 0 ? 1 : (double) counted[0] / left;
        return Optional.of(new Freed(Math.round(counted[1] / share), skipped > 0, isBound));
    }

    /** Reads manifests, what they share once; false when it ended early. */
    private boolean walk(Collection<Manifest> some, Named visitor) throws IOException {
        Set<ChunkKey> seen = new HashSet<>();
        try {
            for (Manifest each : some) {
                manifests.walk(each, new Walk(each, seen, visitor));
            }
            return true;
        } catch (TooManyNodesException e) {
            return false;
        }
    }

    /** Of the content of one disk. */
    private static final class Walk implements ManifestVisitor {
        private final Manifest disk;
        private final Set<ChunkKey> seen;
        private final Named visitor;

        Walk(Manifest disk, Set<ChunkKey> seen, Named visitor) {
            this.disk = disk;
            this.seen = seen;
            this.visitor = visitor;
        }

        @Override
        public boolean enter(Subtree subtree) throws IOException {
            ChunkKey name = disk.key(subtree.name().id());
            if (subtree.name().kind() != NodeKind.CONTENT || seen.contains(name)) {
                return false;
            }
            if (seen.size() == MAX_NODES) {
                throw new TooManyNodesException();
            }
            return seen.add(name);
        }

        @Override
        public void chunk(long block, ChunkId id) throws IOException {
            visitor.chunk(disk.key(id));
        }

        @Override
        public void damaged(Subtree subtree, IOException problem) {}
    }
}
