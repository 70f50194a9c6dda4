package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Segments with places for a test to step in; what is below outlives the handle. */
final class HookedSpace implements SegmentSpace {
    /** Called before or after something is done. */
    interface Hook {
        void run(SegmentFile segment, ByteBuffer bytes, long offsetBytes) throws IOException;
    }

    /** Called before a segment is taken. */
    interface TakeHook {
        void run(int taken) throws IOException;
    }

    private static final Hook NONE = (segment, bytes, offset) -> {};

    private final SegmentSpace below;
    volatile Hook beforeRead = NONE;
    volatile Hook afterRead = NONE;
    volatile Hook beforeWrite = NONE;
    volatile Hook beforeSync = NONE;
    volatile TakeHook beforeTake = taken -> {};
    volatile Runnable beforeGive = () -> {};
    int taken;
    int given;

    HookedSpace(SegmentSpace below) {
        this.below = below;
    }

    @Override
    public SegmentFile take(int sizeBytes, Use use) throws IOException {
        beforeTake.run(taken);
        SegmentFile segment = new Hooked(below.take(sizeBytes, use));
        taken++;
        return segment;
    }

    @Override
    public SegmentFile open(long number, int sizeBytes) throws IOException {
        return new Hooked(below.open(number, sizeBytes));
    }

    @Override
    public @Nullable MendedFile mend(long number, int sizeBytes) throws IOException {
        return below.mend(number, sizeBytes);
    }

    @Override
    public void give(SegmentFile segment) {
        beforeGive.run();
        given++;
        below.give(((Hooked) segment).file);
    }

    @Override
    public void delete(long number) throws IOException {
        below.delete(number);
    }

    @Override
    public void claim(Set<Long> numbers, boolean areAll) throws IOException {
        if (!below.isClaimed()) {
            below.claim(numbers, areAll);
        }
    }

    @Override
    public boolean isClaimed() {
        return below.isClaimed();
    }

    @Override
    public void close() {}

    private final class Hooked implements SegmentFile {
        private final SegmentFile file;

        Hooked(SegmentFile file) {
            this.file = file;
        }

        @Override
        public long number() {
            return file.number();
        }

        @Override
        public int sizeBytes() {
            return file.sizeBytes();
        }

        @Override
        public void read(ByteBuffer dst, long offsetBytes) throws IOException {
            beforeRead.run(this, dst, offsetBytes);
            ByteBuffer part = dst.duplicate();
            file.read(dst, offsetBytes);
            afterRead.run(this, part, offsetBytes);
        }

        @Override
        public void write(ByteBuffer src, long offsetBytes) throws IOException {
            beforeWrite.run(this, src, offsetBytes);
            file.write(src, offsetBytes);
        }

        @Override
        public void sync() throws IOException {
            beforeSync.run(this, ByteBuffer.allocate(0), 0);
            file.sync();
        }

        @Override
        public String describe() {
            return file.describe();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
