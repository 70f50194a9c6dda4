package dev.varve.bench.volume;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LatenciesTest {
    @Test
    void longestOfThoseUnderWayCounts() {
        Latencies latencies = new Latencies(8);
        latencies.add(0, 90);
        latencies.add(100, 130);
        latencies.add(140, 145);
        latencies.add(190, 260);
        assertThat(latencies.longestDuring(120, 150)).isEqualTo(30);
        assertThat(latencies.longestDuring(150, 200)).isEqualTo(70);
        assertThat(latencies.longestDuring(90, 100)).isZero();
    }

    @Test
    void lastOnesCountWhenThereIsNoRoom() {
        Latencies latencies = new Latencies(2);
        latencies.add(0, 9);
        latencies.add(10, 11);
        latencies.add(20, 23);
        assertThat(latencies.size()).isEqualTo(2);
        assertThat(latencies.nanos()).containsExactlyInAnyOrder(1, 3);
    }
}
