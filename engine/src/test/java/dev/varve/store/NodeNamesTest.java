package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NodeNamesTest {
    private final NodeNames names = new NodeNames();

    private static ChunkId id(long a, long b, long c, long d) {
        return ChunkId.read(ByteBuffer.allocate(ChunkId.BYTES)
                .putLong(a)
                .putLong(b)
                .putLong(c)
                .putLong(d)
                .flip());
    }

    /** Of few different words, so that many names have one of theirs in common. */
    @Test
    void eachNameIsNewOnce() {
        Random random = new Random(8);
        Set<ChunkKey> model = new HashSet<>();
        for (int i = 0; i < 20_000; i++) {
            long first = random.nextInt(100) * 0x9e3779b97f4a7c15L;
            long third = 1L + random.nextInt(100);
            ChunkKey name = new ChunkKey(i % 3, id(first, 5, third, 5));
            assertThat(names.add(name)).as("%s", name).isEqualTo(model.add(name));
        }
    }

    /** A name of zeros is one like any other. */
    @Test
    void nameOfZeros() {
        ChunkKey zeros = ChunkKey.plain(id(0, 0, 0, 0));
        assertThat(names.add(zeros)).isTrue();
        assertThat(names.add(zeros)).isFalse();
    }
}
