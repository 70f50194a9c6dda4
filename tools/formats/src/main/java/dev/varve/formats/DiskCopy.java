package dev.varve.formats;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * One pass over a disk that reads only what its allocation map calls data.
 *
 * <p>The calling thread cuts the disk into slices and keeps a bounded window of them in the hands of a few workers, each
 * slice with a buffer of its own, so that reading (and with it checking and decompressing) uses all cores while memory
 * stays at a few MiB. A device gets its slices from the workers as they come, a stream from the calling thread in order.
 */
final class DiskCopy {
    /** Large enough that a slice's costs vanish behind its bytes, small enough for a smooth progress bar. */
    private static final int DATA_SLICE_BYTES = 1 << 20;

    private static final int HOLE_SLICE_BYTES = 64 << 20;
    private static final int MAX_WORKERS = 4;
    private static final int EXTENTS_AT_ONCE = 256;
    private static final Sink NOTHING = (range, data) -> {};

    private final BlockDevice source;
    private final LongConsumer copied;
    private final int workerCount = Math.min(MAX_WORKERS, Runtime.getRuntime().availableProcessors());
    private final Queue<ByteBuffer> idleBuffers = new ArrayDeque<>();
    private final Queue<Future<Slice>> window = new ArrayDeque<>();

    /** A piece of one extent; the buffer holds its bytes if it is data, and nothing if it is a hole. */
    private record Slice(Extent range, ByteBuffer data) {}

    /** What happens to a slice once it has been read. */
    private interface Sink {
        void take(Extent range, ByteBuffer data) throws IOException;
    }

    DiskCopy(BlockDevice source, LongConsumer copied) {
        this.source = source;
        this.copied = copied;
    }

    /** Copies to a device that holds nothing but zeros: those of the source are left out, page by page. */
    void toFresh(BlockDevice target) throws IOException {
        run(
                (range, data) -> {
                    if (range.set()) {
                        NonZeroRuns.write(data, range.offsetBytes(), target);
                    }
                },
                NOTHING);
    }

    /** Copies to a device that may hold anything. */
    void toUsed(BlockDevice target) throws IOException {
        run(
                (range, data) -> {
                    if (range.set()) {
                        target.write(data, range.offsetBytes());
                    } else {
                        target.writeZeroes(range.offsetBytes(), range.lengthBytes());
                    }
                },
                NOTHING);
    }

    /** Copies to a stream, zeros written out. */
    void toStream(OutputStream target) throws IOException {
        byte[] zeros = new byte[DATA_SLICE_BYTES];
        run(NOTHING, (range, data) -> {
            if (range.set()) {
                target.write(data.array(), 0, data.limit());
                return;
            }
            for (long left = range.lengthBytes(); left > 0; left -= zeros.length) {
                target.write(zeros, 0, (int) Math.min(left, zeros.length));
            }
        });
    }

    private void run(Sink byWorker, Sink byCaller) throws IOException {
        ExecutorService workers = Executors.newFixedThreadPool(workerCount, DiskCopy::worker);
        try {
            long sizeBytes = source.sizeBytes();
            for (long offset = 0; offset < sizeBytes; ) {
                for (Extent extent :
                        source.extents(BlockDevice.ALLOCATION, offset, sizeBytes - offset, EXTENTS_AT_ONCE)) {
                    submit(extent, workers, byWorker, byCaller);
                    offset = extent.endBytes();
                }
            }
            while (!window.isEmpty()) {
                settle(byCaller);
            }
        } finally {
            finish(workers);
        }
    }

    private void submit(Extent extent, ExecutorService workers, Sink byWorker, Sink byCaller) throws IOException {
        long sliceBytes = extent.set() ? DATA_SLICE_BYTES : HOLE_SLICE_BYTES;
        for (long offset = extent.offsetBytes(); offset < extent.endBytes(); offset += sliceBytes) {
            if (window.size() > workerCount) {
                settle(byCaller);
            }
            Extent range = new Extent(offset, Math.min(sliceBytes, extent.endBytes() - offset), extent.set());
            ByteBuffer idle = idleBuffers.poll();
            ByteBuffer buffer = idle == null ? ByteBuffer.allocate(DATA_SLICE_BYTES) : idle.clear();
            window.add(workers.submit(() -> read(range, buffer, byWorker)));
        }
    }

    private Slice read(Extent range, ByteBuffer buffer, Sink byWorker) throws IOException {
        if (range.set()) {
            source.read(buffer.limit((int) range.lengthBytes()), range.offsetBytes());
            buffer.flip();
        }
        byWorker.take(range, buffer);
        return new Slice(range, buffer);
    }

    private void settle(Sink byCaller) throws IOException {
        Slice slice = result(window.remove());
        byCaller.take(slice.range, slice.data);
        idleBuffers.add(slice.data);
        copied.accept(slice.range.lengthBytes());
    }

    private static Slice result(Future<Slice> future) throws IOException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while copying");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Lets what is running end, so that nobody closes a device under it. */
    private static void finish(ExecutorService workers) {
        workers.shutdown();
        boolean interrupted = false;
        while (true) {
            try {
                if (workers.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static Thread worker(Runnable task) {
        Thread thread = new Thread(task, "varve-copy");
        thread.setDaemon(true);
        return thread;
    }
}
