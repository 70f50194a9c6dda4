package dev.varve.volume;

import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** A blank volume on segments of its own, and a record of them that is always durable: what a store does for it. */
final class VolumeRig {
    static final String ID = "vol-0123456789abcdef0";

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
        return new VolumeRig(() -> new FileSegments(io.get(), folder), sizeBytes);
    }

    /** Opens it; the newest layer of which there is a snapshot is the given one. */
    VolumeLog openLog(long frozenLayer) throws IOException {
        SegmentSpace space = spaces.get();
        Set<Long> used = new HashSet<>();
        journal.entries.forEach(entry -> used.add(entry.number()));
        space.claim(used);
        return VolumeLog.open(ID, space, journal, List.copyOf(journal.entries), frozenLayer, stagings.take());
    }

    VolumeDevice open() throws IOException {
        SegmentSpace space = spaces.get();
        Set<Long> used = new HashSet<>();
        journal.entries.forEach(entry -> used.add(entry.number()));
        space.claim(used);
        VolumeLog log = journal.entries.isEmpty()
                ? null
                : VolumeLog.open(ID, space, journal, List.copyOf(journal.entries), 0, stagings.take());
        LiveVolume volume =
                new LiveVolume(ID, () -> new VolumeLog(ID, space, journal), sizeBytes, null, log, stagings, scratches);
        return new VolumeDevice(volume, closing -> {
            volume.close();
            space.close();
        });
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
        public synchronized void replace(List<SegmentEntry> segments) {
            entries = new ArrayList<>(segments);
        }
    }
}
