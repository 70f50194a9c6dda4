package dev.varve.bench.volume;

import dev.varve.bench.VarveBenchmark;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** One disk of 8 GiB in two forms, a sparse raw file and a snapshot, with content where a boot touches it. */
final class BootDisk implements AutoCloseable {
    private static final long SEED = 12;

    final Path path;
    final FileChannel raw;
    final String snapshotId;

    /**
     * Makes both.
     *
     * @param image a raw image to take the content from; empty for {@link ImageContent}
     */
    BootDisk(Path folder, SampleVolumes store, BootTrace trace, String image) throws IOException {
        path = folder.resolve("raw");
        raw = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        raw.write(ByteBuffer.allocate(1), BootTrace.DISK_BYTES - 1);
        try (SnapshotWriter writer = store.snapshots().writer(SnapshotRequest.NEW)) {
            ByteBuffer chunk = ByteBuffer.allocateDirect(VarveBenchmark.CHUNK);
            ImageContent content = new ImageContent(SEED);
            for (long block : trace.touched(VarveBenchmark.CHUNK)) {
                if (image.isEmpty()) {
                    content.fill(block, chunk);
                } else {
                    read(image, block, chunk);
                }
                writer.put(block, chunk);
                raw.write(chunk, block * VarveBenchmark.CHUNK);
            }
            snapshotId = writer.complete(BootTrace.DISK_BYTES).id();
        }
        raw.force(true);
    }

    private static void read(String image, long block, ByteBuffer chunk) throws IOException {
        chunk.clear();
        try (FileChannel file = FileChannel.open(Path.of(image))) {
            while (chunk.hasRemaining() && file.read(chunk, block * VarveBenchmark.CHUNK + chunk.position()) >= 0) {
                // one read may not take all
            }
        }
        while (chunk.hasRemaining()) {
            chunk.put((byte) 0);
        }
        chunk.flip();
    }

    @Override
    public void close() throws IOException {
        raw.close();
    }
}
