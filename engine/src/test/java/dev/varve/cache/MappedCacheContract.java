package dev.varve.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.varve.file.FaultyFiles;
import dev.varve.file.FaultyFiles.Call;
import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a cache in a mapped file promises beside the rest. */
abstract class MappedCacheContract extends ChunkCacheContract {
    private final FileSlots.Mapping mapping;
    private final FileIo io = new FileIo();

    MappedCacheContract(FileSlots.Mapping mapping) {
        this.mapping = mapping;
    }

    @Override
    ChunkCache open(int chunkSize, long capacityBytes) throws IOException {
        return ChunkCache.mapped(io, file(), chunkSize, capacityBytes, mapping);
    }

    @AfterEach
    void closeIo() {
        io.close();
    }

    @Test
    void readersGetTheirBytesWhileTheDiskIsFull() throws IOException {
        FaultyFiles files = new FaultyFiles(1, tmp.resolve("graves"));
        try (FileIo faulty = new FileIo(files);
                ChunkCache cache = ChunkCache.mapped(faulty, tmp.resolve("full"), CHUNK, 4 * CHUNK, mapping)) {
            long kept = cache.load(Chunks.key(0), chunks.of(0));
            files.failWhen((call, path) -> call == Call.WRITE);
            for (int round = 0; round < 10; round++) {
                ByteBuffer dst = ByteBuffer.allocate(CHUNK);
                assertThat(cache.readThrough(Chunks.key(1), chunks.of(1), 0, dst, CHUNK))
                        .isEqualTo(ChunkCache.MISS);
                assertThat(Chunks.firstWrong(dst, 0, 1, 0)).isNegative();
                assertThat(cache.find(Chunks.key(1))).isEqualTo(ChunkCache.MISS);
            }
            assertThat(cache.read(kept, 0, ByteBuffer.allocate(1), 1)).isTrue();
            files.failNever();
            assertThat(cache.load(Chunks.key(1), chunks.of(1))).isNotEqualTo(ChunkCache.MISS);
            assertThat(cache.stats().uncached()).isEqualTo(10);
        }
    }

    @Test
    void victimOfAFillThatFailedIsGoneAndItsWordRefused() throws IOException {
        FaultyFiles files = new FaultyFiles(1, tmp.resolve("graves"));
        try (FileIo faulty = new FileIo(files);
                ChunkCache cache = ChunkCache.mapped(faulty, tmp.resolve("full"), CHUNK, CHUNK, mapping)) {
            long word = cache.load(Chunks.key(0), chunks.of(0));
            files.failAt(0);
            assertThat(cache.load(Chunks.key(1), chunks.of(1))).isEqualTo(ChunkCache.MISS);
            assertThat(cache.read(word, 0, ByteBuffer.allocate(1), 1)).isFalse();
            assertThat(cache.find(Chunks.key(0))).isEqualTo(ChunkCache.MISS);
            assertThat(cache.load(Chunks.key(0), chunks.of(0))).isNotIn(ChunkCache.MISS, word);
        }
    }

    @Test
    void fileIsSparseHasItsFullLengthAndStays() throws IOException {
        long capacity = 8L << 30;
        try (ChunkCache cache = ChunkCache.mapped(io, tmp.resolve("big"), 1 << 16, capacity, mapping)) {
            long word = cache.load(Chunks.key(1), chunks.of(1));
            ByteBuffer dst = ByteBuffer.allocate(1 << 16);
            assertThat(cache.read(word, 0, dst, 1 << 16)).isTrue();
            assertThat(Chunks.firstWrong(dst, 0, 1, 0)).isNegative();
        }
        assertThat(Files.size(tmp.resolve("big"))).isEqualTo(capacity);
        assertThat((long) Files.getAttribute(tmp.resolve("big"), "unix:ino")).isPositive();
        ChunkCache.mapped(io, tmp.resolve("big"), 1 << 16, capacity, mapping).close();
    }

    @Test
    void fileOfAnotherLengthIsMadeAnew() throws IOException {
        for (long slots : new long[] {5, 3, 9}) {
            open(CHUNK, slots * CHUNK).close();
            assertThat(file()).hasSize(slots * CHUNK);
        }
    }

    @Test
    void interruptedOpenerIsServed() throws IOException {
        Thread.currentThread().interrupt();
        try (ChunkCache cache = ChunkCache.mapped(io, tmp.resolve("other"), CHUNK, 3 * CHUNK, mapping)) {
            long word = cache.load(Chunks.key(1), chunks.of(1));
            assertThat(cache.read(word, 0, ByteBuffer.allocate(1), 1)).isTrue();
        }
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void fileThatCannotBeMadeIsNamed() throws IOException {
        Path directory = Files.createDirectory(tmp.resolve("directory"));
        assertThatIOException()
                .isThrownBy(() -> ChunkCache.mapped(io, directory, CHUNK, 3 * CHUNK, mapping))
                .withMessageContaining(directory.toString());
    }

    private Path file() {
        return tmp.resolve("cache");
    }
}
