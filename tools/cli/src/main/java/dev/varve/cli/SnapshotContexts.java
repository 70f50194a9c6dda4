package dev.varve.cli;

import dev.varve.EngineScope;
import dev.varve.block.BlockDevice;
import dev.varve.catalog.Ec2Exception;
import dev.varve.nbd.MetaContext;
import dev.varve.nbd.MetaContexts;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotPage;
import dev.varve.snapshot.SnapshotQuery;
import dev.varve.snapshot.SnapshotState;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The metadata contexts of one disk: what it always has, and {@code qemu:dirty-bitmap:snap-...}, what has changed since a
 * snapshot. Listed are snapshots of the same volume, at most {@value #MOST}, newest first, and what it was made from; any
 * other that is completed is found by its name.
 */
final class SnapshotContexts implements MetaContexts {
    static final int MOST = 32;

    private final EngineScope scope;
    private final MetaContexts always;
    private final String ownId;
    private final @Nullable String volumeId;
    private final @Nullable String originId;

    /**
     * Of a disk.
     *
     * @param ownId of the volume or the snapshot; a snapshot is not compared with itself
     * @param volumeId of whose snapshots it is compared with; null for none
     * @param originId the snapshot that it was made from, or null
     */
    SnapshotContexts(
            EngineScope scope,
            MetaContexts always,
            String ownId,
            @Nullable String volumeId,
            @Nullable String originId) {
        this.scope = scope;
        this.always = always;
        this.ownId = ownId;
        this.volumeId = volumeId;
        this.originId = originId;
    }

    @Override
    public List<MetaContext> list() throws IOException {
        List<MetaContext> all = new ArrayList<>(always.list());
        for (String id : ofVolume()) {
            all.add(context(id));
        }
        MetaContext origin = originId == null ? null : find(MetaContext.DIRTY_BITMAP + originId);
        if (origin != null) {
            all.add(origin);
        }
        return all;
    }

    /** The newest completed snapshots of the volume, newest first. */
    private Deque<String> ofVolume() throws IOException {
        Deque<String> newest = new ArrayDeque<>();
        if (volumeId == null) {
            return newest;
        }
        String token = null;
        do {
            SnapshotQuery query =
                    SnapshotQuery.ALL.withFilter("volume-id", volumeId).inOrderOfCreation();
            SnapshotPage page = scope.snapshots().list(token == null ? query : query.after(token));
            for (Snapshot each : page.snapshots()) {
                if (each.state() == SnapshotState.COMPLETED && !each.id().equals(ownId)) {
                    newest.addFirst(each.id());
                    if (newest.size() > MOST) {
                        newest.removeLast();
                    }
                }
            }
            token = page.nextToken();
        } while (token != null);
        return newest;
    }

    @Override
    public @Nullable MetaContext find(String name) throws IOException {
        if (!name.startsWith(MetaContext.DIRTY_BITMAP)) {
            return always.find(name);
        }
        String id = name.substring(MetaContext.DIRTY_BITMAP.length());
        try {
            return scope.snapshots().get(id).state() == SnapshotState.COMPLETED ? context(id) : null;
        } catch (Ec2Exception e) {
            return null; // it is not there, or no id
        }
    }

    private static MetaContext context(String snapshotId) {
        return MetaContext.dirtyBitmap(snapshotId, BlockDevice.CHANGED_SINCE + snapshotId);
    }
}
