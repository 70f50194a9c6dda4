package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A segment of this store as another one has it. What can't be had of it reads as zeros, and it is {@link #isBroken} then. */
final class SourceSegment implements SegmentBytes {
    private final LogSource source;
    private final byte[] nonce;
    private final SegmentEntry entry;
    private final Failures failures;
    private boolean isBroken;

    /** Which sources can't be read any more. */
    static final class Failures {
        private final Map<LogSource, String> failed = new HashMap<>();

        void add(LogSource source, IOException why) {
            failed.put(source, source.name() + ": " + why.getMessage());
        }

        boolean has(LogSource source) {
            return failed.containsKey(source);
        }

        Iterable<String> messages() {
            return failed.values();
        }
    }

    private SourceSegment(LogSource source, byte[] nonce, SegmentEntry entry, Failures failures) {
        this.source = source;
        this.nonce = nonce;
        this.entry = entry;
        this.failures = failures;
    }

    /** Looks for a segment; null when the source does not have it. */
    static @Nullable SourceSegment find(LogSource source, byte[] nonce, SegmentEntry entry, Failures failures) {
        SourceSegment segment = new SourceSegment(source, nonce, entry, failures);
        return segment.part(0, RecordHeader.ALIGNMENT) == null ? null : segment;
    }

    /** Whether a part that was asked for could not be had: what it lacks may be there. */
    boolean isBroken() {
        return isBroken;
    }

    private byte @Nullable [] part(long offsetBytes, int lengthBytes) {
        if (failures.has(source)) {
            return null;
        }
        try {
            byte[] part = source.read(nonce, offsetBytes, lengthBytes);
            return part != null && part.length == lengthBytes ? part : null;
        } catch (IOException e) {
            failures.add(source, e);
            return null;
        }
    }

    @Override
    public void read(ByteBuffer dst, long offsetBytes) {
        for (long at = offsetBytes; dst.hasRemaining(); ) {
            int length = Math.min(dst.remaining(), LogSource.MAX_BYTES);
            byte[] part = part(at, length);
            isBroken |= part == null;
            dst.put(part == null ? new byte[length] : part);
            at += length;
        }
    }

    @Override
    public int sizeBytes() {
        return entry.sizeBytes();
    }

    @Override
    public String describe() {
        return source.name();
    }
}
