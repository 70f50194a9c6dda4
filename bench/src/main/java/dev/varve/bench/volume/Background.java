package dev.varve.bench.volume;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A thread that does the same over and over until it is ended. */
final class Background {
    private final Step step;
    private final Thread thread;
    private volatile boolean ends;
    private volatile @Nullable IOException failure;

    /** What it does. */
    @FunctionalInterface
    interface Step {
        void run() throws IOException;
    }

    /** Begins. */
    Background(String name, Step step) {
        this.step = step;
        thread = new Thread(this::run, name);
        thread.start();
    }

    private void run() {
        try {
            while (!ends) {
                step.run();
            }
        } catch (IOException e) {
            failure = e;
        }
    }

    /** Waits for its end, and tells of its failure. */
    void end() throws IOException {
        ends = true;
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        IOException failed = failure;
        failure = null;
        if (failed != null) {
            throw failed;
        }
    }
}
