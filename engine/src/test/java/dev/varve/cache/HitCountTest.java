package dev.varve.cache;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HitCountTest {
    @Test
    void threadsThatDoNotMeetLoseNothing() throws Exception {
        HitCount hits = new HitCount();
        for (int i = 0; i < 100; i++) {
            Thread thread = new Thread(hits::add);
            thread.start();
            thread.join();
        }
        assertThat(hits.sum()).isEqualTo(100);
    }
}
