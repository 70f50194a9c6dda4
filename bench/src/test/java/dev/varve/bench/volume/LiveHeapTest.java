package dev.varve.bench.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.Reference;
import org.junit.jupiter.api.Test;

class LiveHeapTest {
    @Test
    void totalIsReadFromTheLastLine() {
        assertThat(LiveHeap.total("   1:  3  72  [B (java.base@17)\nTotal        12345      678901\n"))
                .isEqualTo(678_901);
    }

    @Test
    void whatIsReachableCounts() throws Exception {
        long before = LiveHeap.bytes();
        byte[] held = new byte[16 << 20];
        try {
            assertThat(LiveHeap.bytes() - before).isBetween(8L << 20, 24L << 20);
        } finally {
            Reference.reachabilityFence(held);
        }
    }
}
