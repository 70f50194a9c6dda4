package dev.varve.volume;

import dev.varve.catalog.Catalog;
import dev.varve.catalog.Ec2Exception;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.store.Background;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
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

    private final Background thread;

    private volatile boolean closed;

    VolumeFolds(VolumeRegistry registry, Background.Source threads) {
        this.registry = registry;
        this.thread = threads.make("varve-fold", 1);
    }

    /** Why volumes could not be folded when it was last tried. */
    private final Map<String, IOException> failures = new ConcurrentHashMap<>();

    /** Has the layers of a volume folded that its record names, and what makes its log too long. */
    @Override
    public void request(String id) {
        if (!closed && busy.add(id)) {
            try {
                thread.execute(() -> {
                    busy.remove(id);
                    foldAll(id);
                });
            } catch (RejectedExecutionException e) {
                LOG.debug("the engine is closing");
            }
        }
    }

    private void foldAll(String id) {
        try {
            Resource record = registry.catalog().find(id);
            IOException damage = record == null || closed ? null : foldLayers(record);
            if (damage == null) {
                failures.remove(id);
            } else {
                failed(id, damage);
            }
            record = registry.catalog().find(id);
            if (record != null && !closed && VolumeRecord.isGoing(record)) {
                registry.deleteMarked(record);
            }
        } catch (CancellationException | Ec2Exception e) {
            LOG.debug("{} is not folded: closing, or deleted meanwhile", id, e);
        } catch (IOException | RuntimeException e) {
            if (!closed && !registry.isClosed()) {
                failed(id, e instanceof IOException io ? io : new IOException(e));
            }
        }
    }

    private void failed(String id, IOException why) {
        if (failures.put(id, why) == null) {
            LOG.warn("{} can't be folded now; it is tried again", id, why);
        }
        registry.beginUpkeep();
    }

    /** Folds what is pending, and what is long; answers why not all of it could be. */
    private @Nullable IOException foldLayers(Resource found) throws IOException {
        LiveVolume volume;
        try {
            volume = registry.use(found.scope(), found.id(), false);
        } catch (LogReplay.DamagedLogException e) {
            LayerFold.fail(registry, found, e);
            return e;
        }
        IOException damage = null;
        try {
            Resource record = registry.catalog().find(found.id()); // it may have been another one of this id before
            while (record != null
                    && !closed
                    && !VolumeRecord.isGoing(record)
                    && (hasLayer(record) || damage == null && freezesLong(volume, record))) {
                if (hasLayer(record)) {
                    IOException more = new LayerFold(registry, volume, record, () -> closed).run();
                    damage = more == null ? damage : more;
                }
                record = registry.catalog().find(found.id());
            }
        } catch (LogReplay.DamagedLogException e) {
            LayerFold.fail(registry, found, e);
            damage = e;
        } finally {
            registry.leaveFold(found.id());
        }
        return damage;
    }

    private static boolean hasLayer(Resource record) throws IOException {
        return !VolumeRecord.layers(record).isEmpty();
    }

    /**
     * Makes a log shorter that is long, or of which much was overwritten; whether its layer was ended for that, and is to be
     * folded.
     */
    private boolean freezesLong(LiveVolume volume, Resource record) throws IOException {
        VolumeLog log = volume.log();
        if (log == null || closed || !registry.limits().isToBeShortened(log)) {
            return false;
        }
        boolean isLong = registry.limits().isLong(log);
        HeadTrim.Outcome outcome =
                trim(volume, log, record, isLong || registry.limits().isRoomScarce());
        if (outcome == HeadTrim.Outcome.NOT_WORTH_IT && isLong) {
            VolumeFreeze.withoutSnapshot(registry.catalog(), record.scope(), volume);
            return true;
        }
        if (outcome == HeadTrim.Outcome.DONE && registry.limits().isLong(log)) {
            request(volume.id()); // after others
        }
        return false;
    }

    private HeadTrim.Outcome trim(LiveVolume volume, VolumeLog log, Resource record, boolean isPressed) {
        try {
            return registry.limits().hasManyBytes(log) || registry.limits().hasGrown(log)
                    ? new HeadTrim(registry, volume, log, record).run(isPressed)
                    : HeadTrim.Outcome.NOT_WORTH_IT; // it would take no less of the heap
        } catch (IOException e) {
            LOG.debug("{} is not trimmed", volume.id(), e);
            return HeadTrim.Outcome.NOT_WORTH_IT;
        }
    }

    @Override
    public @Nullable IOException failure(String id) {
        return failures.get(id);
    }

    /** Tries again what has failed. */
    void retry() {
        failures.keySet().forEach(this::request);
    }

    /** Has a volume deleted that is to go, when somebody has left it. */
    void requestIfDeleting(String id) throws IOException {
        Resource record = closed ? null : registry.catalog().find(id);
        if (record != null && VolumeRecord.isDeleting(record)) {
            request(id);
        }
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
        thread.close();
    }
}
