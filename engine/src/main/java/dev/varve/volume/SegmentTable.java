package dev.varve.volume;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** The segments of a log by the slot that a {@link PageWord} names. Used from any thread. */
final class SegmentTable {
    /** Slots that only an opening of the log takes, so that a log that is full can be opened. */
    static final int RESERVED_SLOTS = 128;

    /** From so many segments on a log is folded, however short they are. */
    static final int MANY_SLOTS = 512;

    private final AtomicReferenceArray<@Nullable LogSegment> slots = new AtomicReferenceArray<>(PageWord.MAX_SLOTS);

    /** The segment of a slot, or null when there is none any more. */
    @Nullable
    LogSegment get(int slot) {
        return slots.get(slot);
    }

    /**
     * Gives a segment a slot.
     *
     * @param opening whether the log is being opened
     * @throws IOException when there are too many
     */
    LogSegment enter(SegmentFile file, byte[] nonce, boolean opening) throws IOException {
        int end = slots.length() - (opening ? 0 : RESERVED_SLOTS);
        for (int i = 0; i < end; i++) {
            LogSegment segment = new LogSegment(file, i, nonce);
            if (slots.get(i) == null && slots.compareAndSet(i, null, segment)) {
                return segment;
            }
        }
        throw new IOException(file.describe() + " is one too many: its log has " + end + " segments");
    }

    void remove(LogSegment segment) {
        slots.compareAndSet(segment.slot, segment, null);
    }

    /** Closes all of them. */
    void close() throws IOException {
        IOException first = null;
        for (int i = 0; i < slots.length(); i++) {
            LogSegment segment = slots.getAndSet(i, null);
            if (segment != null) {
                try {
                    segment.file.close();
                } catch (IOException e) {
                    first = first == null ? e : first;
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
