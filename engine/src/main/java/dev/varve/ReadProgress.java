package dev.varve;

import dev.varve.snapshot.ProgressListener;
import dev.varve.store.Pace;

/** Tells of what is read, a MiB at a time. For one thread. */
final class ReadProgress implements Pace {
    private static final long STEP_BYTES = 1 << 20;

    private final ProgressListener listener;
    private long doneBytes;
    private long toldBytes;

    ReadProgress(ProgressListener listener) {
        this.listener = listener;
    }

    @Override
    public void spent(long bytes) {
        doneBytes += bytes;
        if (doneBytes - toldBytes >= STEP_BYTES) {
            toldBytes = doneBytes;
            listener.progress(doneBytes, -1);
        }
    }
}
