package dev.varve.volume;

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
import java.util.List;

/**
 * Begins snapshots of volumes at one moment: all gates are closed, in the order of ids, each log ends its layer, and all
 * gates are opened again. What the layers hold is synced after that, and then one commit names them all. A layer that no
 * record names is as if it had not ended. A volume's snapshots are named in the order of their layers, for a fold takes
 * all up to its own.
 */
final class VolumeFreeze {
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
                volumes.add(registry.use(scope, id, false));
            }
            for (LiveVolume volume : inOrder(volumes)) {
                volume.freezing.lock();
                freezing.add(volume);
            }
            List<Long> layers = freeze(volumes);
            for (LiveVolume volume : volumes) {
                volume.flush();
            }
            List<Snapshot> begun = registry.catalog().change(change -> begin(change, volumes, layers, requests));
            ids.forEach(registry.folds()::request);
            return begun;
        } finally {
            freezing.forEach(volume -> volume.freezing.unlock());
            for (LiveVolume volume : volumes) {
                registry.leave(volume.id());
            }
        }
    }

    private static List<Long> freeze(List<LiveVolume> volumes) throws IOException {
        List<VolumeLog> logs = new ArrayList<>();
        for (LiveVolume volume : volumes) {
            VolumeLog log = volume.openLog();
            log.prepareForFreeze();
            logs.add(log);
        }
        List<VolumeLog> closed = new ArrayList<>();
        try {
            for (LiveVolume volume : inOrder(volumes)) {
                VolumeLog log = volume.openLog();
                log.gate.lock();
                closed.add(log);
            }
            List<Long> layers = new ArrayList<>();
            for (VolumeLog log : logs) {
                layers.add(log.freeze());
            }
            return layers;
        } finally {
            closed.forEach(log -> log.gate.unlock());
        }
    }

    private static List<LiveVolume> inOrder(List<LiveVolume> volumes) {
        return volumes.stream().sorted(Comparator.comparing(LiveVolume::id)).toList();
    }

    private List<Snapshot> begin(
            Change change, List<LiveVolume> volumes, List<Long> layers, List<SnapshotRequest> requests)
            throws IOException {
        List<Snapshot> begun = new ArrayList<>();
        for (int i = 0; i < volumes.size(); i++) {
            LiveVolume volume = volumes.get(i);
            Resource record = change.find(ResourceKind.VOLUME, scope, volume.id());
            if (record == null || VolumeRecord.isDeleting(record)) {
                throw VolumeErrors.notFound(volume.id());
            }
            SnapshotRequest request = requests.get(i).withSizeBytes(volume.sizeBytes());
            Snapshot snapshot = snapshots.beginOf(change, request, volume.id(), VolumeRecord.lineage(record));
            VolumeRecord.setLineage(record, snapshot.lineageId());
            List<LayerEntry> all = new ArrayList<>(VolumeRecord.layers(record));
            all.add(new LayerEntry(layers.get(i), snapshot.id()));
            VolumeRecord.setLayers(record, all);
            change.update(record);
            begun.add(snapshot);
        }
        return begun;
    }
}
