package dev.varve.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class ChunkKeyTest {
    private static ChunkId id(long third) {
        return ChunkId.read(
                ByteBuffer.allocate(ChunkId.BYTES).putLong(16, third).putLong(0, 7));
    }

    /** Sums of them are in the records of collections: another value would make a proof of an older version wrong. */
    @Test
    void fingerprintIsAsItEverWas() {
        ChunkId id = ChunkId.parse("00010203040506070809000102030405f607080900010203a405060708090001");
        assertThat(ChunkKey.plain(id).fingerprint()).isEqualTo(0xf607080900010203L);
        assertThat(new ChunkKey(3, id).fingerprint()).isEqualTo(0xf607080a00010203L);
        assertThat(new ChunkKey(-1, id).fingerprint()).isEqualTo(0x09f8f7f600010203L);
    }

    @Test
    void fingerprintIsNeverZero() {
        assertThat(ChunkKey.plain(id(0)).fingerprint()).isNotZero();
        assertThat(new ChunkKey(5, id(5L << 32)).fingerprint()).isNotZero();
    }
}
