package dev.varve.volume;

import dev.varve.catalog.Change;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestWriter;
import dev.varve.manifest.WriterStamp;
import dev.varve.snapshot.Snapshots;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Folds the oldest layer that a volume's record names, and commits it: its blocks, the volume's new base, the layer's end
 * and the snapshot in one step. Then the base is published, and only then the layer is dropped from the log.
 */
final class LayerFold {
    private static final Logger LOG = LoggerFactory.getLogger(LayerFold.class);

    private final VolumeRegistry registry;
    private final LiveVolume volume;
    private final Resource record;
    private final LayerEntry layer;
    private final BooleanSupplier cancelled;
    private final Snapshots snapshots;

    /**
     * A fold.
     *
     * @param record of the volume, as it is now; it names a layer
     * @param cancelled whether to stop
     */
    LayerFold(VolumeRegistry registry, LiveVolume volume, Resource record, BooleanSupplier cancelled)
            throws IOException {
        this.registry = registry;
        this.volume = volume;
        this.record = record;
        this.layer = VolumeRecord.layers(record).get(0);
        this.cancelled = cancelled;
        this.snapshots =
                registry.snapshots().in(record.scope().account(), record.scope().region());
    }

    /**
     * Folds the layer.
     *
     * @return why blocks are left out, which stay in the log, and snapshots have failed; null when none is
     * @throws IOException when nothing could be folded: it may be tried again
     */
    @Nullable
    IOException run() throws IOException {
        String snapshotId = layer.snapshotId();
        String name = snapshotId != null ? snapshotId : volume.id() + "." + layer.number();
        VolumeLog log = volume.openLog();
        publishCommitted(log);
        HydratingReader base = volume.base();
        try (ManifestWriter writer = registry.manifests()
                .writer(
                        "fold " + name + " of " + volume.id(),
                        base == null ? null : base.manifest(),
                        new WriterStamp(name))) {
            Fold fold = new Fold(volume, log, layer, writer, registry::cacheWritten, cancelled);
            if (snapshotId != null) {
                snapshots.showProgress(snapshotId, fold::percent);
            }
            Manifest folded = fold.run(VolumeRecord.start(record));
            HydratingReader next = registry.reader(folded);
            // asked for here: who has a gate may want the catalog
            Set<Long> gone = LogSegment.numbers(log.segmentsUpTo(layer.number()));
            if (fold.damage() == null) {
                registry.catalog().change(change -> commit(change, fold, folded, 0, gone), writer::commit);
            } else {
                commitWithRest(fold, folded, gone, writer);
            }
            publish(log, next, layer.number());
            return fold.damage();
        } finally {
            if (snapshotId != null) {
                snapshots.showProgress(snapshotId, null);
            }
        }
    }

    /** No layer ends between what is kept of blocks that are left out and the commit, which fails those that have not all. */
    private void commitWithRest(Fold fold, Manifest folded, Set<Long> gone, ManifestWriter writer) throws IOException {
        Staging staging = registry.stagings().take();
        volume.freezing.lock();
        try {
            long whole = fold.keepRest(staging);
            registry.catalog().change(change -> commit(change, fold, folded, whole, gone), writer::commit);
        } finally {
            volume.freezing.unlock();
            registry.stagings().give(staging);
        }
    }

    /**
     * Publishes what an earlier fold has committed, should something have come between. Where the commit has failed and was
     * made all the same, it is durable only with the next one, which is made here: the log is given up after that.
     */
    private void publishCommitted(VolumeLog log) throws IOException {
        byte[] root = registry.catalog().root(volume.id());
        HydratingReader base = volume.base();
        Manifest committed = root == null ? null : Manifest.parse(new String(root, StandardCharsets.US_ASCII));
        long last = VolumeRecord.start(record).layer() - 1;
        if (committed != null
                && (base == null
                        || !committed.equals(base.manifest())
                        || !log.segmentsUpTo(last).isEmpty())) {
            HydratingReader next = registry.reader(committed);
            registry.catalog().change(change -> {
                Resource now = find(change);
                change.update(now);
                return now;
            });
            publish(log, next, last);
        }
    }

    private void publish(VolumeLog log, HydratingReader base, long folded) {
        volume.rebase(base);
        log.release(log.segmentsUpTo(folded));
        registry.limits().released();
    }

    private Resource commit(Change change, Fold fold, Manifest folded, long whole, Set<Long> gone) throws IOException {
        Resource now = find(change);
        IOException damage = fold.damage();
        String snapshotId = layer.snapshotId();
        if (damage == null && snapshotId != null) {
            snapshots.complete(change, snapshotId, volume.id(), folded);
        }
        List<LayerEntry> left = new ArrayList<>();
        for (LayerEntry each : VolumeRecord.layers(now)) {
            String failed = each.snapshotId();
            if (damage != null && failed != null && each.number() < Math.max(whole, layer.number() + 1)) {
                snapshots.fail(change, failed, volume.id(), String.valueOf(damage.getMessage()));
                left.add(each.withoutSnapshot());
            } else {
                left.add(each);
            }
        }
        left.removeIf(each -> each.number() == layer.number());
        VolumeRecord.setLayers(now, left);
        VolumeRecord.setStart(now, layer.next());
        VolumeRecord.dropSegments(now, gone);
        change.update(now);
        change.hold(now.id(), folded.toString().getBytes(StandardCharsets.US_ASCII));
        return now;
    }

    /** Gives all snapshots up of a log that can't be replayed: to fold a later layer is to replay those before it. */
    static void fail(VolumeRegistry registry, Resource record, IOException why) throws IOException {
        Snapshots snapshots =
                registry.snapshots().in(record.scope().account(), record.scope().region());
        registry.catalog().change(change -> {
            Resource now = change.find(ResourceKind.VOLUME, record.scope(), record.id());
            if (now == null || !VolumeRecord.hasPendingSnapshot(now)) {
                return record;
            }
            List<LayerEntry> left = new ArrayList<>();
            for (LayerEntry each : VolumeRecord.layers(now)) {
                String failed = each.snapshotId();
                if (failed != null) {
                    LOG.error("{} of {} has failed", failed, now.id(), why);
                    snapshots.fail(change, failed, now.id(), String.valueOf(why.getMessage()));
                }
                left.add(each.withoutSnapshot());
            }
            VolumeRecord.setLayers(now, left);
            change.update(now);
            return now;
        });
    }

    private Resource find(Change change) throws IOException {
        Resource now = change.find(ResourceKind.VOLUME, record.scope(), record.id());
        if (now == null) {
            throw VolumeErrors.notFound(record.id());
        }
        return now;
    }
}
