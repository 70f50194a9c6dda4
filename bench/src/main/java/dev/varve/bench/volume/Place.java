package dev.varve.bench.volume;

import dev.varve.bench.Order;
import java.nio.ByteBuffer;

/** Where one thread reads or writes next, and from or into which memory: places of one length in a span, each a multiple of it. */
final class Place {
    final ByteBuffer buffer;
    private final long count;
    private final boolean random;
    private long state;

    /**
     * Places of a thread.
     *
     * @param random or one after the other, and again from the start
     * @param thread several start apart from each other
     */
    Place(long spanBytes, int lengthBytes, boolean random, int thread) {
        buffer = ByteBuffer.allocateDirect(lengthBytes);
        count = spanBytes / lengthBytes;
        this.random = random;
        state = random ? thread * 0x9E3779B97F4A7C15L + 7 : thread * (count / 2);
    }

    /** The next offset. */
    long next() {
        if (random) {
            state = Order.next(state);
            return (state >>> 16) % count * buffer.capacity();
        }
        state = (state + 1) % count;
        return state * buffer.capacity();
    }
}
