package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FirstTouchesTest {
    private static final int CHUNK = 64 << 10;

    private static ChunkId id(int number) {
        return new ChunkHasher().hash(ByteBuffer.allocate(4).putInt(number).flip());
    }

    private static FirstTouches touches(int count) {
        FirstTouches touches = new FirstTouches("line-1", CHUNK, 1 << 20);
        for (int i = 0; i < count; i++) {
            touches.add(id(i));
        }
        return touches;
    }

    @Test
    void blockIsFirstOnce() {
        FirstTouches touches = new FirstTouches("line-1", CHUNK, 130);
        assertThat(touches.isFirst(64)).isTrue();
        assertThat(touches.isFirst(64)).isFalse();
        assertThat(touches.isFirst(0)).isTrue();
        assertThat(touches.isFirst(129)).isTrue();
        assertThat(touches.isFirst(130)).as("behind the disk").isFalse();
    }

    @Test
    void orderIsReadAsItWasWritten() {
        List<ChunkKey> read = FirstTouches.decode(touches(3).encode());
        assertThat(read).containsExactly(ChunkKey.plain(id(0)), ChunkKey.plain(id(1)), ChunkKey.plain(id(2)));
    }

    @Test
    void orderHasItsBound() {
        FirstTouches touches = touches(FirstTouches.MOST_CHUNKS);
        assertThat(touches.isOver()).isFalse();
        touches.add(id(-1));
        assertThat(touches.isOver()).isTrue();
        assertThat(touches.isFirst(7)).isFalse();
        assertThat(FirstTouches.decode(touches.encode())).hasSize(FirstTouches.MOST_CHUNKS);
    }

    @Test
    void diskWithoutReadsHasNoOrder() {
        assertThat(touches(0).encode()).isNull();
    }

    @Test
    void anyFlippedBitAndAnyLengthIsTold() {
        byte[] whole = touches(4).encode();
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(FirstTouches.decode(flipped)).as("bit %d", bit).isNull();
        }
        SplittableRandom random = new SplittableRandom(1);
        for (int length = 0; length < 2 * whole.length; length++) {
            byte[] other = Arrays.copyOf(whole, length);
            if (length != whole.length) {
                assertThat(FirstTouches.decode(other)).as("%d bytes", length).isNull();
            }
            random.nextBytes(other);
            assertThat(FirstTouches.decode(other)).isNull();
        }
    }
}
