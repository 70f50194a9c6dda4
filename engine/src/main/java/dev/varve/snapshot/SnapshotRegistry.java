package dev.varve.snapshot;

import com.google.errorprone.annotations.RestrictedApi;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.CatalogEvent;
import dev.varve.catalog.PendingWork;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.catalog.Scope;
import dev.varve.manifest.Manifests;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The snapshots of all scopes of one store, and who is writing some of them in this process.
 *
 * <p>The engine opens one a store, and closes it before the store: snapshots still being written are dropped then.
 */
public final class SnapshotRegistry implements AutoCloseable {
    /** Kind of work of a {@link SnapshotWriter}: it can't go on in another process. */
    static final String WRITER_WORK = "snapshot-writer";

    /** Kind of work of a volume, which goes on when it is opened again. */
    static final String VOLUME_WORK = "volume-snapshot";

    private final Catalog catalog;
    private final Manifests manifests;
    private final Executor executor;
    private final ConcurrentHashMap<String, SnapshotWriter> writers = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, IntSupplier> progress = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /**
     * The snapshots of a store.
     *
     * @param catalog keeps their records
     * @param manifests reads and writes their content
     * @param executor lends threads to long operations
     */
    @RestrictedApi(explanation = "the engine makes it", allowedOnPath = ".*/engine/src/.*")
    public SnapshotRegistry(Catalog catalog, Manifests manifests, Executor executor) {
        this.catalog = catalog;
        this.manifests = manifests;
        this.executor = executor;
    }

    /**
     * The snapshots of one scope.
     *
     * @param account 12 digits
     * @param region such as {@code eu-west-1}
     * @return a face without state: as many as wanted may be made
     */
    public Snapshots in(String account, String region) {
        return new Snapshots(this, new Scope(account, region));
    }

    /**
     * Drops what writers that are no more had begun: their pending snapshots vanish without a trace. Work that another
     * process can go on with stays.
     *
     * @return ids of what was dropped
     * @throws IOException when the records could not be read or changed
     */
    public List<String> dropDead() throws IOException {
        List<PendingWork> dead = catalog.pending().stream()
                .filter(work -> work.work().equals(WRITER_WORK) && !writers.containsKey(work.id()))
                .toList();
        List<String> dropped = new ArrayList<>();
        for (PendingWork work : dead) {
            if (drop(work.scope(), work.id())) {
                dropped.add(work.id());
            }
        }
        return dropped;
    }

    /** Deletes a snapshot that is still pending; false when there is none. */
    boolean drop(Scope scope, String id) throws IOException {
        return catalog.change(change -> {
            Resource record = change.find(ResourceKind.SNAPSHOT, scope, id);
            change.end(id);
            if (record == null || SnapshotRecord.read(record, 0).state() != SnapshotState.PENDING) {
                return false;
            }
            change.delete(record, false);
            change.release(id);
            change.announce(CatalogEvent.What.DELETED, record);
            return true;
        });
    }

    /** Closes all writers. Idempotent. */
    @Override
    public void close() {
        closed = true;
        List.copyOf(writers.values()).forEach(SnapshotWriter::close);
    }

    Catalog catalog() {
        return catalog;
    }

    Manifests manifests() {
        return manifests;
    }

    Executor executor() {
        return executor;
    }

    void add(SnapshotWriter writer) {
        writers.put(writer.id(), writer);
        if (closed) {
            writer.close();
            throw new IllegalStateException("the engine is closed");
        }
    }

    /** Whether a snapshot's id is this writer's, and not that of one which was begun after the snapshot was deleted. */
    boolean isWrittenBy(SnapshotWriter writer) {
        return writer.equals(writers.get(writer.id()));
    }

    void remove(SnapshotWriter writer) {
        writers.remove(writer.id(), writer);
    }

    void showProgress(String id, @Nullable IntSupplier percent) {
        if (percent == null) {
            progress.remove(id);
        } else {
            progress.put(id, percent);
        }
    }

    int pendingPercent(String id) {
        SnapshotWriter writer = writers.get(id);
        IntSupplier percent = writer != null ? writer::progressPercent : progress.get(id);
        return percent == null ? 0 : percent.getAsInt();
    }
}
