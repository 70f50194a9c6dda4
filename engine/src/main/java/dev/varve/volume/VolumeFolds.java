package dev.varve.volume;

import dev.varve.catalog.Catalog;
import dev.varve.catalog.Change;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestWriter;
import dev.varve.manifest.WriterStamp;
import dev.varve.snapshot.Snapshots;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Folds layers of volumes in the background: a volume's one after the other, oldest first. What a closed engine, or a
 * process that died, has left is folded when the engine is next open: a fold that did not commit has changed nothing.
 *
 * <p>A fold commits its blocks, the volume's new base, the layer's end and the snapshot in one step. Then it publishes the
 * base, and only then drops the layer from the log.
 */
final class VolumeFolds implements LogLimits.Folding, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VolumeFolds.class);

    private final VolumeRegistry registry;

    /** Volumes that are waiting, or being folded. */
    private final Set<String> busy = ConcurrentHashMap.newKeySet();

    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread made = new Thread(task, "varve-fold");
        made.setDaemon(true);
        return made;
    });

    private volatile boolean closed;

    VolumeFolds(VolumeRegistry registry) {
        this.registry = registry;
    }

    /** Why volumes could not be folded when it was last tried. */
    private final Map<String, IOException> failures = new ConcurrentHashMap<>();

    /** Has the layers of a volume folded that its record names, and what makes its log too long. */
    @Override
    public void request(String id) {
        if (!closed && busy.add(id)) {
            thread.execute(() -> {
                busy.remove(id);
                foldAll(id);
            });
        }
    }

    private void foldAll(String id) {
        try {
            Resource record = registry.catalog().find(id);
            if (record == null || closed) {
                return;
            }
            LiveVolume volume = registry.use(record.scope(), id, false);
            try {
                while (record != null && !closed && (hasLayer(record) || freezesLong(volume, record))) {
                    if (hasLayer(record)) {
                        fold(volume, record, VolumeRecord.layers(record).get(0));
                    }
                    record = registry.catalog().find(id);
                }
            } finally {
                registry.leave(id);
            }
            failures.remove(id);
            if (record != null && !closed && VolumeRecord.isDeleting(record)) {
                registry.deleteMarked(record);
            }
        } catch (CancellationException e) {
            LOG.debug("{}", e.getMessage());
        } catch (IOException | RuntimeException e) {
            if (!closed) {
                LOG.warn("{} can't be folded now; it is tried again", id, e);
                failures.put(id, e instanceof IOException io ? io : new IOException(e));
            }
        }
    }

    private static boolean hasLayer(Resource record) throws IOException {
        return !VolumeRecord.layers(record).isEmpty();
    }

    private boolean freezesLong(LiveVolume volume, Resource record) throws IOException {
        VolumeLog log = volume.log();
        if (log == null || !registry.limits().isLong(log)) {
            return false;
        }
        VolumeFreeze.withoutSnapshot(registry.catalog(), record.scope(), volume);
        return true;
    }

    @Override
    public @Nullable IOException failure(String id) {
        return failures.get(id);
    }

    /** Tries again what has failed. */
    void retry() {
        failures.keySet().forEach(this::request);
    }

    private void fold(LiveVolume volume, Resource record, LayerEntry layer) throws IOException {
        Snapshots snapshots =
                registry.snapshots().in(record.scope().account(), record.scope().region());
        String snapshotId = layer.snapshotId();
        String name = snapshotId != null ? snapshotId : volume.id() + "." + layer.number();
        VolumeLog log = volume.openLog();
        HydratingReader base = volume.base();
        Manifest manifest = base == null ? null : base.manifest();
        try (ManifestWriter writer =
                registry.manifests().writer("fold " + name + " of " + volume.id(), manifest, new WriterStamp(name))) {
            Fold fold = new Fold(volume, log, layer, writer, registry::cacheWritten, () -> closed);
            if (snapshotId != null) {
                snapshots.showProgress(snapshotId, fold::percent);
            }
            Manifest folded = fold.run(VolumeRecord.start(record));
            registry.keepRest(fold);
            IOException damage = fold.damage();
            Set<Long> gone =
                    numbers(log.segmentsUpTo(layer.number())); // asked for here: who has a gate may want the catalog
            registry.catalog()
                    .change(
                            change -> {
                                Resource now = commit(change, record, layer, gone, folded);
                                if (snapshotId != null) {
                                    end(change, snapshots, snapshotId, folded, damage);
                                }
                                return now;
                            },
                            writer::commit);
            volume.rebase(registry.reader(folded));
            log.release(layer.number());
            registry.limits().released();
        } finally {
            if (snapshotId != null) {
                snapshots.showProgress(snapshotId, null);
            }
        }
    }

    private static Resource commit(Change change, Resource record, LayerEntry layer, Set<Long> gone, Manifest folded)
            throws IOException {
        Resource now = change.find(ResourceKind.VOLUME, record.scope(), record.id());
        if (now == null) {
            throw VolumeErrors.notFound(record.id());
        }
        VolumeRecord.setStart(now, layer.next());
        VolumeRecord.setLayers(now, without(layer, VolumeRecord.layers(now)));
        VolumeRecord.setSegments(
                now,
                VolumeRecord.segments(now).stream()
                        .filter(segment -> !gone.contains(segment.number()))
                        .toList());
        change.update(now);
        change.hold(now.id(), folded.toString().getBytes(StandardCharsets.US_ASCII));
        return now;
    }

    private static void end(
            Change change, Snapshots snapshots, String id, Manifest folded, @Nullable IOException damage)
            throws IOException {
        if (damage == null) {
            snapshots.complete(change, id, folded);
        } else {
            snapshots.fail(change, id, String.valueOf(damage.getMessage()));
        }
    }

    private static Set<Long> numbers(List<LogSegment> segments) {
        return segments.stream().map(segment -> segment.file.number()).collect(Collectors.toSet());
    }

    private static List<LayerEntry> without(LayerEntry layer, List<LayerEntry> layers) {
        return layers.stream().filter(each -> !each.equals(layer)).toList();
    }

    /** Has everything folded that is pending. */
    void resume(Catalog catalog) throws IOException {
        catalog.scan(
                ResourceKind.VOLUME,
                record -> {
                    if (VolumeRecord.hasWork(record)) {
                        request(record.id());
                    }
                },
                bad -> LOG.warn("a volume's record can't be read", bad));
    }

    /** Ends after the chunk that is being written; what is left is folded another time. */
    @Override
    public void close() {
        closed = true;
        VolumeUpkeep.end(thread);
    }
}
