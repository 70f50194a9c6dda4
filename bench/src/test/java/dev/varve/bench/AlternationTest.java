package dev.varve.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AlternationTest {
    @Test
    void bothWorksRunEquallyOften() throws Exception {
        AtomicInteger ours = new AtomicInteger();
        AtomicInteger least = new AtomicInteger();
        Alternation pair = Alternation.measure(
                2,
                3,
                5,
                (thread, operations) -> ours.addAndGet(operations),
                (thread, operations) -> least.addAndGet(operations));
        assertThat(ours).hasValue(least.get());
        assertThat(ours.get()).isGreaterThanOrEqualTo(2 * 3 * 5).isEqualTo(ours.get() / 10 * 10);
        assertThat(pair.ratio()).isPositive();
        assertThat(pair.ratioOfSums()).isEqualTo(pair.oursMean() / pair.leastMean());
    }

    @Test
    void failureOfAThreadIsTold() {
        assertThatThrownBy(() -> Alternation.measure(
                        2,
                        1,
                        1,
                        (thread, operations) -> {
                            throw new IOException("broken");
                        },
                        (thread, operations) -> {}))
                .hasRootCauseMessage("broken");
    }
}
