package dev.varve.volume;

import com.google.errorprone.annotations.RestrictedApi;
import dev.varve.catalog.BadRecordException;
import dev.varve.catalog.Ec2Exception;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks through the logs of volumes, and mends them from copies of the store: each segment in its place
 * ({@link SegmentMending}), then what openings of the volume have noted as lost meanwhile ({@link DamageNotes}). What is
 * damaged still is listed.
 *
 * <p>A log is mended while nobody has its volume attached, and nobody can attach it meanwhile: who tries waits. One that is
 * attached is looked at only. Volumes that can be restored are mended like others, but for their notes.
 *
 * <p><b>Memory</b>: what mending a segment takes, and the index of one log at a time, if something is wrong with it; twice that
 * while its notes are undone.
 */
public final class LogMending {
    private static final String ENGINE = ".*/engine/src/.*";

    /** The most failures that are told. */
    private static final int MAX_FAILURES = 1_000;

    static final String ITSELF = "the log itself";

    private final VolumeRegistry registry;

    /** As it was opened: nothing of it is deleted by looking. */
    private final SegmentSpace space;

    private final Map<String, Found> found = new LinkedHashMap<>();
    private final SourceSegment.Failures sourceFailures = new SourceSegment.Failures();
    private final List<String> failures = new ArrayList<>();
    private final List<Left> left = new ArrayList<>();
    private long leftCount;
    private List<LogSource> sources = List.of();
    private boolean dryRun;
    private boolean looksOnly;

    /**
     * What came from one source.
     *
     * @param records headers of records that were put back, and segments that have their length again
     * @param pages pages likewise, of 4 KiB
     */
    public record Found(long records, long pages) {
        Found and(Found more) {
            return new Found(records + more.records, pages + more.pages);
        }
    }

    /**
     * What is damaged still.
     *
     * @param volumeId whose log
     * @param message what
     * @param offsetBytes where on the volume
     * @param lengthBytes how much of it; 0 when nobody knows
     */
    public record Left(String volumeId, String message, long offsetBytes, long lengthBytes) {}

    /**
     * What a mending did, or would have done.
     *
     * @param found by source
     * @param failures what could not be read, or is not known for sure
     * @param left the first of what is damaged still
     * @param leftCount how much that is
     */
    public record Result(Map<String, Found> found, List<String> failures, List<Left> left, long leftCount) {}

    /** Is asked between one segment and the next; what it throws ends the mending. */
    public interface Progress {
        /** Goes on. */
        void step();
    }

    LogMending(VolumeRegistry registry, SegmentSpace space) {
        this.registry = registry;
        this.space = space;
    }

    /**
     * Mends all logs, once.
     *
     * @param from where to look, in this order
     * @param isDryRun whether nothing is to be changed. What notes would be undone is not foreseen then
     * @param progress is told that it goes on
     * @return what it did
     * @throws IOException when the volumes' records could not be listed
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public Result run(List<LogSource> from, boolean isDryRun, Progress progress) throws IOException {
        sources = List.copyOf(from);
        dryRun = isDryRun;
        return goThroughAll(progress);
    }

    /**
     * Reads all logs, once, and changes nothing; of one that is in use, what is read of it. Nobody waits meanwhile, but for a
     * log of which something seems to be lost: that is looked at again while nobody can open it.
     *
     * @param progress is told that it goes on
     * @return what is damaged
     * @throws IOException when the volumes' records could not be listed
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public Result look(Progress progress) throws IOException {
        dryRun = true;
        looksOnly = true;
        return goThroughAll(progress);
    }

    private Result goThroughAll(Progress progress) throws IOException {
        Map<String, Resource> all = new LinkedHashMap<>();
        // the bin twice: what is deleted or restored meanwhile is seen here or there
        registry.catalog().bin().scan(ResourceKind.VOLUME, each -> all.put(each.id(), each), this::bad);
        registry.catalog().scan(ResourceKind.VOLUME, each -> all.put(each.id(), each), this::bad);
        registry.catalog().bin().scan(ResourceKind.VOLUME, each -> all.putIfAbsent(each.id(), each), bad -> {});
        for (Resource each : all.values()) {
            try {
                mendOrLook(each, progress);
            } catch (IOException e) {
                if (!looksOnly) {
                    left(each.id(), each.id() + ": its log could not be mended: " + e.getMessage(), 0, 0);
                } else {
                    canNotBeRead(each, e);
                }
            } catch (Ec2Exception e) { // it may have been deleted meanwhile
                failed(each.id() + ": " + e.getMessage());
            }
        }
        sourceFailures.messages().forEach(this::failed);
        return new Result(found, failures, left, leftCount);
    }

    private void bad(BadRecordException record) {
        failed(String.valueOf(record.getMessage()));
    }

    private void mendOrLook(Resource volume, Progress progress) throws IOException {
        if (VolumeRecord.segments(volume).isEmpty()) {
            return;
        }
        if (looksOnly && (lookInUse(volume.id()) || isWell(volume, progress))) {
            return;
        }
        while (!registry.alone(volume.id(), !looksOnly, () -> mend(volume, progress))) {
            if (lookInUse(volume.id())) { // else it was left meanwhile
                return;
            }
        }
    }

    /** Whether nothing seems to be lost of a log, to which others may come meanwhile. */
    private boolean isWell(Resource volume, Progress progress) {
        try {
            return !goThrough(volume.id(), VolumeRecord.logState(volume), progress).isWrong;
        } catch (IOException e) {
            return false;
        }
    }

