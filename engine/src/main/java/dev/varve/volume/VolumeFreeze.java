package dev.varve.volume;

import dev.varve.catalog.Catalog;
import dev.varve.catalog.Change;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.catalog.Scope;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.Snapshots;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Begins snapshots of volumes at one moment: all gates are closed, in the order of ids, each log ends its layer, and all
 * gates are opened again. What the layers hold is synced after that, and then one commit names them all. A layer that no
 * record names is as if it had not ended. A volume's snapshots are named in the order of their layers, for a fold takes
 * all up to its own.
 */
final class VolumeFreeze {
    private static final Logger LOG = LoggerFactory.getLogger(VolumeFreeze.class);

    private final VolumeRegistry registry;
    private final Snapshots snapshots;
    private final Scope scope;

    VolumeFreeze(VolumeRegistry registry, Snapshots snapshots, Scope scope) {
        this.registry = registry;
        this.snapshots = snapshots;
        this.scope = scope;
    }

    List<Snapshot> run(List<String> ids, List<SnapshotRequest> requests) throws IOException {
        List<LiveVolume> volumes = new ArrayList<>();
        List<LiveVolume> freezing = new ArrayList<>();
        try {
            for (String id : ids) {
                if (registry.catalog().find(ResourceKind.VOLUME, scope, id) == null) {
                    throw VolumeErrors.notFound(id);
                }
                volumes.add(registry.use(scope, id, false));
            }
            for (LiveVolume volume : inOrder(volumes)) {
                volume.freezing.lock();
                freezing.add(volume);
            }
            List<VolumeLog.Frozen> layers = freeze(volumes);
            List<Snapshot> begun = registry.catalog().change(change -> begin(change, volumes, layers, requests));
            ids.forEach(registry.folds()::request);
            return begun;
        } finally {
            freezing.forEach(volume -> volume.freezing.unlock());
            leave(volumes);
        }
    }

    private void leave(List<LiveVolume> volumes) throws IOException {
        IOException failure = null;
        for (LiveVolume volume : volumes) {
            try {
                registry.leave(volume.id());
            } catch (IOException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Ends the layer of a volume's log that is to be folded without a snapshot. */
    static void withoutSnapshot(Catalog catalog, Scope scope, LiveVolume volume) throws IOException {
        volume.freezing.lock();
        try {
            VolumeLog.Frozen frozen = freeze(List.of(volume)).get(0);
            catalog.change(change -> {
                Resource record = change.find(ResourceKind.VOLUME, scope, volume.id());
                if (record == null) {
                    throw VolumeErrors.notFound(volume.id());
                }
                return add(change, record, frozen, null);
            });
        } finally {
            volume.freezing.unlock();
        }
    }

    /** Ends the layers of volumes at one moment, and then makes them durable. */
    private static List<VolumeLog.Frozen> freeze(List<LiveVolume> volumes) throws IOException {
        Map<String, VolumeLog.Frozen> frozen = new HashMap<>();
        for (LiveVolume volume : volumes) {
            try {
                volume.openLog().prepareForFreeze();
            } catch (IOException e) {
                LOG.debug("{} has no segment ready: its next write will need one", volume.id(), e);
            }
        }
        List<LiveVolume> ordered = inOrder(volumes);
        List<VolumeLog> closed = new ArrayList<>();
        FreezeEvent event = new FreezeEvent();
        try {
            for (LiveVolume volume : ordered) {
                VolumeLog log = volume.openLog();
                log.gate.lock();
                closed.add(log);
                if (closed.size() == 1) {
                    event.begin();
                }
            }
            for (LiveVolume volume : ordered) {
                frozen.put(volume.id(), volume.openLog().freeze());
            }
        } finally {
            closed.forEach(log -> log.gate.unlock());
            event.volumes = closed.size();
            event.commit();
        }
        List<VolumeLog.Frozen> layers = new ArrayList<>();
        for (LiveVolume volume : volumes) {
            VolumeLog.Frozen layer = Objects.requireNonNull(frozen.get(volume.id()));
            volume.openLog().flush(layer);
            layers.add(layer);
        }
        return layers;
    }

    private static List<LiveVolume> inOrder(List<LiveVolume> volumes) {
        return volumes.stream().sorted(Comparator.comparing(LiveVolume::id)).toList();
    }

    private static Resource add(Change change, Resource record, VolumeLog.Frozen frozen, @Nullable String snapshotId)
            throws IOException {
        List<LayerEntry> all = new ArrayList<>();
        for (LayerEntry each : VolumeRecord.layers(record)) {
            boolean isReused = snapshotId != null && snapshotId.equals(each.snapshotId()); // one of that id was deleted
            all.add(isReused ? each.withoutSnapshot() : each);
        }
        all.add(new LayerEntry(frozen.layer(), frozen.lastSequence(), VolumeRecord.sizeBytes(record), snapshotId));
        VolumeRecord.setLayers(record, all);
        change.update(record);
        return record;
    }

    private List<Snapshot> begin(
            Change change, List<LiveVolume> volumes, List<VolumeLog.Frozen> layers, List<SnapshotRequest> requests)
            throws IOException {
        List<Snapshot> begun = new ArrayList<>();
        for (int i = 0; i < volumes.size(); i++) {
            LiveVolume volume = volumes.get(i);
            Resource record = change.find(ResourceKind.VOLUME, scope, volume.id());
            if (record == null || VolumeRecord.isDeleting(record)) {
                throw VolumeErrors.notFound(volume.id());
            }
            SnapshotRequest request = requests.get(i).withSizeBytes(VolumeRecord.sizeBytes(record));
            Snapshot snapshot = snapshots.beginOf(change, request, volume.id(), VolumeRecord.lineage(record));
            VolumeRecord.setLineage(record, snapshot.lineageId());
            add(change, record, layers.get(i), snapshot.id());
            begun.add(snapshot);
        }
        return begun;
    }
}
