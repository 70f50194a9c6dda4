package dev.varve.maintenance;

import dev.varve.chunk.ChunkException;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.manifest.Manifest;
import dev.varve.store.Pace;
import dev.varve.store.Store;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds out anew what the last collection had to mark, from the roots that it says it had, and compares.
 *
 * <p>It marks with code of its own: it reads nodes by the description of their format, goes down by itself, and sorts names
 * where the {@link Collector} hashes them. So a mistake would have to be made twice to stay unseen. What both share is how
 * a root's name is parsed, and which 64 bits of a name are summed up ({@link ChunkKey#fingerprint}).
 * Where there are more names than it holds at a time it goes through all manifests more than once.
 */
public final class CollectionReplay {
    /** Names at a time, of chunks, and of nodes: 16 MiB of heap each, and once more while they grow. */
    private static final int MAX_NAMES = 1 << 21;

    /** Nodes remembered as seen: at about 110 bytes of heap each; past them, some are read again. */
    private static final int MAX_SEEN = 1 << 17;

    /** What reading a node takes, at most. */
    private static final int NODE_BYTES = 16 << 10;

    private static final int LEVEL_BYTE = 6;
    private static final int KIND_BYTE = 5;
    private static final int CONTENT = 1;
    private static final int HEADER_BYTES = 72;

    private final Store store;
    private final Pace pace;
    private final int maxNames;
    private long roots;
    private int parts;
    private int part;
    private Names chunks = new Names();
    private Names nodes = new Names();
    private final Set<ChunkKey> seen = new HashSet<>();

    /**
     * A replay.
     *
     * @param store whose last collection it is
     * @param pace is told of what is read
     */
    public CollectionReplay(Store store, Pace pace) {
        this(store, pace, MAX_NAMES);
    }

    CollectionReplay(Store store, Pace pace, int maxNames) {
        this.store = store;
        this.pace = pace;
        this.maxNames = maxNames;
    }

    /**
     * Replays the last collection of the store. What is condemned or gone, since nothing needs it any more and a later
     * collection has begun, is no finding.
     *
     * @return in what it was wrong; null when nothing says so
     * @throws IOException when its record can't be read
     */
    public @Nullable String problem() throws IOException {
        CollectionProof proof = CollectionProof.last(store);
        if (proof == null) {
            return null;
        }
        Marks found;
        try {
            found = marks(proof);
        } catch (ChunkException e) {
            return null;
        }
        Marks marked = proof.marks();
        return found.equals(marked)
                ? null
                : "the collection of " + proof.began() + " has marked " + marked.chunks() + " chunks and "
                        + marked.nodes()
                        + " nodes, where its " + roots + " roots name " + found.chunks() + " and "
                        + found.nodes() + (isSameCount(found, marked) ? ", and others" : "");
    }

    private static boolean isSameCount(Marks found, Marks marked) {
        return found.chunks() == marked.chunks() && found.nodes() == marked.nodes();
    }

    private Marks marks(CollectionProof proof) throws IOException {
        parts = (int) (1 + proof.marks().chunks() / (maxNames / 2));
        while (true) {
            Marks sum = new Marks(0, 0, 0, 0);
            boolean fits = true;
            for (part = 0; part < parts && fits; part++) {
                chunks = new Names();
                nodes = new Names();
                seen.clear();
                roots = proof.roots(store, root -> {
                    enter(root, root.content().root());
                    enter(root, root.writers().root());
                });
                fits = chunks.fits() && nodes.fits();
                sum = new Marks(
                        sum.chunks() + chunks.count(),
                        sum.chunkSum() + chunks.sum(),
                        sum.nodes() + nodes.count(),
                        sum.nodeSum() + nodes.sum());
            }
            if (fits) {
                return sum;
            }
            parts *= 2;
        }
    }

    private void enter(Manifest root, @Nullable ChunkId id) throws IOException {
        if (id == null) {
            return;
        }
        ChunkKey name = root.key(id);
        if (seen.contains(name)) {
            return;
        }
        if (seen.size() < MAX_SEEN) {
            seen.add(name);
        }
        nodes.add(name);
        byte[] node = store.neededNode(id);
        pace.spent(NODE_BYTES);
        boolean isLeaf = node[LEVEL_BYTE] == 0;
        for (int at = HEADER_BYTES; at < node.length; at += ChunkId.BYTES) {
            if (!isLeaf) {
                enter(root, ChunkId.of(node, at));
            } else if (node[KIND_BYTE] == CONTENT) {
                chunks.add(root.key(ChunkId.of(node, at)));
            }
        }
    }

    /** Names of one part of all, by 64 bits of each; sorted when their number is asked for. */
    private final class Names {
        private long[] words = new long[Math.min(1024, maxNames)];
        private int size;
        private boolean isFull;

        void add(ChunkKey key) {
            long word = key.fingerprint();
            if (isFull || Long.remainderUnsigned(word, parts) != part) {
                return;
            }
            if (size == words.length) {
                size = distinct();
                if (size > words.length / 2) {
                    isFull = words.length == maxNames;
                    words = Arrays.copyOf(words, Math.min(maxNames, 2 * words.length));
                }
            }
            if (!isFull) {
                words[size++] = word;
            }
        }

        boolean fits() {
            return !isFull;
        }

        int count() {
            size = distinct();
            return size;
        }

        /** After {@link #count}. */
        long sum() {
            return Arrays.stream(words, 0, size).sum();
        }

        /** Sorts them, each once; how many there are then. */
        private int distinct() {
            Arrays.sort(words, 0, size);
            int kept = 0;
            for (int i = 0; i < size; i++) {
                if (i == 0 || words[i] != words[i - 1]) {
                    words[kept++] = words[i];
                }
            }
            return kept;
        }
    }
}