    private void failed(String why) {
        if (failures.size() < MAX_FAILURES) {
            failures.add(why);
        }
    }

    private void count(String source, Found more) {
        found.merge(source, more, Found::and);
    }

    private void left(String volume, String message, long offsetBytes, long lengthBytes) {
        leftCount++;
        if (left.size() < DamagedPages.MAX_RANGES) {
            left.add(new Left(volume, message, offsetBytes, lengthBytes));
        }
    }

    /** Mends one log, which nobody can open meanwhile. */
    private void mend(Resource before, Progress progress) throws IOException {
        Resource volume = registry.catalog().find(ResourceKind.VOLUME, before.scope(), before.id());
        boolean isInBin = volume == null;
        if (isInBin) {
            volume = registry.catalog().bin().find(ResourceKind.VOLUME, before.scope(), before.id());
        }
        if (volume == null) {
            return; // deleted meanwhile
        }
        LogState state = VolumeRecord.logState(volume);
        Pass pass = goThrough(volume.id(), state, progress);
        if (pass.isWrong && (pass.isLeft || !dryRun || !pass.isMended)) {
            look(volume, state, !isInBin);
        }
    }

    /** What was seen of one log. */
    private static final class Pass {
        private boolean isWrong;
        private boolean isLeft;
        private boolean isMended;
    }

    private Pass goThrough(String id, LogState state, Progress progress) throws IOException {
        SegmentSpace segments = segments();
        Pass pass = new Pass();
        OwnLog log = new OwnLog(state, segments, this::failed);
        long last = log.before();
        for (int i = 0; i < state.segments().size(); i++) {
            progress.step();
            SegmentEntry entry = state.segments().get(i);
            try (MendedFile own = segments.mend(entry.number(), entry.sizeBytes())) {
                if (own == null) {
                    return pass;
                }
                SegmentMending mending =
                        new SegmentMending(own, log, i, sources, sourceFailures, last, this::count, dryRun);
                mending.run();
                last = mending.last();
                pass.isWrong |= mending.isWrong();
                pass.isLeft |= mending.isLeft();
                pass.isMended |= mending.isMended();
                String end = "the end of " + own.describe() + ", of " + id + ": ";
                if (mending.mayEndTooSoon()) {
                    left(id, end + "it is as the source has it; what was written later, if anything, is lost", 0, 0);
                }
                if (mending.goesOnElsewhere()) {
                    failed(end + "a source has more, which nothing here says was written; it is not taken");
                }
            }
        }
        if (last < log.frozen()) { // the last record of a layer that is recorded
            pass.isWrong = true;
            pass.isLeft = true;
        }
        return pass;
    }

    private SegmentSpace segments() throws IOException {
        return looksOnly ? space : registry.space();
    }

    /** Lists what is damaged, after what can be undone of notes was undone. */
    private void look(Resource volume, LogState state, boolean undo) throws IOException {
        try {
            DamagedPages damaged = DamagedPages.of(volume.id(), state, segments());
            if (undo && damaged.hasNotes() && !dryRun) {
                undoNotes(volume, state);
                Resource now = registry.catalog().find(ResourceKind.VOLUME, volume.scope(), volume.id());
                damaged = DamagedPages.of(volume.id(), VolumeRecord.logState(now == null ? volume : now), segments());
            }
            tell(volume.id(), damaged, "");
        } catch (LogReplay.DamagedLogException e) {
            left(volume.id(), String.valueOf(e.getMessage()), 0, 0);
        } catch (IOException e) {
            canNotBeRead(volume, e);
        }
    }

    /** Unless a check tells it as well, or it was deleted for good meanwhile. */
    private void canNotBeRead(Resource volume, IOException e) throws IOException {
        if (registry.isNamed(volume) && registry.missingLog(volume).isEmpty()) {
            left(volume.id(), volume.id() + ": its log can't be read: " + e.getMessage(), 0, 0);
        }
    }

    private void undoNotes(Resource volume, LogState state) throws IOException {
        Staging staging = registry.stagings().take();
        try (VolumeLog log = registry.openLog(volume.scope(), volume.id(), state)) {
            int undone = new DamageNotes(log, staging).undo(state.start());
            if (undone > 0) {
                count(ITSELF, new Found(0, undone));
            }
        } finally {
            registry.stagings().give(staging);
        }
    }

    private void tell(String volume, DamagedPages damaged, String more) {
        for (DamagedPages.Range range : damaged.ranges()) {
            left(
                    volume,
                    "the log of volume " + volume + " is damaged" + more,
                    range.offsetBytes(),
                    range.lengthBytes());
        }
    }

    /** Looks at a volume that somebody works with; false when nobody does. */
    private boolean lookInUse(String id) throws IOException {
        LiveVolume inUse = registry.join(id);
        if (inUse == null) {
            return false;
        }
        try {
            VolumeLog log = inUse.log();
            if (log != null) {
                String advice = looksOnly ? "" : ", and in use: detach it, and repair again";
                tell(id, DamagedPages.in(log.index(), log.reader()), advice);
            }
        } finally {
            registry.leave(id);
        }
        return true;
    }
}
