package dev.varve.cli;

import dev.varve.control.Caller;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CancellationException;

/**
 * What one run prints, and where. Output is buffered and its failures are failures: a full disk behind {@code >}
 * is not a success.
 *
 * <p>For the thread that runs the command; the progress bar alone writes from others, to the error stream.
 */
final class Console {
    private final Caller caller;
    private final OutputStream out;
    private final PrintStream err;
    private boolean outIsData;

    Console(Caller caller) {
        this.caller = caller;
        this.out = new BufferedOutputStream(caller.out(), 1 << 16);
        this.err = new PrintStream(caller.err(), true, StandardCharsets.UTF_8);
    }

    /** The error stream: what is wrong, and progress. */
    PrintStream err() {
        return err;
    }

    boolean isWatched() {
        return caller.isWatched();
    }

    /** Ends what is being done when who gave the command has gone. */
    void requireCaller() {
        if (!caller.isThere()) {
            throw new CancellationException("who gave the command has gone");
        }
    }

    /** Gives standard output, unbuffered, to a disk's bytes; {@link #print} writes to the error stream from now on. */
    OutputStream takeOutForData() throws IOException {
        flush();
        outIsData = true;
        return caller.out();
    }

    /** Prints a line for people, or an id for scripts. */
    void print(String line) {
        if (outIsData) {
            err.println(line);
        } else {
            write((line + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Prints a table. */
    void print(Table table) {
        table.lines().forEach(this::print);
    }

    /** Standard output for those who print help; shares its buffer. */
    PrintWriter writer() {
        return new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), true);
    }

    private void write(byte[] bytes) {
        try {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(standardOutput(e));
        }
    }

    /** Hands on what is buffered. */
    void flush() throws IOException {
        try {
            out.flush();
        } catch (IOException e) {
            throw standardOutput(e);
        }
    }

    private static IOException standardOutput(IOException e) {
        return new IOException("standard output: " + e.getMessage(), e);
    }
}
