package dev.varve.cli;

import dev.varve.EngineScope;
import dev.varve.image.Image;
import dev.varve.image.ImagePage;
import dev.varve.image.ImageQuery;
import dev.varve.image.Images;
import dev.varve.instance.Instance;
import dev.varve.instance.InstancePage;
import dev.varve.instance.InstanceQuery;
import dev.varve.instance.Instances;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotPage;
import dev.varve.snapshot.SnapshotQuery;
import dev.varve.snapshot.Snapshots;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumePage;
import dev.varve.volume.VolumeQuery;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Whole lists, oldest first, from the engine's pages. */
final class Lists {
    private Lists() {}

    static List<Image> all(Images images) throws IOException {
        List<Image> all = new ArrayList<>();
        ImageQuery query = ImageQuery.ALL.inOrderOfCreation();
        for (ImagePage page = images.list(query); ; page = images.list(query)) {
            all.addAll(page.images());
            String next = page.nextToken();
            if (next == null) {
                return all;
            }
            query = query.after(next);
        }
    }

    /** Names of images by id. */
    static Map<String, String> names(EngineScope scope) throws IOException {
        return all(scope.images()).stream().collect(Collectors.toMap(Image::id, Image::name));
    }

    static List<Snapshot> all(Snapshots snapshots) throws IOException {
        List<Snapshot> all = new ArrayList<>();
        SnapshotQuery query = SnapshotQuery.ALL.inOrderOfCreation();
        for (SnapshotPage page = snapshots.list(query); ; page = snapshots.list(query)) {
            all.addAll(page.snapshots());
            String next = page.nextToken();
            if (next == null) {
                return all;
            }
            query = query.after(next);
        }
    }

    static List<Volume> all(Volumes volumes) throws IOException {
        List<Volume> all = new ArrayList<>();
        VolumeQuery query = VolumeQuery.ALL.inOrderOfCreation();
        for (VolumePage page = volumes.list(query); ; page = volumes.list(query)) {
            all.addAll(page.volumes());
            String next = page.nextToken();
            if (next == null) {
                return all;
            }
            query = query.after(next);
        }
    }

    static List<Instance> all(Instances instances) throws IOException {
        List<Instance> all = new ArrayList<>();
        InstanceQuery query = InstanceQuery.ALL.inOrderOfCreation();
        for (InstancePage page = instances.list(query); ; page = instances.list(query)) {
            all.addAll(page.instances());
            String next = page.nextToken();
            if (next == null) {
                return all;
            }
            query = query.after(next);
        }
    }
}
