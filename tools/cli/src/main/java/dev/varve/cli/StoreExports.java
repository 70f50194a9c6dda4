package dev.varve.cli;

import dev.varve.EngineScope;
import dev.varve.block.BlockDevice;
import dev.varve.catalog.Ec2Exception;
import dev.varve.image.Image;
import dev.varve.nbd.ExportSource;
import dev.varve.nbd.MetaContext;
import dev.varve.nbd.MetaContexts;
import dev.varve.nbd.NbdExport;
import dev.varve.snapshot.Snapshot;
import dev.varve.volume.Volume;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The disks of a store by their ids: volumes to be written to; snapshots and images' root disks to be read. */
final class StoreExports implements ExportSource {
    private static final MetaContext HYDRATED = new MetaContext("varve:hydrated", BlockDevice.HYDRATION, 1, 0);
    private static final MetaContext LAYER = new MetaContext("varve:layer", BlockDevice.LAYER, 1, 0);
    private static final MetaContexts OF_VOLUMES = MetaContexts.of(MetaContext.ALLOCATION, HYDRATED, LAYER);
    private static final MetaContexts OF_SNAPSHOTS = MetaContexts.of(MetaContext.ALLOCATION, HYDRATED);

    private final EngineScope scope;
    private final List<String> ids;

    /**
     * Of one account and region.
     *
     * @param ids those that are served, the first one also without a name; none for all
     */
    StoreExports(EngineScope scope, List<String> ids) {
        this.scope = scope;
        this.ids = List.copyOf(ids);
    }

    @Override
    public List<NbdExport> list() throws IOException {
        List<NbdExport> exports = new ArrayList<>();
        if (ids.isEmpty()) {
            for (Volume volume : Lists.all(scope.volumes())) {
                exports.add(of(volume));
            }
            for (Image image : Lists.all(scope.images())) {
                addIfServed(exports, image.id());
            }
            for (Snapshot snapshot : Lists.all(scope.snapshots())) {
                addIfServed(exports, snapshot.id());
            }
        } else {
            for (String id : ids) {
                addIfServed(exports, id);
            }
        }
        return exports;
    }

    private void addIfServed(List<NbdExport> exports, String id) throws IOException {
        NbdExport export = find(id);
        if (export != null) {
            exports.add(export);
        }
    }

    @Override
    public @Nullable NbdExport find(String name) throws IOException {
        String id = name.isEmpty() && !ids.isEmpty() ? ids.get(0) : name;
        if (!ids.isEmpty() && !ids.contains(id)) {
            return null;
        }
        try {
            return describe(id);
        } catch (Ec2Exception | Failure e) {
            return null; // it is not there, or has no disk
        }
    }

    /** Tells of a disk, or says why there is none. */
    NbdExport describe(String id) throws IOException {
        if (Ids.isVolume(id)) {
            return of(scope.volumes().get(id));
        }
        Snapshot snapshot = scope.snapshots().get(Ids.snapshot(scope, id, null));
        String text = Ids.isImage(id)
                ? "image " + scope.images().get(id).name()
                : "snapshot" + (snapshot.description().isEmpty() ? "" : ": " + snapshot.description());
        MetaContexts contexts =
                new SnapshotContexts(scope, OF_SNAPSHOTS, snapshot.id(), snapshot.volumeId(), snapshot.parentId());
        return new NbdExport(id, text, snapshot.sizeBytes(), true, contexts);
    }

    private NbdExport of(Volume volume) {
        String from = volume.snapshotId();
        String text = "volume" + (from == null ? "" : " from " + from);
        MetaContexts contexts = new SnapshotContexts(scope, OF_VOLUMES, volume.id(), volume.id(), from);
        return new NbdExport(volume.id(), text, volume.sizeBytes(), false, contexts);
    }

    @Override
    public BlockDevice open(String name) throws IOException {
        return Ids.isVolume(name)
                ? scope.volumes().attach(name)
                : scope.volumes().open(Ids.snapshot(scope, name, null));
    }
}
