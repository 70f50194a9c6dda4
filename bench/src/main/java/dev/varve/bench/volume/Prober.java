package dev.varve.bench.volume;

import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that writes 4 KiB every now and then, so that who is held up, and how long, can be told. It is far from what the
 * disk can take, and so what it sees is others' doing.
 */
final class Prober implements AutoCloseable {
    private static final int PAGE_BYTES = 4096;
    private static final int ROOM = 1 << 20;
    private static final long PAUSE_NANOS = 20_000;

    private final BlockDevice disk;
    private final Place place;
    private final Latencies latencies = new Latencies(ROOM);
    private final Background thread;

    /** Begins to write to the start of a disk. */
    Prober(BlockDevice disk, long spanBytes) {
        this.disk = disk;
        place = new Place(spanBytes, PAGE_BYTES, true, 1);
        thread = new Background("prober", this::probe);
    }

    private void probe() throws IOException {
        long start = System.nanoTime();
        disk.write(place.buffer.clear(), place.next());
        latencies.add(start, System.nanoTime());
        LockSupport.parkNanos(PAUSE_NANOS);
    }

    /** Ends, and tells what it saw. */
    Latencies end() throws IOException {
        thread.end();
        return latencies;
    }

    /** Ends it, if it has not. */
    @Override
    public void close() throws IOException {
        thread.end();
    }
}
