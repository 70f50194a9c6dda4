package dev.varve.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * Chunks like those of a disk image: machine code and classes, from the files of the JDK that runs. No two are equal, and
 * LZ4 makes about half of them.
 */
public final class SampleChunks {
    private static final int SOURCE_BYTES = 32 << 20;
    private static final int STRIDE = 40_009;

    private final ByteBuffer source = ByteBuffer.allocateDirect(SOURCE_BYTES);
    private final int chunkBytes;

    /**
     * Reads the files.
     *
     * @param chunkBytes length of a chunk
     * @throws IOException when they could not be read
     */
    public SampleChunks(int chunkBytes) throws IOException {
        this.chunkBytes = chunkBytes;
        Path lib = Path.of(System.getProperty("java.home"), "lib");
        fill(lib.resolve("server").resolve(System.mapLibraryName("jvm")), SOURCE_BYTES / 2);
        fill(lib.resolve("modules"), SOURCE_BYTES);
        source.flip();
    }

    private void fill(Path file, int limit) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            source.limit(limit);
            while (source.hasRemaining() && channel.read(source) >= 0) {
                // one read may not take all
            }
        }
    }

    /**
     * A chunk.
     *
     * @param number from 0 on
     * @return a view of it
     */
    public ByteBuffer chunk(int number) {
        long at = (long) number * STRIDE % (source.limit() - chunkBytes);
        return source.slice((int) at, chunkBytes);
    }
}
