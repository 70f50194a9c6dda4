package dev.varve.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZerosTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 512, 4095, 4096, 4097, 65536, 70001})
    void everyByteBetweenPositionAndLimitCounts(int length) {
        check(ByteBuffer.allocate(length + 2), length);
        check(ByteBuffer.allocateDirect(length + 2), length);
    }

    private static void check(ByteBuffer bytes, int length) {
        bytes.put(0, (byte) 1).put(length + 1, (byte) 1).position(1).limit(length + 1);
        assertThat(Zeros.isZero(bytes)).isTrue();
        for (int at : new int[] {1, length / 2, length}) {
            if (at >= 1 && at <= length) {
                bytes.put(at, (byte) -1);
                assertThat(Zeros.isZero(bytes)).as("with a bit set at %s", at).isFalse();
                bytes.put(at, (byte) 0);
            }
        }
        assertThat(bytes.position()).isEqualTo(1);
        assertThat(bytes.limit()).isEqualTo(length + 1);
    }
}
