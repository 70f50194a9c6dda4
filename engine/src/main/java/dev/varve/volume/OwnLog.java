package dev.varve.volume;

import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the segments of a log that is mended say themselves, read when it is asked for first. For one thread.
 *
 * <p><b>Memory</b>: 1 MiB and the headers of one segment at a time.
 */
final class OwnLog {
    private final LogState state;
    private final SegmentSpace space;
    private final Consumer<String> failed;

    /** -1 before it is asked for. */
    private long vouched = -1;

    /**
     * A log.
     *
     * @param failed is told which segments can't be opened
     */
    OwnLog(LogState state, SegmentSpace space, Consumer<String> failed) {
        this.state = state;
        this.space = space;
        this.failed = failed;
    }

    /** Its segments, oldest first. */
    List<SegmentEntry> segments() {
        return state.segments();
    }

    /** Sequence of the record before its first one. */
    long before() {
        return state.start().sequence() - 1;
    }

    /** All up to this sequence is part of a layer that is recorded: it was durable. */
    long frozen() {
        return state.frozen().sequence() - 1;
    }

    /** The first sequence that is found in segments behind one of them. */
    long firstBehind(int segment) {
        List<SegmentEntry> segments = state.segments();
        for (SegmentEntry entry : segments.subList(segment + 1, segments.size())) {
            RecordHeader first = read(entry, SegmentScan::first);
            if (first != null) {
                return first.sequence();
            }
        }
        return Long.MAX_VALUE;
    }

    /** The highest sequence that is known to have been written: of its records, of what they call durable, or of a layer. */
    long vouched() {
        if (vouched < 0) {
            vouched = frozen();
            for (SegmentEntry entry : state.segments()) {
                SegmentScan scan = read(entry, segment -> SegmentScan.of(segment, entry.endBytes()));
                if (scan != null) {
                    vouched = Math.max(vouched, Math.max(scan.lastSequence(), scan.durable()));
                }
            }
        }
        return vouched;
    }

    /** Looks at a segment. */
    private interface Look<T> {
        @Nullable
        T at(LogSegment segment);
    }

    private <T> @Nullable T read(SegmentEntry entry, Look<T> look) {
        try (MendedFile file = space.mend(entry.number(), entry.sizeBytes())) {
            return file == null
                    ? null
                    : look.at(new LogSegment(file, 0, HexFormat.of().parseHex(entry.nonce())));
        } catch (IOException e) {
            failed.accept(String.valueOf(e.getMessage()));
            return null;
        }
    }
}
