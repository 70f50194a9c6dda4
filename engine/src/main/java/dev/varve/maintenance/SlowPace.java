package dev.varve.maintenance;

import dev.varve.store.Pace;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits after each step for as long as it is to take, or not if somebody waits for the end; ends the work when told to. */
final class SlowPace implements Pace {
    private static final long STEP_BYTES = 1 << 20;

    private final long bytesPerSecond;
    private final BooleanSupplier isAwaited;
    private final BooleanSupplier isEnded;
    private long bytes;

    SlowPace(long bytesPerSecond, BooleanSupplier isAwaited, BooleanSupplier isEnded) {
        this.bytesPerSecond = bytesPerSecond;
        this.isAwaited = isAwaited;
        this.isEnded = isEnded;
    }

    @Override
    public void spent(long more) {
        bytes += more;
        if (bytes < STEP_BYTES) {
            return;
        }
        if (isEnded.getAsBoolean()) {
            throw new CancellationException("the engine is closing");
        }
        if (!isAwaited.getAsBoolean()) {
            LockSupport.parkNanos(bytes * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond);
        }
        bytes = 0;
    }
}
