package dev.varve.bench.volume;

import dev.varve.bench.SampleChunks;
import dev.varve.bench.VarveBenchmark;
import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Writes whole chunks to a disk, of which so many in a row are different. */
final class Dirt {
    private final ByteBuffer chunk = ByteBuffer.allocateDirect(VarveBenchmark.CHUNK);
    private final SampleChunks samples;
    private final int different;
    private int number;

    Dirt(int different) throws IOException {
        this.different = different;
        samples = new SampleChunks(VarveBenchmark.CHUNK);
    }

    /** Writes chunks one after the other. */
    void write(BlockDevice disk, long offsetBytes, long lengthBytes) throws IOException {
        for (long at = offsetBytes; at < offsetBytes + lengthBytes; at += VarveBenchmark.CHUNK) {
            writeChunk(disk, at);
        }
    }

    /** Writes one chunk. */
    void writeChunk(BlockDevice disk, long offsetBytes) throws IOException {
        chunk.clear().put(samples.chunk(number)).putInt(0, different).putInt(Integer.BYTES, number);
        number = (number + 1) % different;
        disk.write(chunk.flip(), offsetBytes);
    }
}
