package dev.varve.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PercentilesTest {
    @Test
    void percentilesAreSamplesByNearestRank() {
        long[] samples = {50, 10, 40, 20, 30};
        assertThat(Percentiles.of(samples, 100)).isEqualTo(50);
        assertThat(Percentiles.of(samples, 99)).isEqualTo(50);
        assertThat(Percentiles.of(samples, 40)).isEqualTo(20);
        assertThat(Percentiles.of(samples, 0.1)).isEqualTo(10);
        assertThat(samples).startsWith(50);
    }

    @Test
    void medianOfTwoIsTheLesser() {
        assertThat(Percentiles.median(new double[] {4, 2})).isEqualTo(2);
    }
}
