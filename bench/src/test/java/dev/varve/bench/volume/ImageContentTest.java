package dev.varve.bench.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Factory;
import org.junit.jupiter.api.Test;

class ImageContentTest {
    private static final int BYTES = 64 << 10;

    @Test
    void sameBlockIsTheSameEachTime() {
        ByteBuffer one = ByteBuffer.allocate(BYTES);
        ByteBuffer other = ByteBuffer.allocate(BYTES);
        ImageContent content = new ImageContent(1);
        content.fill(9, one);
        content.fill(5, other);
        new ImageContent(1).fill(9, other);
        assertThat(other).isEqualTo(one);
        assertThat(new ImageContent(2).fill(9, other)).isNotEqualTo(one);
    }

    @Test
    void compressesAsASystemsDiskDoes() {
        ImageContent content = new ImageContent(12);
        byte[] plain = new byte[BYTES];
        int blocks = 200;
        long compressed = 0;
        long zeros = 0;
        for (int i = 0; i < blocks; i++) {
            content.fill(i, ByteBuffer.wrap(plain));
            int length = LZ4Factory.safeInstance().fastCompressor().compress(plain).length;
            compressed += length;
            zeros += length < 1000 ? 1 : 0;
        }
        assertThat(compressed / ((double) blocks * BYTES)).isBetween(0.3, 0.6);
        assertThat(zeros).isBetween(10L, 50L);
    }
}
