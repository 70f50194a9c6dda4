package dev.varve.bench;

import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.NewStore;
import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.FrameHeader;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A store with one snapshot of sample chunks, in a folder of its own below {@code -Dvarve.bench.folder}, or the temporary
 * one; and where their frames lie, so that the parts of a read can be measured alone.
 */
final class SampleStore implements AutoCloseable {
    static final String ACCOUNT = "123456789012";
    static final String REGION = "eu-west-1";

    final Path folder;
    final String snapshotId;
    final int chunkCount;
    final Path pack;
    final long[] frameOffsets;
    final int[] frameBytes;
    private final SampleChunks samples = new SampleChunks(VarveBenchmark.CHUNK);

    SampleStore(int chunkCount) throws IOException {
        this.chunkCount = chunkCount;
        folder = Files.createTempDirectory(
                Path.of(System.getProperty("varve.bench.folder", System.getProperty("java.io.tmpdir"))), "varve-bench");
        try (Engine engine = Engine.create(store(), NewStore.DEFAULT, EngineOptions.defaults())) {
            snapshotId = write(engine);
        }
        frameOffsets = new long[chunkCount];
        frameBytes = new int[chunkCount];
        pack = findFrames();
    }

    Path store() {
        return folder.resolve("store");
    }

    /** Content of a block. */
    ByteBuffer chunk(int block) {
        return samples.chunk(block);
    }

    ChunkKey key(int block) {
        return ChunkKey.plain(new ChunkHasher().hash(chunk(block)));
    }

    private String write(Engine engine) throws IOException {
        try (SnapshotWriter writer = engine.snapshots(ACCOUNT, REGION).writer(SnapshotRequest.NEW)) {
            for (int i = 0; i < chunkCount; i++) {
                writer.put(i, chunk(i));
            }
            return writer.complete((long) chunkCount * VarveBenchmark.CHUNK).id();
        }
    }

    /** One thread has put the chunks in order, so that is how their frames lie. */
    private Path findFrames() throws IOException {
        Path file;
        try (Stream<Path> packs = Files.list(store().resolve("packs"))) {
            file = packs.findFirst().orElseThrow();
        }
        try (FileChannel channel = FileChannel.open(file)) {
            long at = firstFrame(channel);
            ByteBuffer header = ByteBuffer.allocate(FrameHeader.BYTES);
            for (int i = 0; i < chunkCount; i++) {
                channel.read(header.clear(), at);
                FrameHeader frame = FrameHeader.read(header.flip());
                if (!frame.key().equals(key(i))) {
                    throw new IllegalStateException("frame " + i + " is not of block " + i);
                }
                frameOffsets[i] = at;
                frameBytes[i] = frame.frameBytes();
                at += frame.frameBytes();
            }
        }
        return file;
    }

    private static int firstFrame(FileChannel channel) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(VarveBenchmark.PAGE);
        channel.read(head, 0);
        int at = 0;
        while (head.getInt(at) != FrameHeader.MAGIC) {
            at++;
        }
        return at;
    }

    /** Some frames in memory, for measuring what is done to them without reading them. */
    ByteBuffer[] frames(int count) throws IOException {
        ByteBuffer[] frames = new ByteBuffer[count];
        try (FileChannel channel = FileChannel.open(pack)) {
            for (int i = 0; i < count; i++) {
                frames[i] = ByteBuffer.allocateDirect(frameBytes[i]);
                channel.read(frames[i], frameOffsets[i]);
                frames[i].flip();
            }
        }
        return frames;
    }

    @Override
    public void close() throws IOException {
        Folders.delete(folder);
    }
}
