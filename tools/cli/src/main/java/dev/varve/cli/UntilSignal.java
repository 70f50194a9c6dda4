package dev.varve.cli;

import java.util.concurrent.CountDownLatch;

/**
 * Waits for a signal that ends the process (Ctrl-C, SIGTERM), or for an interrupt. What is done until this is closed is
 * done before the process ends; its exit code is 0 if that has succeeded.
 */
final class UntilSignal implements AutoCloseable {
    /** So long an error message may take. */
    private static final long LAST_WORDS_MILLIS = 1_000;

    private final CountDownLatch signalled = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook = new Thread(this::signal, "varve-signal");
    private volatile boolean succeeded;

    UntilSignal() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void signal() {
        signalled.countDown();
        try {
            ended.await();
            if (succeeded) {
                Runtime.getRuntime().halt(Main.DONE);
            }
            Thread.sleep(LAST_WORDS_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    boolean hasCome() {
        return signalled.getCount() == 0;
    }

    void await() {
        try {
            signalled.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** All is done that had to be. */
    void succeeded() {
        succeeded = true;
    }

    @Override
    public void close() {
        ended.countDown();
        if (signalled.getCount() > 0) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                return; // the signal has just come
            }
        }
    }
}
