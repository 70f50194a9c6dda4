package dev.varve.bench.volume;

import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.NewStore;
import dev.varve.bench.PageCache;
import dev.varve.bench.SampleChunks;
import dev.varve.bench.VarveBenchmark;
import dev.varve.block.BlockDevice;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.snapshot.SnapshotWriter;
import dev.varve.snapshot.Snapshots;
import dev.varve.volume.VolumeRequest;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A store below a folder, with snapshots and volumes of sample content. */
final class SampleVolumes implements AutoCloseable {
    private static final String ACCOUNT = "123456789012";
    private static final String REGION = "eu-west-1";
    private static final int GIB_SHIFT = 30;
    private static final int ZEROS_BYTES = 1 << 20;
    private static final long POLL_NANOS = 200_000;

    private final Path store;
    private EngineOptions options;
    private Engine engine;

    /** Makes a store. */
    SampleVolumes(Path folder, EngineOptions options) throws IOException {
        this.store = folder.resolve("store");
        this.options = options;
        engine = Engine.create(store, NewStore.DEFAULT, options);
    }

    Volumes volumes() {
        return engine.volumes(ACCOUNT, REGION);
    }

    Snapshots snapshots() {
        return engine.snapshots(ACCOUNT, REGION);
    }

    Engine engine() {
        return engine;
    }

    Path store() {
        return store;
    }

    /** Takes a snapshot of a disk that begins with sample chunks and ends in zeros. */
    String sampleSnapshot(int chunkCount, long sizeBytes) throws IOException {
        SampleChunks samples = new SampleChunks(VarveBenchmark.CHUNK);
        try (SnapshotWriter writer = snapshots().writer(SnapshotRequest.NEW)) {
            for (int i = 0; i < chunkCount; i++) {
                writer.put(i, samples.chunk(i));
            }
            return writer.complete(sizeBytes).id();
        }
    }

    /** A new volume that is zeros. */
    String blank(long sizeBytes) throws IOException {
        return volumes()
                .create(VolumeRequest.NEW.withSizeGib(sizeBytes >>> GIB_SHIFT))
                .id();
    }

    /** A new volume that begins as a snapshot. */
    String launch(String snapshotId) throws IOException {
        return volumes().create(VolumeRequest.NEW.withSnapshotId(snapshotId)).id();
    }

    BlockDevice attach(String volumeId) throws IOException {
        return volumes().attach(volumeId);
    }

    /** Waits until a snapshot is completed. */
    Snapshot await(String snapshotId) throws IOException {
        Snapshot snapshot = snapshots().get(snapshotId);
        while (snapshot.state() == SnapshotState.PENDING) {
            LockSupport.parkNanos(POLL_NANOS);
            snapshot = snapshots().get(snapshotId);
        }
        if (snapshot.state() != SnapshotState.COMPLETED) {
            throw new IOException(snapshotId + " is " + snapshot.state());
        }
        return snapshot;
    }

    /** Closes the store and opens it again. */
    void reopen() throws IOException {
        engine.close();
        engine = Engine.open(store, options);
    }

    /** Closes the store and opens it again with other options. */
    void reopen(EngineOptions other) throws IOException {
        options = other;
        reopen();
    }

    /** Closes the store, has the cache and what the kernel keeps of it forgotten, and opens it again. */
    void reopenCold() throws IOException {
        reopenCold(true);
    }

    /** The same, but the cache's file stays. */
    void reopenColdButCache() throws IOException {
        reopenCold(false);
    }

    private void reopenCold(boolean dropsCache) throws IOException {
        engine.close();
        System.gc(); // what was mapped is not dropped
        try (Stream<Path> files = Files.walk(store)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                if (dropsCache && file.startsWith(store.resolve("cache"))) {
                    Files.delete(file);
                } else if (Files.size(file) > 0) {
                    PageCache.drop(file);
                }
            }
        }
        engine = Engine.open(store, options);
    }

    /** Bytes of the files that logs are in. */
    long logBytes() throws IOException {
        Path folder = store.resolve("volumes");
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        long total = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                total += sizeIfThere(file);
            }
        }
        return total;
    }

    private static long sizeIfThere(Path file) throws IOException {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** A file beside the store that was written with zeros and synced: what one would have instead of a volume. */
    static FileChannel plainFile(Path path, long sizeBytes) throws IOException {
        FileChannel file = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        ByteBuffer zeros = ByteBuffer.allocateDirect(ZEROS_BYTES);
        for (long at = 0; at < sizeBytes; at += ZEROS_BYTES) {
            file.write(zeros.clear().limit((int) Math.min(ZEROS_BYTES, sizeBytes - at)), at);
        }
        file.force(true);
        return file;
    }

    @Override
    public void close() throws IOException {
        engine.close();
    }
}
