package dev.varve.cli;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.snapshot.ProgressListener;
import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * One line on the error stream that rewrites itself: bytes, rate, time left. Where nobody watches, nothing is written.
 * Ends the work when who gave the command has gone. May be told of progress from any thread.
 */
final class ProgressBar implements ProgressListener, AutoCloseable {
    private static final long INTERVAL_NANOS = 100_000_000;
    /** The longest line has 79 characters: one that wraps can't be rewritten. */
    private static final int BAR_CELLS = 14;

    private static final int LABEL_LENGTH = 20;
    private static final String CLEAR_LINE = "\r\033[K";

    private final PrintStream err;
    private final boolean watched;
    private final Runnable wanted;
    private final String label;
    private final LongSupplier nanoClock;
    private final long startNanos;

    @GuardedBy("this")
    private long shownNanos;

    @GuardedBy("this")
    private boolean shown;

    ProgressBar(Console console, String label) {
        this(console.err(), console.isWatched(), console::requireCaller, label, System::nanoTime);
    }

    ProgressBar(PrintStream err, boolean watched, Runnable wanted, String label, LongSupplier nanoClock) {
        this.err = err;
        this.watched = watched;
        this.wanted = wanted;
        this.label = shorten(Table.printable(label));
        this.nanoClock = nanoClock;
        startNanos = nanoClock.getAsLong();
        shownNanos = startNanos;
    }

    @Override
    public synchronized void progress(long doneBytes, long totalBytes) {
        wanted.run();
        if (!watched) {
            return;
        }
        long now = nanoClock.getAsLong();
        if (now - shownNanos >= INTERVAL_NANOS) {
            shownNanos = now;
            shown = true;
            err.print(CLEAR_LINE + line(doneBytes, totalBytes, (now - startNanos) / 1e9));
            err.flush();
        }
    }

    private String line(long done, long total, double seconds) {
        long rate = (long) (done / Math.max(seconds, 1e-3));
        if (total <= 0) {
            return String.format("%s  %s  %s/s", label, Sizes.format(done), Sizes.format(rate));
        }
        double part = Math.min(1.0, (double) done / total);
        int cells = (int) (part * BAR_CELLS);
        return String.format(
                Locale.ROOT,
                "%s [%s%s] %3d%%  %s  %s/s  %s left",
                label,
                "#".repeat(cells),
                " ".repeat(BAR_CELLS - cells),
                (int) (part * 100),
                Sizes.format(done),
                Sizes.format(rate),
                rate == 0 ? "-:--" : time(Math.max(0, total - done) / rate));
    }

    private static String shorten(String label) {
        return label.length() <= LABEL_LENGTH ? label : label.substring(0, LABEL_LENGTH - 3) + "...";
    }

    private static String time(long seconds) {
        if (seconds >= 100 * 3600) {
            return "days";
        }
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
