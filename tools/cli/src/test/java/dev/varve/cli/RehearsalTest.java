package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class RehearsalTest {
    @Test
    void takesPlaceUnlessItIsCancelled() {
        assertThat(Rehearsal.run(() -> false)).isGreaterThan(100);
        assertThat(Rehearsal.run(() -> true)).isZero();
    }
}
