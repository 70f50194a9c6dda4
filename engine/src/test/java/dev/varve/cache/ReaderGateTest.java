package dev.varve.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

class ReaderGateTest {
    private final ReaderGate gate = new ReaderGate("the gate");

    @Test
    void closeWaitsUntilNobodyIsInsideAndKeepsTheInterrupt() throws Exception {
        int pass = gate.enter();
        boolean[] kept = new boolean[1];
        Thread closer = new Thread(() -> {
            Thread.currentThread().interrupt();
            gate.close();
            kept[0] = Thread.interrupted();
        });
        closer.start();
        while (closer.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        assertThatIllegalStateException().isThrownBy(gate::enter).withMessage("the gate is closed");
        assertThat(closer.isAlive()).isTrue();
        gate.exit(pass);
        closer.join();
        assertThat(kept[0]).isTrue();
        gate.close();
    }
}
