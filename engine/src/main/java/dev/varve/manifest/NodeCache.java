package dev.varve.manifest;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.chunk.ChunkKey;
import dev.varve.store.Store;
import java.io.IOException;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Decoded nodes in memory, one object a name: what anybody still holds is found again, and what nobody holds is kept as
 * long as it is among the most recently used within a budget of bytes.
 *
 * <p>A node has one loader; whoever asks for it meanwhile waits, gets the same failure, and may ask again: failures are
 * not kept. The name has the key domain in it, because what is kept beside a leaf's ids (see {@link Leaf#word}) is
 * about chunks of one domain. Thread-safe; one lock, held for map operations only. Devices keep their leaves and do not
 * come here for each read.
 */
final class NodeCache {
    private final Store store;
    private final long capacityBytes;
    private final Object lock = new Object();
    private final ReferenceQueue<Node> dead = new ReferenceQueue<>();

    @GuardedBy("lock")
    private final LinkedHashMap<ChunkKey, Node> recent = new LinkedHashMap<>(16, 0.75f, true);

    @GuardedBy("lock")
    private final Map<ChunkKey, Held> held = new HashMap<>();

    @GuardedBy("lock")
    private final Map<ChunkKey, CompletableFuture<Node>> loading = new HashMap<>();

    @GuardedBy("lock")
    private long recentBytes;

    NodeCache(Store store, long capacityBytes) {
        if (capacityBytes < 0) {
            throw new IllegalArgumentException("negative capacity: " + capacityBytes);
        }
        this.store = store;
        this.capacityBytes = capacityBytes;
    }

    /**
     * A node, read from the store unless it is in memory.
     *
     * @param name its id, and the domain of the chunks below it
     * @return the one object for that name
     * @throws IOException as {@link Store#node}, or that it is malformed
     */
    Node get(ChunkKey name) throws IOException {
        CompletableFuture<Node> mine;
        CompletableFuture<Node> others;
        synchronized (lock) {
            Node node = find(name);
            if (node != null) {
                return node;
            }
            mine = new CompletableFuture<>();
            others = loading.putIfAbsent(name, mine);
        }
        return others == null ? load(name, mine) : await(others);
    }

    /** Heap of the most recently used nodes, about; what others hold beyond that is theirs. */
    long recentBytes() {
        synchronized (lock) {
            return recentBytes;
        }
    }

    private Node load(ChunkKey name, CompletableFuture<Node> load) throws IOException {
        Throwable failure = null;
        try {
            Node node = NodeCodec.decode(name.id(), store.node(name.id()));
            synchronized (lock) {
                held.put(name, new Held(name, node, dead));
                keep(name, node);
            }
            load.complete(node);
            return node;
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
            throw e;
        } finally {
            synchronized (lock) {
                loading.remove(name);
            }
            if (failure != null) {
                load.completeExceptionally(failure);
            }
        }
    }

    /** Waits without being interrupted: the flag stays set. */
    private static Node await(CompletableFuture<Node> load) throws IOException {
        try {
            return load.join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof IOException io) {
                throw io;
            }
            if (cause instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            throw new IOException("the thread that read the node failed", cause);
        }
    }

    @GuardedBy("lock")
    private @Nullable Node find(ChunkKey name) {
        Node node = recent.get(name);
        if (node != null) {
            return node;
        }
        forgetDead();
        Held reference = held.get(name);
        node = reference == null ? null : reference.get();
        if (node != null) {
            keep(name, node);
        }
        return node;
    }

    @GuardedBy("lock")
    private void keep(ChunkKey name, Node node) {
        if (recent.put(name, node) == null) {
            recentBytes += node.heapBytes();
        }
        Iterator<Node> eldest = recent.values().iterator();
        while (recentBytes > capacityBytes && eldest.hasNext()) {
            recentBytes -= eldest.next().heapBytes();
            eldest.remove();
        }
    }

    @GuardedBy("lock")
    private void forgetDead() {
        for (Object reference = dead.poll(); reference != null; reference = dead.poll()) {
            Held gone = (Held) reference;
            held.remove(gone.name, gone);
        }
    }

    /** Finds a node as long as anybody holds it. */
    private static final class Held extends WeakReference<Node> {
        private final ChunkKey name;

        Held(ChunkKey name, Node node, ReferenceQueue<Node> queue) {
            super(node, queue);
            this.name = name;
        }
    }
}
