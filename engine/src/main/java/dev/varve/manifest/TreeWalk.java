package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import dev.varve.store.Store;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Visits all nodes and values of one tree, going on past damage. It reads the store itself, not what the node cache
 * remembers of it. Each step goes down a level, so no chain of nodes is endless.
 */
final class TreeWalk {
    private final Store store;
    private final Manifest manifest;
    private final NodeKind kind;
    private final ManifestVisitor visitor;

    TreeWalk(Store store, Manifest manifest, NodeKind kind, ManifestVisitor visitor) {
        this.store = store;
        this.manifest = manifest;
        this.kind = kind;
        this.visitor = visitor;
    }

    void run() throws IOException {
        ChunkId root = manifest.tree(kind).root();
        if (root != null) {
            walk(root, Place.root(manifest, kind));
        }
    }

    /** Whether nothing was damaged. */
    private boolean walk(ChunkId id, Place place) throws IOException {
        Subtree subtree = subtree(id, place);
        boolean isWanted = visitor.enter(subtree);
        if (!isWanted && place.endKey() <= place.keyCount()) {
            return true;
        }
        Node node = read(id, place, subtree);
        boolean isClean = node != null && children(node, place);
        visitor.leave(subtree, isClean);
        return isClean;
    }

    private boolean children(Node node, Place place) throws IOException {
        boolean isClean = true;
        for (int i = node.bits().next(0); i < Radix.FANOUT; i = node.bits().next(i + 1)) {
            ChunkId child = ChunkId.of(node.encoded(), node.offset(i));
            if (place.level() > 0) {
                isClean &= walk(child, place.child(i));
            } else if (kind == NodeKind.CONTENT) {
                visitor.chunk(place.firstKey() + i, child);
            }
        }
        return isClean;
    }

    private @Nullable Node read(ChunkId id, Place place, Subtree subtree) throws IOException {
        IOException problem;
        try {
            Node node = NodeCodec.decode(id, store.node(id));
            node.requireAt(place);
            return node;
        } catch (IOException e) {
            problem = e;
        }
        visitor.damaged(subtree, problem);
        return null;
    }

    private Subtree subtree(ChunkId id, Place place) {
        long offset = place.firstKey() * manifest.keyBytes(kind);
        long end = Math.min(place.endKey() * manifest.keyBytes(kind), manifest.sizeBytes());
        return new Subtree(new NodeName(kind, place.level(), id), offset, end - offset);
    }
}
