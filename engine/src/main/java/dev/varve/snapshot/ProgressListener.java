package dev.varve.snapshot;

/** Is told how far a long operation has come. */
@FunctionalInterface
public interface ProgressListener {
    /**
     * Some more has been done. Called by the operation's threads, one at a time, with {@code doneBytes} never going
     * back; what it throws ends the operation. The operation may hold what others wait for: it is quick, and calls
     * nothing of the engine.
     *
     * @param doneBytes bytes of the disk that are done, holes included
     * @param totalBytes bytes of the disk, or -1 while that is not known
     */
    void progress(long doneBytes, long totalBytes);
}
