package dev.varve.volume;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Segments on the heap, which nothing survives. */
final class HeapSegments implements SegmentSpace {
    private final ConcurrentHashMap<Long, SegmentFile> taken = new ConcurrentHashMap<>();
    private final AtomicLong last = new AtomicLong();

    @Override
    public SegmentFile take(int sizeBytes, Use use) {
        SegmentFile segment = new Bytes(last.incrementAndGet(), ByteBuffer.allocate(sizeBytes));
        taken.put(segment.number(), segment);
        return segment;
    }

    @Override
    public SegmentFile open(long number, int sizeBytes) throws IOException {
        SegmentFile segment = taken.get(number);
        if (segment == null || segment.sizeBytes() != sizeBytes) {
            throw new NoSuchFileException("segment " + number + " of " + sizeBytes + " bytes");
        }
        return segment;
    }

    @Override
    public void give(SegmentFile segment) {
        taken.remove(segment.number());
    }

    @Override
    public void delete(long number) {
        taken.remove(number);
    }

    @Override
    public void claim(Set<Long> numbers, boolean areAll) {
        // what is not named was never kept
    }

    @Override
    public boolean isClaimed() {
        return true;
    }

    @Override
    public void close() {
        taken.clear();
    }

    private record Bytes(long number, ByteBuffer bytes) implements SegmentFile {
        @Override
        public int sizeBytes() {
            return bytes.capacity();
        }

        @Override
        public void read(ByteBuffer dst, long offsetBytes) throws EOFException {
            int length = dst.remaining();
            if (offsetBytes + length > bytes.capacity()) {
                throw new EOFException(describe() + " ends before " + (offsetBytes + length));
            }
            dst.put(dst.position(), bytes, Math.toIntExact(offsetBytes), length);
            dst.position(dst.position() + length);
        }

        @Override
        public void write(ByteBuffer src, long offsetBytes) {
            int length = src.remaining();
            bytes.put(Math.toIntExact(offsetBytes), src, src.position(), length);
            src.position(src.position() + length);
        }

        @Override
        public void sync() {
            // nothing survives
        }

        @Override
        public String describe() {
            return "segment " + number + " on the heap";
        }

        @Override
        public void close() {
            // the collector's
        }
    }
}
