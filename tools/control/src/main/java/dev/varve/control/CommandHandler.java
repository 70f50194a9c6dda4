package dev.varve.control;

import java.util.List;

/** Carries out commands. Called by many threads at once. */
public interface CommandHandler {
    /**
     * Carries one out. What goes wrong is told on the caller's error stream. When the caller has gone, or the server ends, the
     * calling thread is interrupted, and every call to the caller fails.
     *
     * @param args the command's words
     * @param caller who gave it; may not be used afterwards
     * @return the exit code
     */
    int carryOut(List<String> args, Caller caller);
}
