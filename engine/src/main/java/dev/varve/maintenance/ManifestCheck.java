package dev.varve.maintenance;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestVisitor;
import dev.varve.manifest.Manifests;
import dev.varve.manifest.NodeName;
import dev.varve.manifest.Subtree;
import dev.varve.store.Pace;
import dev.varve.store.Store;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Walks manifests and looks for every chunk that they name. What was clean once is not walked again. */
final class ManifestCheck {
    /** Subtrees remembered as clean: enough for 8 TiB of distinct data in 64 KiB chunks, at 100 bytes of heap each. */
    private static final int MAX_CLEAN = 1 << 18;

    /** What reading a node takes, at most. */
    private static final int NODE_BYTES = 16 << 10;

    /** What a look-up takes, about. */
    private static final int ENTRY_BYTES = 64;

    /** More than any tree has. */
    private static final int MAX_LEVELS = 8;

    private final StoreCheck check;
    private final Store store;
    private final Manifests manifests;
    private final Pace pace;
    private final Set<NodeName> clean = new HashSet<>();

    ManifestCheck(StoreCheck check, Store store, Manifests manifests, Pace pace) {
        this.check = check;
        this.store = store;
        this.manifests = manifests;
        this.pace = pace;
    }

    void check(String owner, Manifest manifest) throws IOException {
        manifests.walk(manifest, new Walk(owner, manifest));
    }

    private final class Walk implements ManifestVisitor {
        private final String owner;
        private final Manifest manifest;

        /** Problems known when the subtrees around the present place were entered, one a level. */
        private final long[] before = new long[MAX_LEVELS];

        Walk(String owner, Manifest manifest) {
            this.owner = owner;
            this.manifest = manifest;
        }

        @Override
        public boolean enter(Subtree subtree) {
            before[subtree.name().level()] = check.problemCount();
            if (clean.contains(subtree.name())) {
                return false;
            }
            pace.spent(NODE_BYTES);
            return true;
        }

        @Override
        public void chunk(long block, ChunkId id) {
            pace.spent(ENTRY_BYTES);
            ChunkKey key = manifest.key(id);
            String problem = check.damage(key);
            if (problem == null) {
                problem = check.isFound(key) ? null : missing(key);
            }
            if (problem != null) {
                check.lost().chunk(key);
                long offset = block * manifest.chunkSizeBytes();
                long length = Math.min(manifest.chunkSizeBytes(), manifest.sizeBytes() - offset);
                check.addLoss(owner, problem, offset, length);
            }
        }

        private @Nullable String missing(ChunkKey key) {
            try {
                return store.contains(key) ? null : "chunk " + key + " is missing";
            } catch (IOException e) {
                return "chunk " + key + " can't be found: " + e.getMessage();
            }
        }

        @Override
        public void damaged(Subtree subtree, IOException problem) {
            check.lost().node(subtree.name().id());
            check.addLoss(owner, String.valueOf(problem.getMessage()), subtree.offsetBytes(), subtree.lengthBytes());
        }

        @Override
        public void leave(Subtree subtree, boolean isClean) {
            boolean isSame = before[subtree.name().level()] == check.problemCount();
            if (isClean && isSame && clean.size() < MAX_CLEAN) {
                clean.add(subtree.name());
            }
        }
    }
}
