package dev.varve.cli;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * One line on the error stream that rewrites itself: bytes, rate, time left. Where nobody watches, nothing is written.
 * May be told of progress from any thread.
 */
final class ProgressBar implements LongConsumer, AutoCloseable {
    private static final long INTERVAL_NANOS = 100_000_000;
    private static final int BAR_CELLS = 24;
    private static final String CLEAR_LINE = "\r\033[K";

    private final PrintStream err;
    private final boolean watched;
    private final String label;
    private final long totalBytes;
    private final LongSupplier nanoClock;
    private final long startNanos;
    private long doneBytes;
    private long shownNanos;
    private boolean shown;

    /**
     * A bar.
     *
     * @param totalBytes 0 when that is not known
     */
    ProgressBar(Console console, String label, long totalBytes) {
        this(console.err(), console.isWatched(), label, totalBytes, System::nanoTime);
    }

    ProgressBar(PrintStream err, boolean watched, String label, long totalBytes, LongSupplier nanoClock) {
        this.err = err;
        this.watched = watched;
        this.label = Table.printable(label);
        this.totalBytes = totalBytes;
        this.nanoClock = nanoClock;
        startNanos = nanoClock.getAsLong();
        shownNanos = startNanos;
    }

    /** Adds bytes that were done since the last call. */
    @Override
    public synchronized void accept(long bytes) {
        doneBytes += bytes;
        show();
    }

    /** Sets how far it has come, and of how much if that was not known before. */
    synchronized void reach(long done) {
        doneBytes = done;
        show();
    }

    private void show() {
        if (!watched) {
            return;
        }
        long now = nanoClock.getAsLong();
        if (now - shownNanos >= INTERVAL_NANOS) {
            shownNanos = now;
            shown = true;
            err.print(CLEAR_LINE + line(now));
            err.flush();
        }
    }

    private String line(long now) {
        double seconds = Math.max((now - startNanos) / 1e9, 1e-3);
        long rate = (long) (doneBytes / seconds);
        if (totalBytes <= 0) {
            return String.format("%s  %s  %s/s", label, Sizes.format(doneBytes), Sizes.format(rate));
        }
        double part = Math.min(1.0, (double) doneBytes / totalBytes);
        int cells = (int) (part * BAR_CELLS);
        return String.format(
                Locale.ROOT,
                "%s [%s%s] %3d%%  %s of %s  %s/s  %s left",
                label,
                "#".repeat(cells),
                " ".repeat(BAR_CELLS - cells),
                (int) (part * 100),
                Sizes.format(doneBytes),
                Sizes.format(totalBytes),
                Sizes.format(rate),
                rate == 0 ? "-:--" : time((totalBytes - doneBytes) / rate));
    }

    private static String time(long seconds) {
        return seconds < 3600
                ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }

    /** Takes the line away. */
    @Override
    public synchronized void close() {
        if (shown) {
            shown = false;
            err.print(CLEAR_LINE);
            err.flush();
        }
    }
}
