package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.store.Store;
import java.io.IOException;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Goes from disk to disk and tells which chunks come with each, and which go: what has come and not gone is what the present
 * disk names, block by block. Subtrees that a disk shares with the one before it are not read.
 *
 * <p><b>Damage.</b> A node that can't be read when it comes counts as empty from then on, wherever it comes again. One that
 * came whole and can't be read when it goes ends the walk: nobody knows any more what has gone.
 *
 * <p>For one thread.
 */
public final class ContentSteps {
    /** More nodes than this that can't be read are no damage but a store that can't be read. */
    private static final int MAX_UNREADABLE = 100_000;

    private final Store store;
    private final Visitor visitor;
    private final Set<NodeName> unreadable = new HashSet<>();

    ContentSteps(Store store, Visitor visitor) {
        this.store = store;
        this.visitor = visitor;
    }

    /** Is told of a step. An {@link IOException} of any method ends it, and is thrown by it. */
    public interface Visitor {
        /**
         * A block that names a chunk, which it did not on the disk before.
         *
         * @param key the chunk's name
         * @throws IOException to end the step
         */
        void come(ChunkKey key) throws IOException;

        /**
         * A block that named a chunk on the disk before, and does not any more.
         *
         * @param key the chunk's name
         * @throws IOException to end the step
         */
        void gone(ChunkKey key) throws IOException;

        /**
         * Nodes that can't be read have come or gone: nothing is known of what they name.
         *
         * @param more 1 for one that has come, -1 for one that has gone
         * @param problem what is wrong with one that has come for the first time; else null
         * @throws IOException to end the step
         */
        void unreadable(int more, @Nullable IOException problem) throws IOException;
    }

    /**
     * Goes from one disk to another.
     *
     * @param from null for one without content
     * @param to null for one without content
     * @throws IOException from the visitor, or when a node can't be read that could be before
     */
    public void step(@Nullable Manifest from, @Nullable Manifest to) throws IOException {
        if (from != null && to != null && from.domain() != to.domain()) {
            step(from, null);
            step(null, to);
            return;
        }
        Manifest any = from != null ? from : to;
        if (any != null) {
            new Step(any).run(Side.of(from), Side.of(to));
        }
    }

    /** A subtree by the node at its top, or nothing. */
    private record Side(@Nullable ChunkId id, int level) {
        static final Side NOTHING = new Side(null, 0);

        static Side of(@Nullable Manifest manifest) {
            return manifest == null
                    ? NOTHING
                    : new Side(manifest.content().root(), manifest.content().level());
        }

        /** What stands below child {@code i} of the node of that level whose first child this is, or stands below. */
        Side below(@Nullable Node node, int level, int i) {
            if (this.level < level) {
                return i == 0 ? this : NOTHING;
            }
            ChunkId child = node == null ? null : node.child(i);
            return child == null ? NOTHING : new Side(child, level - 1);
        }
    }

    /** Between two disks of one key domain, that of the one given. */
    private final class Step {
        private final Manifest domain;

        Step(Manifest domain) {
            this.domain = domain;
        }

        void run(Side from, Side to) throws IOException {
            if (from.equals(to)) {
                return;
            }
            int level = Math.max(from.level, to.level);
            Node left = from.level < level ? null : load(from, false);
            Node right = to.level < level ? null : load(to, true);
            for (int i = 0; i < Radix.FANOUT; i++) {
                if (level > 0) {
                    run(from.below(left, level, i), to.below(right, level, i));
                } else {
                    change(left == null ? null : left.child(i), right == null ? null : right.child(i));
                }
            }
        }

        private void change(@Nullable ChunkId from, @Nullable ChunkId to) throws IOException {
            boolean isSame = Objects.equals(from, to);
            if (from != null && !isSame) {
                visitor.gone(domain.key(from));
            }
            if (to != null && !isSame) {
                visitor.come(domain.key(to));
            }
        }

        private @Nullable Node load(Side side, boolean comes) throws IOException {
            ChunkId id = side.id;
            if (id == null) {
                return null;
            }
            NodeName name = new NodeName(NodeKind.CONTENT, side.level, id);
            if (unreadable.contains(name)) {
                visitor.unreadable(comes ? 1 : -1, null);
                return null;
            }
            try {
                return read(name);
            } catch (IOException e) {
                if (!comes || unreadable.size() == MAX_UNREADABLE) {
                    throw e;
                }
                unreadable.add(name);
                visitor.unreadable(1, e);
                return null;
            }
        }

        private Node read(NodeName name) throws IOException {
            Node node = NodeCodec.decode(name.id(), store.node(name.id()));
            node.requireAt(new Place(name.kind(), name.level(), 0, Radix.MAX_KEYS, false));
            return node;
        }
    }
}
