package dev.varve.volume;

import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A blank volume on segments of its own, and a record of them that is always durable: what a store does for it. */
final class VolumeRig {
    static final String ID = "vol-0123456789abcdef0";

    private static final LogLimits.Folding NO_FOLDING = new LogLimits.Folding() {
        @Override
        public void request(String volumeId) {}

        @Override
        public @Nullable IOException failure(String volumeId) {
            return null;
        }
    };

    private final Supplier<SegmentSpace> spaces;
    private final long sizeBytes;
    private final Staging.Pool stagings = new Staging.Pool();
    private final Pages.ScratchPool scratches = new Pages.ScratchPool();
    private final Journal journal = new Journal();

    VolumeRig(Supplier<SegmentSpace> spaces, long sizeBytes) {
        this.spaces = spaces;
        this.sizeBytes = sizeBytes;
    }

    static VolumeRig inFiles(Supplier<FileIo> io, Path folder, long sizeBytes) {
        return new VolumeRig(() -> fileSegments(io.get(), folder), sizeBytes);
    }

    /** Opens its log; what was durable when its newest layer was recorded is given. */
    VolumeLog openLog(LogState.Start frozen) throws IOException {
        return openLog(claimedSpace(), frozen);
    }

    private VolumeLog openLog(SegmentSpace space, LogState.Start frozen) throws IOException {
        Staging staging = stagings.take();
        try {
            LogState state = new LogState(List.copyOf(journal.entries), LogState.Start.FIRST, frozen);
            return VolumeLog.open(ID, home(space, journal), state, staging);
        } finally {
            stagings.give(staging);
        }
    }

    static FileSegments fileSegments(FileIo io, Path folder) {
        return new FileSegments(io, folder, SpaceReserve.unlimited());
    }

    static LogHome home(SegmentSpace space, LogJournal journal) {
        return new LogHome(space, journal, LogUpkeep.NONE, SpaceReserve.unlimited(), 64 << 10);
    }

    private SegmentSpace claimedSpace() throws IOException {
        SegmentSpace space = spaces.get();
        Set<Long> used = new HashSet<>();
        journal.entries.forEach(entry -> used.add(entry.number()));
        space.claim(used, true);
        return space;
    }

    VolumeDevice open() throws IOException {
        SegmentSpace space = claimedSpace();
        LiveVolume.LogMaker logs = () -> openLog(space, LogState.Start.FIRST);
        LiveVolume volume = new LiveVolume(
                ID,
                logs,
                sizeBytes,
                null,
                journal.entries.isEmpty() ? null : logs.make(),
                new LiveVolume.Shared(stagings, scratches, new LogLimits(Long.MAX_VALUE), NO_FOLDING));
        VolumeDevice.Comparisons none = map -> {
            throw new IllegalArgumentException(map);
        };
        return new VolumeDevice(volume, none, closing -> {
            volume.close();
            space.close();
        });
    }

    /** Ends the layer that a log writes to. */
    static VolumeLog.Frozen freeze(VolumeLog log) {
        log.gate.lock();
        try {
            return log.freeze();
        } finally {
            log.gate.unlock();
        }
    }

    List<SegmentEntry> entries() {
        return journal.entries;
    }

    private static final class Journal implements LogJournal {
        private List<SegmentEntry> entries = new ArrayList<>();

        @Override
        public synchronized void add(SegmentEntry segment) {
            entries.add(segment);
        }

        @Override
        public synchronized void remove(List<SegmentEntry> segments) {
            entries.removeAll(segments);
        }

        @Override
        public synchronized void replace(List<SegmentEntry> segments) {
            entries = new ArrayList<>(segments);
        }
    }
}
